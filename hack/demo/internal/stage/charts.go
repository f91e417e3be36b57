package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/hack/demo/manifests"
)

// zone is the districts' time zone.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Today is the first day of the demo's rounds. It stays the same when the demo goes on
// after midnight.
func (c *Cluster) Today() (time.Time, error) {
	raw, err := c.State.Read("run/today")
	if err != nil {
		return time.Time{}, err
	}
	if raw == nil {
		raw = []byte(time.Now().In(zone).Format(time.DateOnly))
		if err := c.State.Write("run/today", raw); err != nil {
			return time.Time{}, err
		}
	}
	return time.ParseInLocation(time.DateOnly, string(raw), zone)
}

// InstallOperator installs charts/operator.
func (c *Cluster) InstallOperator(ctx context.Context, image string) error {
	registry, rest, _ := strings.Cut(image, "/")
	repository, tag, _ := strings.Cut(rest, ":")
	_, err := c.Tools.HelmRun(ctx, "upgrade", "--install", "evenkeel", filepath.Join(c.Root, "charts", "operator"),
		"--namespace", SystemNamespace, "--wait", "--timeout", "3m",
		"--set", "image.registry="+registry, "--set", "image.repository="+repository, "--set-string", "image.tag="+tag)
	return err
}

// ApplyProvince applies instrument, calendar, policy and campaigns.
func (c *Cluster) ApplyProvince(ctx context.Context) error {
	instrument, err := c.demoInstrument()
	if err != nil {
		return err
	}
	today, err := c.Today()
	if err != nil {
		return err
	}
	province, err := manifests.Render("province.yaml", map[string]any{
		"SchoolYear": schoolYear(today), "Today": today.Format(time.DateOnly),
		"TermFrom": today.AddDate(0, 0, -30).Format(time.DateOnly), "TermTo": today.AddDate(0, 0, 60).Format(time.DateOnly),
		"MakeUpDays": weekendDays(today, 15),
	})
	if err != nil {
		return err
	}
	return c.Tools.Apply(ctx, append(append(instrument, "\n---\n"...), province...))
}

// demoInstrument is config/instruments/phq-9.yaml, marked as approved for demonstration.
func (c *Cluster) demoInstrument() ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(c.Root, "config", "instruments", "phq-9.yaml"))
	if err != nil {
		return nil, err
	}
	var object struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       map[string]any `json:"spec"`
	}
	if err := yaml.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	object.Metadata = map[string]any{"name": "phq-9-demo"}
	object.Spec["version"] = "1-demo"
	object.Spec["languages"] = []map[string]any{
		{"tag": "zh-CN", "state": "Confirmed", "source": "Confirmed by nobody: this copy belongs to the demo"},
		{"tag": "en", "state": "Confirmed", "source": "Confirmed by nobody: this copy belongs to the demo"},
	}
	object.Spec["review"] = map[string]any{
		"state": "Approved", "by": []string{"Nobody: this copy belongs to the demo"}, "note": "approved for demonstration only",
	}
	return yaml.Marshal(object)
}

func schoolYear(today time.Time) string {
	year := today.Year()
	if today.Month() < time.August {
		year--
	}
	return fmt.Sprintf("%d-%d", year, year+1)
}

// weekendDays are the Saturdays and Sundays of the next n days.
func weekendDays(from time.Time, n int) []string {
	var list []string
	for i := range n {
		if day := from.AddDate(0, 0, i); day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			list = append(list, day.Format(time.DateOnly))
		}
	}
	return list
}

// InstallDistrict installs charts/district into the district's namespace.
func (c *Cluster) InstallDistrict(ctx context.Context, d District, a Addresses) error {
	values, err := c.districtValues(ctx, d, a)
	if err != nil {
		return err
	}
	file := "run/" + d.Name + ".values.yaml"
	if err := c.State.Write(file, values); err != nil {
		return err
	}
	_, err = c.Tools.HelmRun(ctx, "upgrade", "--install", d.Name, filepath.Join(c.Root, "charts", "district"),
		"--namespace", d.Name, "--values", c.State.Path(file))
	return err
}

func (c *Cluster) districtValues(ctx context.Context, d District, a Addresses) ([]byte, error) {
	today, err := c.Today()
	if err != nil {
		return nil, err
	}
	_, _, host, port, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	cidr := c.PodCIDR
	if net.ParseIP(host) != nil {
		cidr = host + "/32"
	}
	return manifests.Render("district-values.yaml", map[string]any{
		"Name": d.Name, "Code": d.Code, "ZhCN": d.ZhCN, "En": d.En, "Schools": d.Schools,
		"Issuer": a.Issuer, "SMS": a.Gateways["sms"], "Voice": a.Gateways["voice"], "Hospital": a.Hospital, "Front": a.Front[d.Name],
		"DatabaseHost": host, "DatabasePort": port, "DatabaseCIDR": cidr, "PodCIDR": c.PodCIDR,
		"TrainedOn": today.AddDate(0, 0, -10).Format(time.DateOnly),
		"TermFrom":  today.AddDate(0, 0, -30).Format(time.DateOnly), "TermTo": today.AddDate(0, 0, 60).Format(time.DateOnly),
	})
}
