package sync

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// covered is the coverage of a district's schools, each with so many students.
func covered(t *testing.T, schools int, students int64) *contract.Coverage {
	t.Helper()
	c := &contract.Coverage{YearFromUnix: 1788192000}
	for i := range schools {
		c.Schools = append(c.Schools, contract.SchoolCoverage{
			School: contract.RefOf(fmt.Sprintf("school-%d", i)), Eligible: students, Screened: students, Met: false,
		})
		c.Eligible, c.Screened = c.Eligible+students, c.Screened+students
	}
	var err error
	if c.Digest, err = c.Sum(); err != nil {
		t.Fatal(err)
	}
	return c
}

// speak has the district say a coverage, without its schools to whom knows them.
func (d *district) speak(c *contract.Coverage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.edit = func(r *contract.SyncResponse) {
		short := *c
		if d.requests[len(d.requests)-1].Coverage == c.Digest {
			short.Schools = nil
		}
		r.Report.Coverage = &short
	}
}

func TestSchoolsComeOnlyWhenTheyChanged(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	first, second := covered(t, 3, 100), covered(t, 3, 110)
	step := func(name string, c *contract.Coverage, named contract.Digest) {
		t.Helper()
		d.speak(c)
		f.syncer.SyncOnce(t.Context(), namespace)
		if got := d.requests[len(d.requests)-1].Coverage; got != named {
			t.Errorf("%s: the request names %.8q, want %.8q", name, got, named)
		}
		reading, _ := f.board.Reading(namespace)
		if s, known := reading.Coverage.Of("school-1"); !known || s.Screened != c.Schools[1].Screened {
			t.Errorf("%s: of school-1 the operator knows %+v", name, s)
		}
	}
	step("nothing is known", first, "")
	step("nothing has changed", first, first.Digest)
	step("everything has changed", second, first.Digest)
	step("nothing has changed again", second, second.Digest)
}

func TestADistrictThatLeavesSchoolsOutIsAskedAnew(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	d.speak(covered(t, 3, 100))
	f.syncer.SyncOnce(t.Context(), namespace)
	second := covered(t, 3, 110)
	d.mu.Lock()
	d.edit = func(r *contract.SyncResponse) {
		short := *second
		if d.requests[len(d.requests)-1].Coverage != "" {
			short.Schools = nil // of another coverage than the one named
		}
		r.Report.Coverage = &short
	}
	d.mu.Unlock()
	for range 2 {
		f.syncer.SyncOnce(t.Context(), namespace)
	}
	if got := f.board.CoverageDigest(namespace); got != second.Digest {
		t.Errorf("held is %.8s, want the second", got)
	}
}

func TestARefusedReportChangesNoCoverage(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	first := covered(t, 3, 100)
	d.speak(first)
	f.syncer.SyncOnce(t.Context(), namespace)
	for name, edit := range map[string]func(c *contract.Coverage){
		"an exact number":     func(c *contract.Coverage) { c.Schools[0].Screened = 101 },
		"an exact total":      func(c *contract.Coverage) { c.Eligible = 333 },
		"a name":              func(c *contract.Coverage) { c.Schools[0].School = "Lotus Pond" },
		"text for a digest":   func(c *contract.Coverage) { c.Digest = "some text" },
		"no instant":          func(c *contract.Coverage) { c.YearFromUnix = -1 },
		"more than a country": func(c *contract.Coverage) { *c = *covered(t, schoolLimit+1, 10) },
	} {
		said := covered(t, 3, 120)
		edit(said)
		d.speak(said)
		f.syncer.SyncOnce(t.Context(), namespace)
		reading, _ := f.board.Reading(namespace)
		if reading.Fault != v1alpha1.ReasonReportRefused || f.board.CoverageDigest(namespace) != first.Digest {
			t.Errorf("%s: fault %q; held is %.8s", name, reading.Fault, f.board.CoverageDigest(namespace))
		}
	}
}

// TestTwoThousandSchoolsFit: of a district as large as a province's capital, with a number of students that no
// school has.
func TestTwoThousandSchoolsFit(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	all := covered(t, 2000, 9_999_990)
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > responseLimit/2 {
		t.Errorf("2,000 schools take %d bytes of an answer's %d", len(raw), responseLimit)
	}
	d.speak(all)
	f.syncer.SyncOnce(t.Context(), namespace)
	if reading, _ := f.board.Reading(namespace); !reading.OK || reading.Coverage == nil {
		t.Errorf("fault %q", reading.Fault)
	}
}

func TestTheDirectoryHasTheStricterRule(t *testing.T) {
	tests := map[string]struct {
		province coverage.Rule
		own      v1alpha1.StricterCoverage
		want     *contract.CoverageRule
	}{
		"the province's": {coverage.DefaultRule(), v1alpha1.StricterCoverage{}, &contract.CoverageRule{YearBegins: "09-01", TargetPercent: 95}},
		"its own":        {coverage.DefaultRule(), v1alpha1.StricterCoverage{TargetPercent: 99}, &contract.CoverageRule{YearBegins: "09-01", TargetPercent: 99}},
		"milder":         {coverage.DefaultRule(), v1alpha1.StricterCoverage{TargetPercent: 9}, &contract.CoverageRule{YearBegins: "09-01", TargetPercent: 95}},
		"none":           {coverage.Rule{}, v1alpha1.StricterCoverage{TargetPercent: 99}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDistrict()
			f := newFixture(t, d, func(objects *[]client.Object) {
				(*objects)[0].(*v1alpha1.District).Spec.Coverage = tt.own
			})
			f.syncer.Coverage = tt.province
			f.syncer.SyncOnce(t.Context(), namespace)
			if diff := cmp.Diff(tt.want, d.requests[len(d.requests)-1].Documents.Directory.Coverage); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
