package sync

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// sources are the objects a directory is made from.
type sources struct {
	district v1alpha1.District
	schools  []v1alpha1.School
	channels []v1alpha1.ReferralChannel
	secrets  map[string]channel.Secrets // the valid ones, by name
	floor    int32                      // the province's
	coverage coverage.Rule              // the province's
}

// buildDirectory is deterministic: same objects, same document. A channel whose
// agreement or Secret is not understood is left out, and referrals stop using it.
// It returns nil when a transport's Secret is not: a district keeps the ways to
// call people that it has.
func buildDirectory(s sources) *contract.Directory {
	spec := s.district.Spec
	transports, ok := buildTransports(spec.Transports, s.secrets)
	if !ok {
		return nil
	}
	d := &contract.Directory{
		Version: contract.Version, District: spec.Code, Name: text(spec.DisplayName), TimeZone: string(spec.TimeZone),
		CellFloor:  int(max(s.floor, spec.CellFloor)),
		Schools:    buildSchools(s.schools, spec.Areas),
		Staff:      buildStaff(spec),
		Transports: transports,
		Channels:   buildChannels(s),
		Coverage:   buildCoverage(s.coverage, spec.Coverage),
	}
	for _, a := range spec.Areas {
		d.Areas = append(d.Areas, contract.Area{Code: a.Code, Name: text(a.DisplayName)})
	}
	for _, h := range spec.HelpCard {
		d.HelpCard = append(d.HelpCard, contract.HelpLine{Label: text(h.Label), Phone: h.Phone})
	}
	d.Tighter = translate.Deadlines(spec)
	return d
}

// buildCoverage leaves out by when it is due: a district counts, and what is late is for the operator to say.
func buildCoverage(province coverage.Rule, own v1alpha1.StricterCoverage) *contract.CoverageRule {
	if province == (coverage.Rule{}) {
		return nil
	}
	rule := annual.RuleOf(province, own)
	return &contract.CoverageRule{YearBegins: rule.YearBegins.String(), TargetPercent: rule.TargetPercent}
}

// buildSchools leaves out an area that the district does not list; the School
// says AreaUnknown.
func buildSchools(schools []v1alpha1.School, areas []v1alpha1.Area) []contract.SchoolInfo {
	out := make([]contract.SchoolInfo, 0, len(schools))
	for _, s := range schools {
		info := contract.SchoolInfo{Name: s.Name, Title: text(s.Spec.DisplayName), Phone: s.Spec.Phone, Stages: []string{}}
		if slices.ContainsFunc(areas, func(a v1alpha1.Area) bool { return a.Code == s.Spec.Area }) {
			info.Area = s.Spec.Area
		}
		for _, stage := range s.Spec.Stages {
			info.Stages = append(info.Stages, string(stage.Stage))
		}
		slices.Sort(info.Stages)
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b contract.SchoolInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// buildStaff gives an area's experts the area's own scope, without clinical
// detail, unless staff binds their group to something else.
func buildStaff(spec v1alpha1.DistrictSpec) []contract.StaffGroup {
	out := make([]contract.StaffGroup, 0, len(spec.Staff))
	bound := map[string]bool{}
	for _, s := range spec.Staff {
		bound[s.Group] = true
		out = append(out, contract.StaffGroup{Group: s.Group, Role: contract.Role(s.Role), School: s.School, Area: s.Area})
	}
	for _, a := range spec.Areas {
		for _, group := range a.ExpertGroups {
			if !bound[group] {
				out = append(out, contract.StaffGroup{Group: group, Role: contract.AreaCoordinator, Area: a.Code})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b contract.StaffGroup) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Area, b.Area))
	})
	return out
}

func buildTransports(transports []v1alpha1.Transport, secrets map[string]channel.Secrets) ([]contract.Transport, bool) {
	out := make([]contract.Transport, 0, len(transports))
	for _, t := range transports {
		secret, valid := secrets[t.Endpoint.SecretRef.Name]
		if !valid {
			return nil, false
		}
		out = append(out, contract.Transport{Name: t.Name, URL: t.Endpoint.URL, SendSecret: secret.Send, ReceiptSecret: secret.Receive})
	}
	return out, true
}

func buildChannels(s sources) []contract.Channel {
	out := make([]contract.Channel, 0, len(s.channels))
	zone, err := time.LoadLocation(string(s.district.Spec.TimeZone))
	if err != nil {
		return out
	}
	for _, c := range s.channels {
		secret, valid := s.secrets[c.Spec.Endpoint.SecretRef.Name]
		from, until, err := channel.Window(c.Spec.Agreement, zone)
		if !valid || err != nil || !c.DeletionTimestamp.IsZero() {
			continue
		}
		out = append(out, contract.Channel{
			Name: c.Name, FacilityCode: c.Spec.Facility.Code, Class: string(c.Spec.Class),
			ValidFrom: from.UTC(), ValidUntil: until.UTC(), WeeklyCapacity: int(c.Spec.WeeklyCapacity),
			URL: c.Spec.Endpoint.URL, SendSecret: secret.Send, ReceiveSecret: secret.Receive, DutyPhone: c.Spec.DutyPhone,
		})
	}
	slices.SortFunc(out, func(a, b contract.Channel) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func text(t v1alpha1.Text) contract.Text { return contract.Text{ZhCN: t.ZhCN, En: t.En} }
