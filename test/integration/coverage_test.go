package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	campaigns "github.com/evenkeel/evenkeel/controllers/campaign"
	"github.com/evenkeel/evenkeel/controllers/district"
	"github.com/evenkeel/evenkeel/controllers/school"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// covered is a world in which those who look at coverage are reconciled by hand.
type covered struct {
	*world
	schools   *school.Reconciler
	districts *district.Reconciler
	campaigns *campaigns.Reconciler
}

func newCovered(t *testing.T, name string) *covered {
	t.Helper()
	c := &covered{world: newWorld(t, name)}
	c.restart()
	return c
}

// restart makes the operator anew: it knows nothing but what objects say.
func (c *covered) restart() {
	c.start()
	rule, status := coverage.DefaultRule(), apply.NewStatusWriter(c.client, c.clock)
	c.schools = &school.Reconciler{Client: c.client, Clock: c.clock, Status: status, Board: c.board, Coverage: rule}
	c.districts = &district.Reconciler{
		Client: c.client, Live: c.client, Clock: c.clock, Status: status, Applier: apply.NewApplier(c.client), Board: c.board, Events: c.events,
		Settings: workload.Settings{Image: "registry.example/evenkeel:1", OperatorNamespace: "evenkeel-system"}, Coverage: rule,
	}
	c.campaigns = &campaigns.Reconciler{Client: c.client, Live: c.client, Clock: c.clock, Status: status, Events: c.events, Coverage: rule}
}

// look reconciles the schools, then the district, then the campaign.
func (c *covered) look() {
	c.t.Helper()
	c.reconcile(c.schools, c.name, "lotus-pond")
	c.reconcile(c.schools, c.name, "stone-bridge")
	c.reconcile(c.districts, c.name, c.name)
	c.reconcile(c.campaigns, "", c.name)
}

// at sets the clock and looks until there is nothing to write.
func (c *covered) at(moment string) {
	c.t.Helper()
	c.clock.SetTime(instant(moment))
	for range 10 {
		before := c.writes.count()
		c.look()
		if c.writes.count() == before {
			return
		}
	}
	c.t.Fatalf("at %s it does not come to rest: %v", moment, c.writes.since(c.writes.count()-4))
}

// report has the district say how many of 120 students each school screened in the year that began then.
func (c *covered) report(yearBegan string, lotusPond, stoneBridge int64) {
	c.t.Helper()
	of := func(name string, screened int64) contract.SchoolCoverage {
		return contract.SchoolCoverage{School: contract.RefOf(name), Eligible: 120, Screened: screened, Met: screened >= 120}
	}
	said := &contract.Coverage{
		YearFromUnix: instant(yearBegan).Unix(), Eligible: 240, Screened: lotusPond + stoneBridge,
		Schools: []contract.SchoolCoverage{of("lotus-pond", lotusPond), of("stone-bridge", stoneBridge)},
	}
	var err error
	if said.Digest, err = said.Sum(); err != nil {
		c.t.Fatal(err)
	}
	c.board.PutReading(c.name, board.Reading{At: c.clock.Now(), OK: true, Report: contract.Report{Keys: contract.KeysReady, Coverage: said}})
}

// standings are both schools, the district and the campaign as one line each.
func (c *covered) standings() string {
	c.t.Helper()
	var lotusPond, stoneBridge v1alpha1.School
	var d v1alpha1.District
	c.get(&lotusPond, "lotus-pond")
	c.get(&stoneBridge, "stone-bridge")
	c.get(&d, c.name)
	line := func(what string, said v1alpha1.Coverage, conditions string) string {
		overdue := ""
		if said.OverdueSchools != nil {
			overdue = fmt.Sprintf(" overdue %d", *said.OverdueSchools)
		}
		return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s%s", what, conditions, said.SchoolYear, said.Students, said.Schools, overdue)), " ")
	}
	kind, camp := v1alpha1.ConditionAnnualScreeningMet, c.campaign()
	return strings.Join([]string{
		line("lotus-pond", lotusPond.Status.Coverage, standing(lotusPond.Status.Conditions, kind)),
		line("stone-bridge", stoneBridge.Status.Coverage, standing(stoneBridge.Status.Conditions, kind)),
		line("district", d.Status.Coverage, standing(d.Status.Conditions, kind)),
		line("campaign", camp.Status.Coverage, standing(camp.Status.Conditions, kind)),
	}, "\n")
}

func (c *covered) wants(lines ...string) {
	c.t.Helper()
	if got, want := c.standings(), strings.Join(lines, "\n"); got != want {
		c.t.Errorf("at %s:\n%s\nwant:\n%s", c.clock.Now().Format("2006-01-02T15:04"), got, want)
	}
}

// told are the events of annual screening since the last time.
func (c *covered) told() (out []string) {
	for len(c.events.Events) > 0 {
		if e := <-c.events.Events; strings.HasPrefix(e, "Warning Overdue") || strings.HasPrefix(e, "Normal Met") {
			out = append(out, strings.Join(strings.Fields(e)[:2], " "))
		}
	}
	return out
}

func (c *covered) wantsTold(want ...string) {
	c.t.Helper()
	if got := fmt.Sprint(c.told()); got != fmt.Sprint(want) {
		c.t.Errorf("at %s the events are %s, want %s", c.clock.Now().Format("2006-01-02T15:04"), got, want)
	}
}

// Instants of the school year 2026-2027 in Shanghai, due by 31 May.
const (
	yearBegan  = "2026-08-31T16:00"
	sixtyLeft  = "2027-04-01T16:00"
	dayPassed  = "2027-05-31T16:00"
	yearIsOver = "2027-08-31T16:00"
)

// TestCoverageThroughASchoolYear: what the district says comes up, time turns it, and schools are overdue three months
// before the year ends.
func TestCoverageThroughASchoolYear(t *testing.T) {
	t.Parallel()
	c := newCovered(t, "covered")
	c.at("2026-09-10T00:00")
	c.wants("lotus-pond Unknown/NoReport", "stone-bridge Unknown/NoReport", "district Unknown/NoReport", "campaign Unknown/NoReport")

	c.report(yearBegan, 40, 120)
	c.at("2026-10-20T00:00")
	c.wants("lotus-pond False/InProgress 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/InProgress 2026-2027 160/240 1/2", "campaign False/InProgress 2026-2027 160/240 1/2")
	c.wantsTold()

	c.at("2027-04-01T15:59")
	c.wants("lotus-pond False/InProgress 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/InProgress 2026-2027 160/240 1/2", "campaign False/InProgress 2026-2027 160/240 1/2")
	c.at(sixtyLeft)
	c.wants("lotus-pond False/DueSoon 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/DueSoon 2026-2027 160/240 1/2", "campaign False/DueSoon 2026-2027 160/240 1/2")
	c.at(dayPassed)
	c.wants("lotus-pond False/Overdue 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/Overdue 2026-2027 160/240 1/2 overdue 1", "campaign False/Overdue 2026-2027 160/240 1/2 overdue 1")
	c.wantsTold("Warning Overdue", "Warning Overdue")

	c.report(yearBegan, 120, 120)
	c.at("2027-06-20T00:00")
	c.wants("lotus-pond True/Met 2026-2027 120/120", "stone-bridge True/Met 2026-2027 120/120",
		"district True/Met 2026-2027 240/240 2/2", "campaign True/Met 2026-2027 240/240 2/2")
	c.wantsTold("Normal Met", "Normal Met")

	c.at(yearIsOver)
	c.wants("lotus-pond Unknown/NoReport 2026-2027 120/120", "stone-bridge Unknown/NoReport 2026-2027 120/120",
		"district Unknown/NoReport 2026-2027 240/240 2/2", "campaign Unknown/NoReport 2026-2027 240/240 2/2")
	c.report(yearIsOver, 0, 10)
	c.at("2027-08-31T17:00")
	c.wants("lotus-pond False/InProgress 2027-2028 0/120", "stone-bridge False/InProgress 2027-2028 10/120",
		"district False/InProgress 2027-2028 10/240 0/2", "campaign False/InProgress 2027-2028 10/240 0/2")
	c.wantsTold()
}

// TestCoverageOutlivesTheOperator: a restart writes nothing about coverage, before the district is heard and after, and
// a day that passes meanwhile is noticed without it.
func TestCoverageOutlivesTheOperator(t *testing.T) {
	t.Parallel()
	c := newCovered(t, "covered-restart")
	c.at("2026-09-10T00:00")
	c.report(yearBegan, 40, 120)
	c.at("2026-10-20T00:00")
	want := []string{"lotus-pond False/InProgress 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/InProgress 2026-2027 160/240 1/2", "campaign False/InProgress 2026-2027 160/240 1/2"}

	c.restart()
	before := c.writes.count()
	c.reconcile(c.schools, c.name, "lotus-pond")
	c.reconcile(c.schools, c.name, "stone-bridge")
	c.reconcile(c.campaigns, "", c.name)
	c.wants(want...)
	c.report(yearBegan, 40, 120)
	c.reconcile(c.schools, c.name, "lotus-pond")
	c.reconcile(c.schools, c.name, "stone-bridge")
	c.reconcile(c.campaigns, "", c.name)
	if wrote := c.writes.since(before); len(wrote) > 0 {
		t.Errorf("a restart writes %v", wrote)
	}

	c.restart()
	c.clock.SetTime(instant(dayPassed))
	c.look()
	c.wants("lotus-pond False/Overdue 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/Overdue 2026-2027 160/240 1/2 overdue 1", "campaign False/Overdue 2026-2027 160/240 1/2 overdue 1")
	c.wantsTold("Warning Overdue", "Warning Overdue")

	for range 2 { // silence takes nothing back
		c.board.PutReading(c.name, board.Reading{At: c.clock.Now(), Fault: "Unreachable"})
		c.look()
	}
	c.wants("lotus-pond False/Overdue 2026-2027 40/120", "stone-bridge True/Met 2026-2027 120/120",
		"district False/Overdue 2026-2027 160/240 1/2 overdue 1", "campaign False/Overdue 2026-2027 160/240 1/2 overdue 1")
}

// TestAReportWakesItsSchools runs the schools' reconciler in a manager: the board alone moves it.
func TestAReportWakesItsSchools(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	c := newCovered(t, "covered-woken")
	mgr, err := ctrl.NewManager(c.operatorConfig(), ctrl.Options{
		Scheme: scheme, Logger: logr.Discard(), Metrics: server.Options{BindAddress: "0"}, Controller: config.Controller{SkipNameValidation: new(true)},
		Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{c.name: {}}}, // other tests have schools at the same time
	})
	if err != nil {
		t.Fatal(err)
	}
	c.board = board.New()
	woken := &school.Reconciler{
		Client: mgr.GetClient(), Clock: c.clock, Status: apply.NewStatusWriter(mgr.GetClient(), c.clock), Board: c.board, Coverage: coverage.DefaultRule(),
	}
	if err := woken.SetupWithManager(mgr); err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- mgr.Start(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	stands := func(name string) func() string {
		return func() string {
			var s v1alpha1.School
			if err := admin.Get(ctx, client.ObjectKey{Namespace: c.name, Name: name}, &s); err != nil {
				return err.Error()
			}
			return standing(s.Status.Conditions, v1alpha1.ConditionAnnualScreeningMet) + " " + s.Status.Coverage.Students
		}
	}
	g.Eventually(stands("lotus-pond")).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("Unknown/NoReport "))
	c.report(yearBegan, 40, 120)
	g.Eventually(stands("lotus-pond")).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("False/InProgress 40/120"))
	g.Eventually(stands("stone-bridge")).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("True/Met 120/120"))
	c.report(yearBegan, 120, 120)
	g.Eventually(stands("lotus-pond")).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("True/Met 120/120"))
}
