package validate

import (
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// districts checks what a district refers to.
func (c *checker) districts() {
	for _, district := range c.set.Districts {
		if district.Name != district.Namespace { // the admission policy evenkeel-district-name
			c.add(district.Object, manifest.Error, "metadata.name",
				"a District has the name of its namespace: set metadata.name to "+district.Namespace)
		}
		c.grant(district)
		c.staff(district)
		for i, days := range district.Value.Spec.Narrowing.WithoutSessions {
			c.date(district.Object, fmt.Sprintf("spec.narrowing.withoutSessions[%d].from", i), days.From)
			c.date(district.Object, fmt.Sprintf("spec.narrowing.withoutSessions[%d].to", i), days.To)
		}
	}
}

// grant looks for the province's label on the namespace.
func (c *checker) grant(district manifest.Of[v1alpha1.District]) {
	namespace, found := named(c.set.Namespaces, district.Namespace)
	if !found {
		return
	}
	if code := namespace.Value.Labels[v1alpha1.LabelDistrict]; code != district.Value.Spec.Code {
		c.add(namespace.Object, manifest.Warning, "metadata.labels", fmt.Sprintf(
			"%s is %q and the District's code is %q: it would not be authorised; write the code that the province granted",
			v1alpha1.LabelDistrict, code, district.Value.Spec.Code))
	}
}

// staff looks for the schools that groups are bound to, if the set holds the district's
// schools at all.
func (c *checker) staff(district manifest.Of[v1alpha1.District]) {
	schools := in(c.set.Schools, district.Namespace)
	for i, group := range district.Value.Spec.Staff {
		if group.School == "" || len(schools) == 0 || c.has("School", district.Namespace, group.School) {
			continue
		}
		c.missing(district.Object, fmt.Sprintf("spec.staff[%d].school", i), "School", group.School)
	}
}

// schools looks for the district and the area of every school, and says once per
// namespace that the district is not there.
func (c *checker) schools() {
	told := map[string]bool{}
	for _, school := range c.set.Schools {
		spec := school.Value.Spec
		c.date(school.Object, "spec.staffing.provider.validUntil", spec.Staffing.Provider.ValidUntil)
		c.date(school.Object, "spec.training.completedOn", spec.Training.CompletedOn)
		c.date(school.Object, "spec.publicity.heldOn", spec.Publicity.HeldOn)
		district, found := named(in(c.set.Districts, school.Namespace), school.Namespace)
		if !found {
			if !told[school.Namespace] {
				c.missing(school.Object, "metadata.namespace", "District", school.Namespace)
			}
			told[school.Namespace] = true
			continue
		}
		if spec.Area != "" {
			c.area(school.Object, "spec.area", district, spec.Area)
		}
	}
}
