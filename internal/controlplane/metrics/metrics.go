// Package metrics shows figures of the province on the operator's /metrics. They are read from the cache when they are
// asked for, so that a district that is gone leaves nothing behind and a figure is never older than its object. The names
// and labels are documented in docs/spec/metrics.md: districts by namespace, never a school, let alone a student.
package metrics

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Collector shows the figures of the province while Leads is closed: of several operators one.
type Collector struct {
	Client client.Reader // cached
	Leads  <-chan struct{}
	Log    logr.Logger
}

// family is one metric and how its values are read.
type family struct {
	desc *prometheus.Desc
	read func(ctx context.Context, c client.Reader, send func(value float64, labels ...string)) error
}

// families is the catalogue.
var families = []family{schools, students, findings}

// readWithin bounds one scrape; reading from a cache takes milliseconds.
const readWithin = 5 * time.Second

// Describe tells of every metric.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f.desc
	}
}

// Collect reads every metric. One that cannot be read is missing from this scrape.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	select {
	case <-c.Leads:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	for _, f := range families {
		err := f.read(ctx, c.Client, func(value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, value, labels...)
		})
		if err != nil {
			c.Log.Error(err, "Reading a metric", "metric", f.desc.String())
		}
	}
}
