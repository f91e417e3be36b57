// Package home reads the District that the objects of a namespace belong to.
package home

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// District returns the District of a namespace, nil when there is none, and its time zone, nil when that cannot be read,
// which the District itself says.
func District(ctx context.Context, reader client.Reader, namespace string) (*v1alpha1.District, *time.Location, error) {
	district := &v1alpha1.District{}
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: namespace}, district)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("reading the district: %w", err)
	}
	zone, err := time.LoadLocation(string(district.Spec.TimeZone))
	if err != nil {
		return district, nil, nil //nolint:nilerr // the District says so
	}
	return district, zone, nil
}
