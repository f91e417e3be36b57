package validate

import (
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// instruments compiles every instrument.
func (c *checker) instruments() {
	seen := map[v1alpha1.InstrumentKey]string{}
	for _, in := range c.set.Instruments {
		_, err := translate.Compile(in.Value.Spec)
		c.faults(in.Object, "spec.", "", err)
		key := keyOf(in.Value)
		if first, found := seen[key]; found {
			c.add(in.Object, manifest.Warning, "spec.version",
				fmt.Sprintf("Instrument %s has code %s and version %s too, and rounds take the one made first; write another version", first, key.Code, key.Version))
			continue
		}
		seen[key] = in.Name
	}
}

// policies checks every policy by itself; campaigns and rounds check it with instruments.
func (c *checker) policies() {
	for _, p := range c.set.Policies {
		c.faults(p.Object, "spec.", "", escalation.Check(translate.Policy(p.Name, p.Value.Spec)))
	}
}

func (c *checker) calendars() {
	for _, cal := range c.set.Calendars {
		_, err := translate.CompileCalendar(cal.Value.Spec)
		c.faults(cal.Object, "spec.", "", err)
		c.calendarExceptions(cal)
	}
}

// calendarExceptions looks for the districts and schools that have days of their own, if the set
// holds any: those of a name that nobody has are nobody's.
func (c *checker) calendarExceptions(cal manifest.Of[v1alpha1.AcademicCalendar]) {
	for i, e := range cal.Value.Spec.Exceptions {
		at := fmt.Sprintf("spec.exceptions[%d].", i)
		if len(c.set.Districts) > 0 && !c.has("District", e.District, e.District) {
			c.missing(cal.Object, at+"district", "District", e.District)
		} else if e.School != "" && len(in(c.set.Schools, e.District)) > 0 && !c.has("School", e.District, e.School) {
			c.missing(cal.Object, at+"school", "School", e.School)
		}
	}
}

// use is a place that brings instruments and a policy together.
type use struct {
	object      *manifest.Object
	instruments []v1alpha1.InstrumentKey
	at          string // the path of the instruments
	policy      string
	policyAt    string // the path of the policy's name
}

// together checks a policy against the instruments it is used with, as the gate of a
// round does.
func (c *checker) together(u use) {
	whole := c.asked(u)
	policy, found := named(c.set.Policies, u.policy)
	if !found {
		c.missing(u.object, u.policyAt, "EscalationPolicy", u.policy)
		return
	}
	document := translate.Policy(policy.Name, policy.Value.Spec)
	if !whole || escalation.Check(document) != nil {
		return // told already
	}
	compiled, err := translate.CompileAll(values(c.set.Instruments), u.instruments)
	if err != nil {
		return // told with the instrument
	}
	fitted, err := escalation.Compile(document, compiled)
	by := fmt.Sprintf("used by %s/%s: ", u.object.Kind, u.object.Name)
	c.faults(policy.Object, "spec.", by, err)
	if err != nil {
		return
	}
	for _, warning := range fitted.Warnings() {
		c.add(policy.Object, manifest.Warning, "spec."+warning.Path, by+warning.Problem)
	}
}

// asked reports whether all instruments are in the set, and says which are not, or may
// not be asked yet.
func (c *checker) asked(u use) bool {
	whole := true
	for i, key := range u.instruments {
		path := fmt.Sprintf("%s[%d]", u.at, i)
		in, found := translate.Pick(values(c.set.Instruments), key)
		if !found {
			c.missing(u.object, path, "Instrument", key.Code+" version "+key.Version)
			whole = false
			continue
		}
		if reason, message, err := translate.Usable(in.Spec); err == nil && reason != v1alpha1.ReasonApproved {
			c.add(u.object, manifest.Warning, path, "no round opens with it: "+message)
		}
		if unfit := translate.UnfitForStage1(in.Spec); unfit != "" {
			c.add(u.object, manifest.Warning, path, "no round opens with it: "+unfit)
		}
	}
	return whole
}

// missing warns of an object that is referred to and not in the set. An object of the
// kind that was refused may be the one meant, and has been told of.
func (c *checker) missing(o *manifest.Object, path, kind, name string) {
	if c.refused(kind) {
		return
	}
	c.add(o, manifest.Warning, path, kind+" "+name+" is not in this set; it has to be in the cluster already, or add its file")
}

// refused reports whether an object of the kind could not be admitted.
func (c *checker) refused(kind string) bool {
	admitted := map[string]int{
		"AcademicCalendar": len(c.set.Calendars), "ScreeningCampaign": len(c.set.Campaigns), "District": len(c.set.Districts),
		"Instrument": len(c.set.Instruments), "EscalationPolicy": len(c.set.Policies), "School": len(c.set.Schools),
		"Inspection": len(c.set.Inspections),
	}
	for _, o := range c.set.Objects {
		if o.Kind == kind {
			admitted[kind]--
		}
	}
	return admitted[kind] < 0
}
