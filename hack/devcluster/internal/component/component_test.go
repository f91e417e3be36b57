package component

import (
	"encoding/json"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
)

func inputs() Inputs {
	tokens := map[string]string{}
	for _, user := range Users() {
		tokens[user.ID] = "token-of-" + user.ID
	}
	return Inputs{
		State:    "/state",
		Binary:   func(name string) string { return "/cache/tools/" + name + "-1/" + name },
		Tokens:   tokens,
		CA:       []byte("PEM"),
		CgroupV1: true,
	}
}

func TestNamesAreThoseOfAll(t *testing.T) {
	var names []string
	for _, c := range All(inputs()) {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, Names()) {
		t.Fatalf("Names() = %v, All() = %v", Names(), names)
	}
}

func TestEveryComponentHasAStageAndAProbe(t *testing.T) {
	count := 0
	for _, group := range ByStage(All(inputs())) {
		if len(group) == 0 {
			t.Error("a stage is empty")
		}
		for _, c := range group {
			count++
			if c.Probe == (Probe{}) {
				t.Errorf("%s has no probe", c.Name)
			}
		}
	}
	if count != len(Names()) {
		t.Fatalf("%d components in stages, want %d", count, len(Names()))
	}
}

var address = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`)

// TestNothingServesOutside looks at every address anywhere in the configuration:
// each is loopback, or in the cluster's own networks.
func TestNothingServesOutside(t *testing.T) {
	found := 0
	for _, c := range All(inputs()) {
		text := strings.Join(c.Args, "\n") + c.Probe.URL
		for _, file := range c.Files {
			text += "\n" + string(file.Content)
		}
		for _, match := range address.FindAllString(text, -1) {
			found++
			if !isInside(match) && match != "0.0.0.0" {
				t.Errorf("%s has the address %s", c.Name, match)
			}
			if match == "0.0.0.0" && !strings.Contains(text, `"dst": "0.0.0.0/0"`) {
				t.Errorf("%s listens everywhere", c.Name)
			}
		}
	}
	if found < 10 {
		t.Fatalf("saw only %d addresses; does the test still look at anything?", found)
	}
}

func isInside(s string) bool {
	ip := net.ParseIP(s)
	for _, cidr := range []string{"127.0.0.0/8", layout.PodCIDR, layout.ServiceCIDR} {
		if _, network, err := net.ParseCIDR(cidr); err == nil && network.Contains(ip) {
			return true
		}
	}
	return false
}

func TestSecretsAreForRootOnly(t *testing.T) {
	for _, c := range All(inputs()) {
		for _, file := range c.Files {
			if strings.Contains(string(file.Content), "token-of-") && file.Mode != 0o600 {
				t.Errorf("%s holds a token with mode %o", file.Path, file.Mode)
			}
		}
	}
}

func TestFilesStayInTheState(t *testing.T) {
	for _, c := range All(inputs()) {
		for _, file := range c.Files {
			if !strings.HasPrefix(file.Path, "/state/") {
				t.Errorf("%s writes %s", c.Name, file.Path)
			}
		}
	}
}

func TestEveryUserHasATokenLine(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(tokenFile(inputs().Tokens))), "\n")
	if len(lines) != len(Users()) {
		t.Fatalf("%d lines for %d users", len(lines), len(Users()))
	}
	if want := `token-of-admin,admin,admin,"system:masters"`; !slices.Contains(lines, want) {
		t.Errorf("no line %q in %q", want, lines)
	}
	if want := `token-of-kubelet,system:node:devcluster,kubelet,"system:nodes"`; !slices.Contains(lines, want) {
		t.Errorf("no line %q in %q", want, lines)
	}
}

func TestOnlyTheAdministratorIsAMaster(t *testing.T) {
	for _, user := range Users() {
		if slices.Contains(user.Groups, "system:masters") != (user.ID == "admin") {
			t.Errorf("%s has the groups %v", user.ID, user.Groups)
		}
	}
}

func TestKubeletAcceptsTheCgroupsThereAre(t *testing.T) {
	for v1, wantFail := range map[bool]bool{true: false, false: true} {
		in := inputs()
		in.CgroupV1 = v1
		var config struct{ FailCgroupV1 bool }
		if err := json.Unmarshal(kubeletConfig(in), &config); err != nil {
			t.Fatal(err)
		}
		if config.FailCgroupV1 != wantFail {
			t.Errorf("cgroup v1 %t: failCgroupV1 %t", v1, config.FailCgroupV1)
		}
	}
}

func TestRenderedJSONIsJSON(t *testing.T) {
	for _, c := range All(inputs()) {
		for _, file := range c.Files {
			if strings.HasPrefix(string(file.Content), "{") && !json.Valid(file.Content) {
				t.Errorf("%s is not valid JSON", file.Path)
			}
		}
	}
	if !json.Valid(Addons()) {
		t.Error("the addons are not valid JSON")
	}
}

func TestConfigurationIsDeterministic(t *testing.T) {
	first, second := All(inputs()), All(inputs())
	for i := range first {
		if first[i].Hash() != second[i].Hash() {
			t.Errorf("%s would be restarted for nothing", first[i].Name)
		}
	}
}
