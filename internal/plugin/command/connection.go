package command

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Connection is a cluster as the flags and the kubeconfig choose it.
type Connection struct {
	Reader client.Reader
	// Writer is used by the few commands that change something.
	Writer client.Writer
	// Namespace of the flags, or of the kubeconfig's context.
	Namespace string
	// Chosen tells that the namespace was given by a flag.
	Chosen bool
}

func connect(flags *genericclioptions.ConfigFlags) (Connection, error) {
	config, err := flags.ToRESTConfig()
	if err != nil {
		return Connection{}, err
	}
	// The plugin reads seven kinds at once and waits for nothing else.
	config.QPS, config.Burst = 50, 100
	scheme, err := newScheme()
	if err != nil {
		return Connection{}, err
	}
	both, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return Connection{}, err
	}
	namespace, chosen, err := flags.ToRawKubeConfigLoader().Namespace()
	return Connection{Reader: both, Writer: both, Namespace: namespace, Chosen: chosen}, err
}

// newScheme knows the kinds that the plugin reads.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme))
}

// districtNames completes the names of districts; silence on any error, as completion should.
func districtNames(ctx context.Context, reader client.Reader) []string {
	var districts v1alpha1.DistrictList
	if err := reader.List(ctx, &districts); err != nil {
		return nil
	}
	names := make([]string, 0, len(districts.Items))
	for _, district := range districts.Items {
		names = append(names, district.Name+"\t"+district.Spec.Code)
	}
	return names
}
