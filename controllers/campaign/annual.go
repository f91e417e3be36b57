package campaign

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
)

// screened gathers the districts' figures, of which some move all day long in every week of screening: to add them up, the
// campaign is planned anew.
var screened = wake.Window{Quiet: 10 * time.Second, AtMost: time.Minute}

func coverageMayDiffer(e event.UpdateEvent) bool {
	was, isDistrict := e.ObjectOld.(*v1alpha1.District)
	now, alsoDistrict := e.ObjectNew.(*v1alpha1.District)
	return !isDistrict || !alsoDistrict || !equality.Semantic.DeepEqual(was.Status.Coverage, now.Status.Coverage)
}

// standingMayDiffer: how a district stands changes a few times a year, what it covers all day.
func standingMayDiffer(e event.UpdateEvent) bool {
	was, isDistrict := e.ObjectOld.(*v1alpha1.District)
	now, alsoDistrict := e.ObjectNew.(*v1alpha1.District)
	return !isDistrict || !alsoDistrict || annual.ReasonOf(was.Status.Conditions) != annual.ReasonOf(now.Status.Conditions)
}

// inSchoolYear is how the districts that the campaign selects stand: one that is not there yet has reported nothing.
func inSchoolYear(o observed) annual.Tally {
	tally := annual.Tally{}
	for _, ns := range o.namespaces {
		tally[annual.ReasonOf(o.districts[ns.Name].Status.Conditions)]++
	}
	return tally
}

// recordCoverage adds up what the selected districts' statuses say of the present school year; while none of them says
// anything, the last figures stay. A sum of rounded numbers is within five of the exact one for each district.
func recordCoverage(c *v1alpha1.ScreeningCampaign, o observed, now time.Time) {
	zone, err := time.LoadLocation(string(c.Spec.TimeZone))
	if err != nil {
		return // Stalled says so
	}
	sum := sums{year: o.province.YearOf(now, zone).Name}
	for _, ns := range o.namespaces {
		sum.add(o.districts[ns.Name].Status.Coverage)
	}
	if sum.districts == 0 {
		return
	}
	s := v1alpha1.Coverage{SchoolYear: sum.year, Students: annual.Share(sum.screened, sum.eligible)}
	if sum.schools > 0 {
		s.Schools = annual.Share(sum.met, sum.schools)
	}
	if sum.overdue > 0 {
		s.OverdueSchools = ptr.To(sum.overdue)
	}
	c.Status.Coverage = s
}

// sums of the districts that have reported the year.
type sums struct {
	year               string
	districts          int
	screened, eligible int64
	met, schools       int64
	overdue            int32
}

func (s *sums) add(c v1alpha1.Coverage) {
	screened, eligible, ok := annual.ReadShare(c.Students)
	if c.SchoolYear != s.year || !ok {
		return
	}
	s.districts++
	s.screened, s.eligible = s.screened+screened, s.eligible+eligible
	if met, schools, ok := annual.ReadShare(c.Schools); ok {
		s.met, s.schools = s.met+met, s.schools+schools
	}
	s.overdue += ptr.Deref(c.OverdueSchools, 0)
}
