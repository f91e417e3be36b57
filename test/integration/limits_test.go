package integration

import (
	"fmt"
	"path/filepath"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// The limit that docs/spec/instrument.md names: 30,000 rows of norm tables. Such an
// instrument can be made, approved, and compared with itself by the rules about changes.
func TestLargestInstrument(t *testing.T) {
	t.Parallel()
	const scales, tables, rows = 10, 30, 100
	in := makeInstrument("largest", "largest").With(func(in *v1alpha1.Instrument) {
		first := in.Spec.Scales[0]
		in.Spec.Scales = nil
		for s := range scales {
			scale := *first.DeepCopy()
			scale.Code = fmt.Sprintf("s%d", s)
			for range tables {
				scale.Norms = append(scale.Norms, v1alpha1.Norm{Sex: "Any", Source: "Manual", Rows: normRows(rows)})
			}
			in.Spec.Scales = append(in.Spec.Scales, scale)
		}
	}).Obj()
	create(t, operator, in)
	in.Spec.Licence.Holder = "Another holder"
	expect(t, operator.Update(ctx, in), "")
	in.Spec.Scales[scales-1].Norms[tables-1].Rows[rows-1].Standard.Text = "0"
	expect(t, operator.Update(ctx, in), "the meaning of an approved instrument cannot change")
}

func normRows(n int) []v1alpha1.NormRow {
	out := make([]v1alpha1.NormRow, 0, n)
	for i := range n {
		out = append(out, v1alpha1.NormRow{
			Raw: v1alpha1.Decimal{Text: fmt.Sprint(i)}, Standard: v1alpha1.Decimal{Text: fmt.Sprintf("%d.25", i)},
		})
	}
	return out
}

// Every instrument that the repository ships is one that an API server takes.
func TestShippedInstrumentsAreTaken(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../config/instruments/*.yaml")
	packs, errPacks := filepath.Glob("../../config/instruments/*/*.yaml")
	files = append(files, packs...)
	if err != nil || errPacks != nil || len(files) < 20 {
		t.Fatalf("%d files, %v, %v", len(files), err, errPacks)
	}
	for _, file := range files {
		for _, obj := range read(file) {
			if obj.GetKind() == "Instrument" {
				expect(t, operator.Create(ctx, obj, client.DryRunAll), "")
			}
		}
	}
}
