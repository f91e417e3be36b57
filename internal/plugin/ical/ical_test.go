package ical_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/ical"
)

var stamp = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)

func year() v1alpha1.AcademicCalendarSpec {
	return v1alpha1.AcademicCalendarSpec{
		SchoolYear: "2026-2027", TimeZone: "Asia/Shanghai", SchoolWeek: []v1alpha1.Weekday{"Monday", "Tuesday"},
		Terms:      []v1alpha1.Term{{Name: "第一学期, autumn; 1", From: "2026-09-01", To: "2027-01-22"}, {Name: "spring", From: "2027-02-22", To: "2027-07-09"}},
		Closures:   []v1alpha1.Closure{{Name: "国庆节", From: "2026-10-01", To: "2026-10-07"}, {Name: "元旦", From: "2027-01-01", To: "2027-01-01"}},
		MakeUpDays: []v1alpha1.Civil{"2026-09-20", "2026-10-10"},
		Exceptions: []v1alpha1.CalendarException{
			{Name: "运动会", District: "fengtai", School: "no-8", Closures: []v1alpha1.Closure{{Name: "运动会", From: "2026-10-16", To: "2026-10-16"}}, MakeUpDays: []v1alpha1.Civil{"2026-10-17"}},
			{Name: "flood", District: "kaizhou", Closures: []v1alpha1.Closure{{Name: "flood\\, \"high\" water", From: "2026-09-08", To: "2026-09-09"}}},
		},
	}
}

func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := ical.Write(out, "beijing", year(), stamp); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("the same calendar gave other bytes")
	}
	got, err := ical.Read(&first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ical.Imported{Name: "beijing", Spec: year()}, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

func file(events ...string) string {
	lines := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "X-WR-CALNAME:中国节假日", "X-WR-TIMEZONE:Asia/Shanghai"}
	for _, e := range events {
		lines = append(lines, "BEGIN:VEVENT", "UID:"+e, "DTSTAMP:20260101T000000Z", e, "END:VEVENT")
	}
	return strings.Join(append(lines, "END:VCALENDAR", ""), "\r\n")
}

// What a public calendar of Chinese holidays looks like: a mark in the summary, an
// event a day, one with a time, one that is no school matter.
func TestReadPublicCalendar(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + file(
		"SUMMARY:国庆节（休）\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261002",
		"SUMMARY:国庆节（休）\r\nDTSTART;VALUE=DATE:20261002\r\nDTEND;VALUE=DATE:20261003",
		"SUMMARY:国庆节（班）\r\nDTSTART;TZID=Asia/Shanghai:20261010T090000\r\nDTEND;TZID=Asia/Shanghai:20261010T180000",
		"SUMMARY:中秋节[休]\r\nDTSTART;VALUE=DATE:20260925",
		"SUMMARY:元旦 休 第1天\r\nDTSTART;VALUE=DATE:20270101",
		"SUMMARY:霜降\r\nDTSTART;VALUE=DATE:20261023\r\nRRULE:FREQ=YEARLY",
	)
	got, err := ical.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := ical.Imported{
		Name: "中国节假日",
		Spec: v1alpha1.AcademicCalendarSpec{
			TimeZone: "Asia/Shanghai",
			Closures: []v1alpha1.Closure{
				{Name: "国庆节（休）", From: "2026-10-01", To: "2026-10-01"}, {Name: "国庆节（休） 2", From: "2026-10-02", To: "2026-10-02"},
				{Name: "中秋节[休]", From: "2026-09-25", To: "2026-09-25"},
				{Name: "元旦 休 第1天", From: "2027-01-01", To: "2027-01-01"},
			},
			MakeUpDays: []v1alpha1.Civil{"2026-10-10"},
		},
		Notes: []string{`2026-10-23..2026-10-23 "霜降" is left out: it has no category TERM, CLOSURE or MAKE-UP and no mark 休 or 班`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

func TestReadNamesTheFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"not a calendar":  {"name,from,to\n", "no iCalendar file"},
		"no date":         {file("SUMMARY:a(休)\r\nDTSTART:tomorrow"), `event "a(休)": DTSTART "tomorrow" is no date; write one such as 20261001`},
		"no start":        {file("SUMMARY:a(休)"), "DTSTART is missing"},
		"a day too many":  {file("SUMMARY:a(休)\r\nDTSTART:20260230"), "is no date"},
		"ends before":     {file("SUMMARY:a(休)\r\nDTSTART:20261002\r\nDTEND:20261001"), "is before DTSTART"},
		"endless":         {file("SUMMARY:a(休)\r\nDTSTART:20261002\r\nDTEND:20361001"), "at most 400"},
		"recurs":          {file("SUMMARY:a(休)\r\nDTSTART:20261002\r\nRRULE:FREQ=WEEKLY"), "recurs; write each of its days"},
		"all at once":     {file("SUMMARY:a(休)\r\nDTSTART:x", "SUMMARY:b(休)\r\nDTSTART:y"), `event "b(休)"`},
		"larger than any": {strings.Repeat("x", 5<<20), "larger than 4 MiB"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ical.Read(strings.NewReader(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestWriteRefusesDatesThatDoNotExist(t *testing.T) {
	t.Parallel()
	spec := year()
	spec.Closures[0].To = "2026-10-32"
	if err := ical.Write(&bytes.Buffer{}, "x", spec, stamp); err == nil || !strings.Contains(err.Error(), `closure "国庆节"`) {
		t.Errorf("got %v", err)
	}
}

// Any name, of any characters that YAML can hold, comes back.
func TestNamesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[\p{L}\p{N};,:\\"' ]{1,60}`).Draw(t, "name")
		if name != strings.TrimSpace(name) {
			t.Skip("a name neither begins nor ends with a space")
		}
		spec := v1alpha1.AcademicCalendarSpec{Terms: []v1alpha1.Term{{Name: name, From: "2026-09-01", To: "2026-09-02"}}}
		var out bytes.Buffer
		if err := ical.Write(&out, "c", spec, stamp); err != nil {
			t.Fatal(err)
		}
		got, err := ical.Read(&out)
		if err != nil || len(got.Spec.Terms) != 1 || got.Spec.Terms[0].Name != name {
			t.Fatalf("%q came back as %+v, %v", name, got.Spec.Terms, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	var out bytes.Buffer
	if err := ical.Write(&out, "beijing", year(), stamp); err != nil {
		f.Fatal(err)
	}
	f.Add(out.String())
	f.Add(file("SUMMARY:国庆节（休）\r\nDTSTART;VALUE=DATE:20261001"))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ical.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := ical.Write(&again, got.Name, got.Spec, stamp); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
