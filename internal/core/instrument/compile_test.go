package instrument_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

func TestCompileNamesTheFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breakIt  func(*contract.Instrument)
		wantPath []string
		wantText string
	}{
		"duplicate item": {
			func(in *contract.Instrument) { in.Items[2].Code = "q1"; in.Scales = nil },
			[]string{"items[2].code"}, `item "q1" is also items[0]`,
		},
		"item without code": {
			func(in *contract.Instrument) { in.Items[2].Code = ""; in.Scales = nil },
			[]string{"items[2].code"}, "write a code such as q3",
		},
		"scale over unknown item": {
			func(in *contract.Instrument) { in.Scales[0].Items[0] = "q77" },
			[]string{"scales[0].items[0]"}, `no item "q77"`,
		},
		"scale counts an item twice": {
			func(in *contract.Instrument) { in.Scales[0].Items[0] = "q2" },
			[]string{"scales[0].items[1]"}, `counts item "q2" twice`,
		},
		"gap": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].From = 6 },
			[]string{"scales[0].bands[1].from"}, `gap before band "Mild" of scale "total"; write from: 5`,
		},
		"overlap": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].From = 4 },
			[]string{"scales[0].bands[1].from"}, "overlaps",
		},
		"begins late": {
			func(in *contract.Instrument) { in.Scales[0].Bands[0].From = 1 },
			[]string{"scales[0].bands[0].from"}, "the scale begins at 0",
		},
		"ends early": {
			func(in *contract.Instrument) { in.Scales[0].Bands[4].To = 26 },
			[]string{"scales[0].bands[4].to"}, "the scale ends at 27",
		},
		"inverted band": {
			func(in *contract.Instrument) { in.Scales[0].Bands[4].To = 19 },
			[]string{"scales[0].bands[4]", "scales[0].bands[4].to"}, "write from <= to",
		},
		"no bands": {
			func(in *contract.Instrument) { in.Scales[0].Bands = nil },
			[]string{"scales[0].bands"}, "cover 0..27",
		},
		"critical value not offered": {
			func(in *contract.Instrument) { in.Items[8].Critical[0].Value = 4 },
			[]string{"items[8].critical[0].value"}, "not among its options",
		},
		"critical value twice": {
			func(in *contract.Instrument) { in.Items[8].Critical[1].Value = 1 },
			[]string{"items[8].critical[1].value"}, "keep one entry",
		},
		"unknown class": {
			func(in *contract.Instrument) { in.Items[8].Critical[0].Class = "Someday" },
			[]string{"items[8].critical[0].class"}, "write Immediate, Urgent or Review",
		},
		"unknown method": {
			func(in *contract.Instrument) { in.Scales[0].Method = "Guess" },
			[]string{"scales[0].method"}, "write ProratedSum",
		},
		"every item may be missing": {
			func(in *contract.Instrument) { in.Scales[0].MaxMissing = 9 },
			[]string{"scales[0].maxMissing"}, "one less than its items",
		},
		"scale code not usable in a rule": {
			func(in *contract.Instrument) { in.Scales[0].Code = "to-tal" },
			[]string{"scales[0].code"}, "cannot be used in a rule",
		},
		"option value twice": {
			func(in *contract.Instrument) { in.Items[0].Options[1].Value = 0 },
			[]string{"items[0].options[1].value"}, "used twice",
		},
		"age range inverted": {
			func(in *contract.Instrument) { in.MaxAge = 6 },
			[]string{"maxAge"}, "below minAge 12",
		},
		"all faults at once": {
			func(in *contract.Instrument) { in.Version = ""; in.Items[1].Options = nil; in.Scales[0].Method = "" },
			[]string{"version", "items[1].options", "scales[0].method"}, "list at least two",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := instrumenttest.PHQ9()
			tc.breakIt(&in)
			_, err := instrument.Compile(in)
			if err == nil {
				t.Fatal("compiled")
			}
			if diff := cmp.Diff(tc.wantPath, fault.Paths(err)); diff != "" {
				t.Errorf("paths (-want +got):\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("error %q does not say %q", err, tc.wantText)
			}
		})
	}
}

func TestCompileDescribesScales(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	want := []instrument.Scale{{Code: "total", Min: 0, Max: 27, Lowest: contract.Band{Name: "None", From: 0, To: 4}}}
	if diff := cmp.Diff(want, c.Scales()); diff != "" {
		t.Errorf("scales (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"q9"}, c.CriticalItems()); diff != "" {
		t.Errorf("critical items (-want +got):\n%s", diff)
	}
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*contract.Instrument)
		want   string // empty: can be shown
	}{
		"both languages": {func(*contract.Instrument) {}, ""},
		"Chinese alone":  {func(in *contract.Instrument) { in.Items[0].Text.En = ""; in.Stem.En = "" }, ""},
		"each language lacks something": {
			func(in *contract.Instrument) { in.Items[0].Text.En = ""; in.Items[3].Options[2].Text.ZhCN = "" },
			"items[3].options[2].text.zhCN",
		},
		"no text at all": {func(in *contract.Instrument) { in.Items[4].Text = contract.Text{} }, "items[4].text.en"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := instrumenttest.PHQ9()
			tc.change(&in)
			err := instrument.CheckText(in)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("CheckText = %v, want it to say %q", err, tc.want)
			}
		})
	}
}
