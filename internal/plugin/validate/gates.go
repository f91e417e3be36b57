package validate

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// gateExceptions looks for what the exceptions of a campaign name, and for those that let
// nothing pass any more.
func (c *checker) gateExceptions(campaign manifest.Of[v1alpha1.ScreeningCampaign]) {
	for i, e := range campaign.Value.Spec.GateExceptions {
		at := fmt.Sprintf("spec.gateExceptions[%d].", i)
		c.until(campaign, at+"until", e.Until)
		district, found := named(in(c.set.Districts, e.District), e.District)
		if !found {
			c.missing(campaign.Object, at+"district", "District", e.District)
			continue
		}
		if !slices.ContainsFunc(c.selected(campaign), func(d manifest.Of[v1alpha1.District]) bool { return d.Namespace == e.District }) {
			c.add(campaign.Object, manifest.Warning, at+"district", fmt.Sprintf("the campaign does not select District %s; write one that it does", e.District))
		}
		for j, school := range e.Schools {
			if len(in(c.set.Schools, e.District)) > 0 && !c.has("School", e.District, school) {
				c.missing(campaign.Object, fmt.Sprintf("%sschools[%d]", at, j), "School", school)
			}
		}
		for j, area := range e.Areas {
			c.area(campaign.Object, fmt.Sprintf("%sareas[%d]", at, j), district, area)
		}
	}
}

// until warns of an exception whose last day has passed, by the campaign's clocks.
func (c *checker) until(campaign manifest.Of[v1alpha1.ScreeningCampaign], at string, until v1alpha1.Civil) {
	zone, err := time.LoadLocation(string(campaign.Value.Spec.TimeZone))
	day, exists := c.date(campaign.Object, at, until)
	if err != nil || !exists { // of the zone planning tells
		return
	}
	if day.Before(calendar.DateOf(c.now.In(zone))) {
		c.add(campaign.Object, manifest.Warning, at, fmt.Sprintf("the exception ended with %s and lets nothing pass any more; write a later day, or take it out", until))
	}
}

// area looks for an area of a district.
func (c *checker) area(o *manifest.Object, at string, district manifest.Of[v1alpha1.District], code string) {
	if !slices.ContainsFunc(district.Value.Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == code }) {
		c.add(o, manifest.Warning, at, fmt.Sprintf("District %s lists no area %q; write the code of one of its areas", district.Name, code))
	}
}

// date finds a day that does not exist: the schema lets 2026-02-30 pass. Nothing written is
// no fault, and no day.
func (c *checker) date(o *manifest.Object, at string, civil v1alpha1.Civil) (day calendar.Date, exists bool) {
	if civil == "" {
		return day, false
	}
	day, err := calendar.ParseDate(string(civil))
	if err != nil {
		c.add(o, manifest.Error, at, err.Error())
	}
	return day, err == nil
}

// narrowings warns of the districts that a campaign selects and that leave no hours of its
// Stage1: they would be blocked.
func (c *checker) narrowings(campaign manifest.Of[v1alpha1.ScreeningCampaign]) {
	i := slices.IndexFunc(campaign.Value.Spec.Template.Spec.Phases, func(p v1alpha1.Phase) bool { return p.Name == v1alpha1.PhaseStage1 })
	if i < 0 {
		return
	}
	session := campaign.Value.Spec.Template.Spec.Phases[i].Session
	hours, err := calendar.ParseHours(string(session.From), string(session.To))
	if err != nil {
		return // told with the campaign
	}
	for _, district := range c.selected(campaign) {
		own := district.Value.Spec.Narrowing.Session
		narrow, err := calendar.ParseHours(string(own.From), string(own.To))
		if err != nil {
			continue // none, or told with the district
		}
		if _, common := hours.Within(narrow); !common {
			c.add(district.Object, manifest.Warning, "spec.narrowing.session", fmt.Sprintf(
				"%s to %s has no time in common with Stage1 of ScreeningCampaign %s, %s to %s: the district would be blocked; write hours within those",
				own.From, own.To, campaign.Name, session.From, session.To))
		}
	}
}
