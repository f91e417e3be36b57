package stage

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/duty"
)

// Names of the demo's world.
const (
	SystemNamespace   = "evenkeel-system"
	PartnersNamespace = "evenkeel-demo"
	HospitalNamespace = "hospital"
	MainCampaign      = "autumn-check-up"
	OpenCampaign      = "vocational-check-up"
	Channel           = "city-hospital"
	facilityCode      = "DEMO-H-01"
)

// Transports are the gateways, by the name that districts give them.
var Transports = []string{"sms", "voice"}

// School is a school of the demo.
type School struct {
	Name, ZhCN, En, Area, Stage, Grades string
	Enrolled                            int
}

// District is a district of the demo.
type District struct {
	Name, Code, ZhCN, En string
	Schools              []School
}

// vocational stays open after the demo; it is not played.
const vocational = "Vocational"

func schools(district string) []School {
	return []School{
		{"lotus-pond", "莲花池中学", "Lotus Pond Middle School", "east", "JuniorSecondary", "7, 8, 9", 925},
		{"stone-bridge", "石桥中学", "Stone Bridge High School", "west", "SeniorSecondary", "10, 11, 12", 925},
		{"willow-lane", "柳巷中学", "Willow Lane High School", "west", "SeniorSecondary", "10, 11, 12", 925},
		{"riverside", district + "职业学校", "Riverside Vocational School", "east", vocational, "10, 11, 12", 40},
	}
}

// Districts of the demo.
var Districts = []District{
	{"fengtai", "110106", "丰台区", "Fengtai", schools("丰台")},
	{"kaizhou", "500154", "开州区", "Kaizhou", schools("开州")},
}

// Client is the district as its staff sign in to it.
func (d District) Client() duty.Client {
	c := duty.Client{Name: d.Name}
	for _, s := range d.Schools {
		c.Schools = append(c.Schools, s.Name)
	}
	return c
}

// PlayedSchools are the schools of the campaign that is played, a district's and the
// other's in turn.
func PlayedSchools() []cohort.School {
	var played []cohort.School
	for i := range Districts[0].Schools {
		for _, d := range Districts {
			if s := d.Schools[i]; s.Stage != vocational {
				played = append(played, cohort.School{District: d.Name, Name: s.Name, Stage: s.Stage})
			}
		}
	}
	return played
}

// OpenStudents are a few made-up students of a district's vocational school, for the
// round that stays open.
func (d District) OpenStudents(today time.Time) []cohort.Student {
	var students []cohort.Student
	for _, s := range d.Schools {
		if s.Stage != vocational {
			continue
		}
		for i := range s.Enrolled {
			students = append(students, cohort.Student{
				Number: fmt.Sprintf("V%s%02d", d.Code, i+1), Name: "演示同学" + fmt.Sprint(i+1),
				School: cohort.School{District: d.Name, Name: s.Name, Stage: s.Stage},
				Grade:  "10", Class: "10-1", Seat: fmt.Sprintf("%02d", i+1), BirthDate: today.AddDate(-16, 0, -i-1).Format(time.DateOnly),
			})
		}
	}
	return students
}
