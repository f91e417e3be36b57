package process

import (
	"regexp"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// Common are the settings of every process.
type Common struct {
	District string // code, e.g. "110106"
	Database postgres.Config
	OpsAddr  string
}

var districtCode = regexp.MustCompile(`^[0-9a-z]{2,16}$`)

// ReadCommon reads the settings that every process has. process is the role it
// connects as: "intake", "scorer", "casework" or "owner".
func ReadCommon(s *Settings, process string) Common {
	c := Common{
		District: s.Text("EVENKEEL_DISTRICT", "write the district's code, such as 110106"),
		Database: readDatabase(s, process),
		OpsAddr:  s.Address("EVENKEEL_OPS_ADDR", ":9090"),
	}
	if c.District != "" && !districtCode.MatchString(c.District) {
		s.Refuse("EVENKEEL_DISTRICT", "is not a district code", "write 2 to 16 digits or lower-case letters, such as 110106")
	}
	return c
}

func readDatabase(s *Settings, process string) postgres.Config {
	c := postgres.Config{
		Host:     s.Text("EVENKEEL_DB_HOST", "write the host of the district's PostgreSQL"),
		Port:     s.Port("EVENKEEL_DB_PORT", 5432),
		Name:     s.Text("EVENKEEL_DB_NAME", "write the name of the district's database, such as ek_110106"),
		SSLMode:  s.Choice("EVENKEEL_DB_SSLMODE", "verify-full", "require", "disable"),
		User:     string(s.File("db/username", "mount the Secret with the role's name")),
		Password: string(s.File("db/password", "mount the Secret with the role's password")),
		Process:  process,
	}
	if s.Exists("db-ca/ca.crt") {
		c.CAFile = s.Path("db-ca/ca.crt")
	}
	if c.SSLMode == "disable" && c.Host != "" && !IsLoopback(c.Host) {
		s.Refuse("EVENKEEL_DB_SSLMODE", "is disable although the host is not the loopback",
			"write verify-full, and mount db-ca/ca.crt when the server's CA is private")
	}
	return c
}
