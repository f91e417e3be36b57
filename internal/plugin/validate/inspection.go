package validate

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// inspections checks the days of findings, and what an inspection refers to.
func (c *checker) inspections() {
	for _, inspection := range c.set.Inspections {
		spec := inspection.Value.Spec
		for i, f := range spec.Findings {
			at := fmt.Sprintf("spec.findings[%d].", i)
			c.date(inspection.Object, at+"foundOn", f.FoundOn)
			c.date(inspection.Object, at+"rectifyBy", f.RectifyBy)
			c.date(inspection.Object, at+"rectifiedOn", f.RectifiedOn)
			if len(in(c.set.Schools, inspection.Namespace)) > 0 && !c.has("School", inspection.Namespace, f.School) {
				c.missing(inspection.Object, at+"school", "School", f.School)
			}
		}
		if len(spec.Findings) > 0 && spec.Seed == "" {
			c.add(inspection.Object, manifest.Warning, "spec.findings", "there are findings and no seed: the schools have not been drawn; write spec.seed first")
		}
		district, found := named(in(c.set.Districts, inspection.Namespace), inspection.Namespace)
		if !found {
			c.missing(inspection.Object, "metadata.namespace", "District", inspection.Namespace)
			continue
		}
		for i, area := range spec.Areas {
			c.area(inspection.Object, fmt.Sprintf("spec.areas[%d]", i), district, area)
		}
	}
}

// channelDates checks the days of agreements: planning leaves out a channel whose days do not
// exist.
func (c *checker) channelDates() {
	for _, channel := range c.set.Channels {
		c.date(channel.Object, "spec.agreement.validFrom", channel.Value.Spec.Agreement.ValidFrom)
		c.date(channel.Object, "spec.agreement.validUntil", channel.Value.Spec.Agreement.ValidUntil)
	}
}
