package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const holidays = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-TIMEZONE:Asia/Shanghai\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:国庆节（休）\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:国庆节（班）\r\nDTSTART;VALUE=DATE:20261010\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:霜降\r\nDTSTART;VALUE=DATE:20261023\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func holidayFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "holidays.ics")
	if err := os.WriteFile(path, []byte(holidays), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A public calendar becomes an AcademicCalendar, that one an iCalendar file, and this
// the same AcademicCalendar again.
func TestCalendarThereAndBack(t *testing.T) {
	first, stderr, err := world{}.run(t, "calendar", "import", holidayFile(t), "--name", "beijing", "--school-year", "2026-2027", "--term", "autumn=2026-09-01..2027-01-22")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr, `"霜降" is left out`) || !strings.Contains(first, "- \"2026-10-10\"") {
		t.Errorf("stderr: %s\nstdout: %s", stderr, first)
	}
	manifest := filepath.Join(t.TempDir(), "calendar.yaml")
	if err := os.WriteFile(manifest, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	ics, _, err := world{}.run(t, "calendar", "export", "-f", manifest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "calendar.ics")
	if err := os.WriteFile(file, []byte(ics), 0o600); err != nil {
		t.Fatal(err)
	}
	second, _, err := world{}.run(t, "calendar", "import", file)
	if err != nil {
		t.Fatal(err)
	}
	// Admission has filled in the school week meanwhile.
	filled := strings.Replace(first, "  schoolYear:", "  schoolWeek:\n  - Monday\n  - Tuesday\n  - Wednesday\n  - Thursday\n  - Friday\n  schoolYear:", 1)
	if diff := cmp.Diff(filled, second); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

func TestCalendarNamesWhatIsMissing(t *testing.T) {
	file := holidayFile(t)
	tests := map[string]struct {
		args []string
		want string
	}{
		"name":         {[]string{"import", file}, "give --name"},
		"school year":  {[]string{"import", file, "--name", "x"}, "give --school-year"},
		"terms":        {[]string{"import", file, "--name", "x", "--school-year", "2026-2027"}, "give each with --term"},
		"odd term":     {[]string{"import", file, "--term", "autumn"}, "write NAME=FROM..TO"},
		"no such date": {[]string{"import", file, "--name", "x", "--school-year", "2026-2027", "--term", "a=2026-02-30..2026-03-01"}, "is not a date"},
		"make-up day outside": {
			[]string{"import", file, "--name", "x", "--school-year", "2026-2027", "--term", "a=2026-09-01..2026-10-09"},
			"makeUpDays[0]: 2026-10-10 is outside every term",
		},
		"which":       {[]string{"export"}, "which calendar?"},
		"no calendar": {[]string{"export", "-f", "../../../config/samples/schools.yaml"}, "the files have no AcademicCalendar"},
		"another name": {
			[]string{"export", "nanjing", "-f", "../../../config/samples/academiccalendar.yaml"}, "the files have the calendars beijing-2026-2027; name one of them",
		},
		"not there": {[]string{"export", "nowhere"}, "not found"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := world{}.run(t, append([]string{"calendar"}, tc.args...)...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
