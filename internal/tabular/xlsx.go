package tabular

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// XLSX is read here and not with a library: those at hand unpack a large sheet into a
// temporary file, where students' answers do not belong, and put a shared string's
// number in the place of one that they cannot find, which could pass for an answer.

// Bounds of a workbook. Deflate can shrink a thousandfold, so what is unpacked counts.
const (
	maxPipedBytes  = 256 << 20 // of an XLSX that is not a file
	maxPartBytes   = 16 << 20  // of the small parts: workbook, relations
	maxSharedBytes = 256 << 20 // of the shared strings, unpacked
	maxSheetBytes  = 16 << 30  // of the sheet, unpacked
	freeSheetBytes = 64 << 20  // of the sheet, however small it was packed
	maxSheetRatio  = 250       // unpacked to packed, beyond that; a sheet of equal rows has about 50
	maxSharedTexts = 16 << 20
	maxSheets      = 1_000
)

func isZip(start []byte) bool { return bytes.HasPrefix(start, []byte("PK\x03\x04")) }

// workbook is an open XLSX: an archive of XML parts that refer to each other.
type workbook struct {
	parts map[string]*zip.File // by lower-case path
}

type sheetRef struct{ name, part string }

// openXLSX opens the sheet that the options name. start has been read from m already.
func openXLSX(m *meter, start []byte, size int64, o Options) (*sheetReader, error) {
	book, err := openWorkbook(m, start, size)
	if err != nil {
		return nil, err
	}
	sheets, err := book.sheets()
	if err != nil {
		return nil, err
	}
	chosen, err := choose(sheets, o.Sheet)
	if err != nil {
		return nil, err
	}
	shared, err := book.sharedStrings()
	if err != nil {
		return nil, fmt.Errorf("reading the texts of the workbook: %w", err)
	}
	reader, err := book.openSheet(chosen, shared, m)
	if err != nil {
		return nil, err
	}
	reader.about = Format{Kind: xlsxKind, Sheet: chosen.name}
	for _, s := range sheets {
		reader.about.Sheets = append(reader.about.Sheets, s.name)
	}
	return reader, nil
}

func openWorkbook(m *meter, start []byte, size int64) (*workbook, error) {
	var at io.ReaderAt
	if file, ok := m.in.(*os.File); ok && size > 0 {
		at = &meterAt{file, m}
	} else {
		content, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(start), m), maxPipedBytes+1))
		if err != nil {
			return nil, fmt.Errorf("reading the file: %w", err)
		}
		if len(content) > maxPipedBytes {
			return nil, fmt.Errorf("an XLSX from a pipe may have %d MiB; save it and give its name", maxPipedBytes>>20)
		}
		at, size = bytes.NewReader(content), int64(len(content))
	}
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return nil, errors.New("the file begins like XLSX and is not whole; copy or save it again")
	}
	book := &workbook{parts: make(map[string]*zip.File, len(archive.File))}
	for _, file := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(file.Name, `\`, "/"), "/"))
		if _, twice := book.parts[name]; !twice {
			book.parts[name] = file
		}
	}
	if _, ok := book.parts["_rels/.rels"]; !ok {
		return nil, errors.New("the file is a zip archive and not XLSX; save the table as .xlsx or .csv")
	}
	return book, nil
}

// part opens one part, which may not unpack to more than limit.
func (b *workbook) part(name string, limit int64) (io.ReadCloser, error) {
	file, ok := b.parts[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if !ok {
		return nil, fmt.Errorf("the workbook lacks its part %q; save it again", name)
	}
	content, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("the part %q of the workbook cannot be unpacked: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&bounded{in: content, left: limit}, content}, nil
}

var errTooLarge = errors.New("it unpacks to more than a table of answers can have; save it as CSV")

// bounded fails, rather than ends, behind its limit.
type bounded struct {
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

type relationships struct {
	Relationship []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// related returns the parts that the part of this name refers to.
func (b *workbook) related(name string) (relationships, error) {
	var found relationships
	dir, base := path.Split(name)
	in, err := b.part(dir+"_rels/"+base+".rels", maxPartBytes)
	if err != nil {
		return found, err
	}
	defer in.Close()
	if err := xml.NewDecoder(in).Decode(&found); err != nil {
		return found, fmt.Errorf("the relations of the workbook are not XML as they should be; save it again: %w", err)
	}
	for i, r := range found.Relationship {
		if target := r.Target; !strings.HasPrefix(target, "/") {
			found.Relationship[i].Target = path.Join(dir, target)
		}
	}
	return found, nil
}

// mainPart is where the workbook itself is; nearly always xl/workbook.xml.
func (b *workbook) mainPart() (string, error) {
	root, err := b.related("")
	if err != nil {
		return "", err
	}
	for _, r := range root.Relationship {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			return r.Target, nil
		}
	}
	return "", errors.New("the file is not a workbook; save the table as .xlsx or .csv")
}

func (b *workbook) sheets() ([]sheetRef, error) {
	name, err := b.mainPart()
	if err != nil {
		return nil, err
	}
	in, err := b.part(name, maxPartBytes)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := xml.NewDecoder(in).Decode(&book); err != nil {
		return nil, fmt.Errorf("the workbook is not XML as it should be; save it again: %w", err)
	}
	relations, err := b.related(name)
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range relations.Relationship {
		targets[r.ID] = r.Target
	}
	var sheets []sheetRef
	for _, s := range book.Sheets[:min(len(book.Sheets), maxSheets)] {
		for _, attr := range s.Attrs { // r:id; the namespace has two spellings
			if attr.Name.Local == "id" && attr.Name.Space != "" {
				sheets = append(sheets, sheetRef{s.Name, targets[attr.Value]})
			}
		}
	}
	if len(sheets) == 0 {
		return nil, errors.New("the workbook has no sheet; save the table as .xlsx or .csv")
	}
	return sheets, nil
}

// choose finds a sheet by name or number.
func choose(sheets []sheetRef, wanted string) (sheetRef, error) {
	if wanted == "" {
		return sheets[0], nil
	}
	names := make([]string, 0, len(sheets))
	for _, s := range sheets {
		if s.name == wanted {
			return s, nil
		}
		names = append(names, s.name)
	}
	if n, err := strconv.Atoi(wanted); err == nil && n >= 1 && n <= len(sheets) {
		return sheets[n-1], nil
	}
	return sheetRef{}, fmt.Errorf("there is no sheet %q; write one of %s, or its number", wanted, strings.Join(names, ", "))
}

// sharedStrings are the texts that cells refer to by number. A workbook of numbers has none.
func (b *workbook) sharedStrings() ([]string, error) {
	name, err := b.mainPart()
	if err != nil {
		return nil, err
	}
	relations, err := b.related(name)
	if err != nil {
		return nil, err
	}
	for _, r := range relations.Relationship {
		if strings.HasSuffix(r.Type, "/sharedStrings") {
			in, err := b.part(r.Target, maxSharedBytes)
			if err != nil {
				return nil, err
			}
			defer in.Close()
			return readShared(newTokens(in))
		}
	}
	return nil, nil
}

func readShared(t *tokens) ([]string, error) {
	var texts []string
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "si" {
			text, err := t.text("si")
			if err != nil {
				return nil, err
			}
			if texts = append(texts, text); len(texts) > maxSharedTexts {
				return nil, errTooLarge
			}
		}
	}
}

func (b *workbook) openSheet(ref sheetRef, shared []string, m *meter) (*sheetReader, error) {
	limit := int64(freeSheetBytes)
	if file := b.parts[strings.ToLower(strings.TrimPrefix(ref.part, "/"))]; file != nil {
		limit = min(maxSheetBytes, max(limit, int64(min(file.CompressedSize64, maxSheetBytes))*maxSheetRatio))
	}
	in, err := b.part(ref.part, limit)
	if err != nil {
		return nil, fmt.Errorf("sheet %q: %w", ref.name, err)
	}
	return &sheetReader{tokens: newTokens(in), shared: shared}, nil
}
