package inspection

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestParseList(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
		err  string
	}{
		"names":              {"lotus-pond\nstone-bridge\n", []string{"lotus-pond", "stone-bridge"}, ""},
		"no line feed":       {"lotus-pond", []string{"lotus-pond"}, ""},
		"as kubectl -o name": {"school.screening.evenkeel.dev/lotus-pond\n", []string{"lotus-pond"}, ""},
		"from Windows":       {"\ufefflotus-pond\r\n\r\n  stone-bridge \r\n", []string{"lotus-pond", "stone-bridge"}, ""},
		"comments":           {"# east\nlotus-pond\n", []string{"lotus-pond"}, ""},
		"nothing":            {"# nobody\n\n", nil, "list.txt names no School; write one name a line"},
		"twice":              {"a\nb\na\n", nil, "list.txt:3: a is also in line 1"},
		"a name for people":  {"a\n莲花池中学\n", nil, `list.txt:2: "莲花池中学" is no name of a School; write it as kubectl get schools does`},
		"another resource":   {"district.screening.evenkeel.dev/fengtai\n", nil, `"district.screening.evenkeel.dev/fengtai" is no name`},
		"columns":            {"NAME AREA\n", nil, `list.txt:1: "NAME AREA" is no name`},
		"not UTF-8":          {"\xff\xfea\x00", nil, "list.txt is not UTF-8 text"},
		"a very long line":   {strings.Repeat("x", 1000), nil, `"` + strings.Repeat("x", 40) + `..." is no name`},
		"many faults":        {strings.Repeat("A B\n", 30), nil, "list.txt: and 10 more lines like these"},
		"more than a list":   {lines(2001), nil, "names 2001 schools; an Inspection lists 2000 at most"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseList("list.txt", tt.text)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); tt.err == "" && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func lines(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "no-%d\n", i)
	}
	return out.String()
}

// FuzzParseList reads anything: either there is an error, or every line that says something gave one name, once,
// that a School may have.
func FuzzParseList(f *testing.F) {
	f.Add("lotus-pond\nschool.screening.evenkeel.dev/stone-bridge\r\n\n# west\n")
	f.Add("\ufeffa\nA\n")
	f.Add("a\x00b\n\u2028c")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := ParseList("f", text)
		if err != nil {
			return
		}
		said := 0
		for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				said++
			}
		}
		if len(names) != said {
			t.Errorf("%d names of %d lines", len(names), said)
		}
		for i, name := range names {
			if slices.Contains(names[:i], name) || len(validation.IsDNS1123Subdomain(name)) > 0 || !strings.Contains(text, name) {
				t.Errorf("%q is no name, came twice or was not there", name)
			}
		}
	})
}
