package exchange

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// validateDirectory returns what contradicts itself in a directory. The operator
// has checked the same on the objects; a district does not rely on it.
func validateDirectory(d contract.Directory) error {
	checks := []func(contract.Directory) error{checkHead, checkCoverage, checkSchools, checkStaff, checkTransports, checkChannels}
	for _, check := range checks {
		if err := check(d); err != nil {
			return err
		}
	}
	return nil
}

func checkHead(d contract.Directory) error {
	if !contract.Supported(d.Version) {
		return fmt.Errorf("version %d of the directory is not supported", d.Version)
	}
	if d.CellFloor < 1 {
		return fmt.Errorf("cellFloor is %d; write at least 1", d.CellFloor)
	}
	if _, err := time.LoadLocation(d.TimeZone); err != nil || d.TimeZone == "" {
		return fmt.Errorf("timeZone is not a known zone; write one such as Asia/Shanghai")
	}
	for _, t := range d.Tighter {
		if t.RespondWithinMinutes < 1 {
			return fmt.Errorf("tighter: respondWithinMinutes must be at least 1")
		}
	}
	return nil
}

func checkCoverage(d contract.Directory) error {
	if d.Coverage == nil {
		return nil
	}
	if _, err := coverage.ParseDayOfYear(d.Coverage.YearBegins); err != nil {
		return fmt.Errorf("coverage.yearBegins: %w", err)
	}
	if percent := d.Coverage.TargetPercent; percent < 1 || percent > 100 {
		return fmt.Errorf("coverage.targetPercent is %d; write 1 to 100", percent)
	}
	return nil
}

func checkSchools(d contract.Directory) error {
	areas, err := names("areas", d.Areas, func(a contract.Area) string { return a.Code })
	if err != nil {
		return err
	}
	for _, s := range d.Schools {
		if s.Area != "" && !areas[s.Area] {
			return fmt.Errorf("schools: a school is in an area that is not listed")
		}
	}
	_, err = names("schools", d.Schools, func(s contract.SchoolInfo) string { return s.Name })
	return err
}

func checkStaff(d contract.Directory) error {
	roles := []contract.Role{contract.SchoolDuty, contract.DistrictDuty, contract.CityDuty, contract.Registrar, contract.AreaCoordinator, contract.ClassTeacher}
	for i, s := range d.Staff {
		ofSchool := s.Role == contract.SchoolDuty || s.Role == contract.ClassTeacher
		switch {
		case s.Group == "" || !slices.Contains(roles, s.Role):
			return fmt.Errorf("staff[%d] has no group or an unknown role", i)
		case ofSchool && s.School == "":
			return fmt.Errorf("staff[%d] has a role of one school and names none", i)
		case s.Role == contract.AreaCoordinator && s.Area == "":
			return fmt.Errorf("staff[%d] is an area coordinator and names no area", i)
		}
	}
	return nil
}

func checkTransports(d contract.Directory) error {
	if _, err := names("transports", d.Transports, func(t contract.Transport) string { return t.Name }); err != nil {
		return err
	}
	for i, t := range d.Transports {
		if err := checkEndpoint(t.URL, t.SendSecret, t.ReceiptSecret); err != nil {
			return fmt.Errorf("transports[%d]: %w", i, err)
		}
	}
	return nil
}

func checkChannels(d contract.Directory) error {
	if _, err := names("channels", d.Channels, func(c contract.Channel) string { return c.Name }); err != nil {
		return err
	}
	for i, c := range d.Channels {
		if err := checkEndpoint(c.URL, c.SendSecret, c.ReceiveSecret); err != nil {
			return fmt.Errorf("channels[%d]: %w", i, err)
		}
		if c.Class == "" || c.ValidUntil.Before(c.ValidFrom) {
			return fmt.Errorf("channels[%d] has no class, or ends before it begins", i)
		}
	}
	return nil
}

func checkEndpoint(address string, secrets ...[]byte) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the URL is not https://host/path")
	}
	for _, secret := range secrets {
		if _, err := webhook.Key(secret); err != nil {
			return err
		}
	}
	return nil
}

func names[T any](field string, items []T, name func(T) string) (map[string]bool, error) {
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		n := name(item)
		if n == "" || seen[n] {
			return nil, fmt.Errorf("%s[%d] has no name, or one that is taken", field, i)
		}
		seen[n] = true
	}
	return seen, nil
}
