package driver

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// Look prints what there is to look at.
func (d *Demo) Look(_ context.Context, w io.Writer) error {
	fmt.Fprintf(w, "\nThe cluster is up. To look at it:\n\n  export KUBECONFIG=%s\n  kubectl=%s\n", d.Cluster.Tools.Kubeconfig, d.Cluster.Tools.Kubectl)
	fmt.Fprintf(w, "  $kubectl get screening -A\n  go run ./cmd/kubectl-evenkeel status\n\n")
	fmt.Fprintf(w, "Pages (certificates by %s):\n", d.Cluster.State.Path("ca.pem"))
	for _, district := range stage.Districts {
		codes, err := d.codes(district, stage.OpenCampaign)
		if err != nil {
			return err
		}
		var numbers []string
		for number := range codes {
			numbers = append(numbers, number)
		}
		slices.Sort(numbers)
		front := d.Addresses.Front[district.Name]
		if len(numbers) > 0 {
			fmt.Fprintf(w, "  %-8s student page of the round that is still open  %s/   with the code %s\n", district.Name, front, codes[numbers[0]])
		}
		fmt.Fprintf(w, "  %-8s worklist (choose who you are)                 %s:8444/\n", "", front)
	}
	fmt.Fprintf(w, "\n`make demo-down` removes everything.\n")
	return nil
}
