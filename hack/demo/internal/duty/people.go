package duty

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
)

// Levels of duty.
const (
	School   = "School"
	District = "District"
	City     = "City"
)

// Person is one simulated member of staff.
type Person struct {
	Subject string
	Name    string
	Group   string
	Level   string // of duty; empty for a registrar
	School  string // for level School
	Address string // on every gateway; empty for a registrar
}

// Client is a district as the people sign in to it.
type Client struct {
	Name    string
	Schools []string
}

// CityGroup is the group of the city's duty, the same in every district.
const CityGroup = "city-duty"

// Groups of a district.
func (c Client) dutyGroup() string                { return c.Name + "-duty" }
func (c Client) registrarGroup() string           { return c.Name + "-registrars" }
func (c Client) schoolGroup(school string) string { return c.Name + "-" + school + "-duty" }

// Registrar imports the district's rosters.
func (c Client) Registrar() Person {
	return Person{Subject: c.Name + "-registrar", Name: "登记员 Registrar of " + c.Name, Group: c.registrarGroup()}
}

// Leader is of the district's duty, and begins drills.
func (c Client) Leader() Person {
	people := c.OnDuty()
	return people[slices.IndexFunc(people, func(p Person) bool { return p.Level == District })]
}

// OnDuty are the people who answer for the district's children: two of the city, two of
// the district, one of each school.
func (c Client) OnDuty() []Person {
	people := []Person{}
	for i := 1; i <= 2; i++ {
		people = append(people,
			Person{Subject: fmt.Sprintf("city-duty-%d", i), Name: fmt.Sprintf("市值班 City duty %d", i), Group: CityGroup, Level: City, Address: fmt.Sprintf("139%08d", i)},
			Person{Subject: fmt.Sprintf("%s-duty-%d", c.Name, i), Name: fmt.Sprintf("区值班 %s duty %d", c.Name, i), Group: c.dutyGroup(), Level: District,
				Address: fmt.Sprintf("138%08d", i)})
	}
	for i, school := range c.Schools {
		people = append(people, Person{
			Subject: c.Name + "-" + school, Name: "校值班 " + c.Name + " " + school, Group: c.schoolGroup(school),
			Level: School, School: school, Address: fmt.Sprintf("137%08d", i+1),
		})
	}
	return people
}

// WriteDutyList writes the duty list that casework imports: everybody on every transport.
func (c Client) WriteDutyList(w io.Writer, transports []string) error {
	file := csv.NewWriter(w)
	_ = file.Write([]string{"subject", "level", "school", "transport", "address"}) // Error below tells of any fault
	for _, p := range c.OnDuty() {
		for _, transport := range transports {
			_ = file.Write([]string{p.Subject, p.Level, p.School, transport, p.Address})
		}
	}
	file.Flush()
	return file.Error()
}
