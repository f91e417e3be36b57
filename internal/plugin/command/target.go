package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// targetKind is a kind that commands change.
type targetKind struct {
	name       string // as a user writes it
	kind       string
	resource   string
	aliases    []string
	namespaced bool
}

var (
	campaignKind = targetKind{
		name: "campaign", kind: "ScreeningCampaign", resource: "screeningcampaigns",
		aliases: []string{"campaigns", "camp", "screeningcampaign", "screeningcampaigns", "screeningcampaigns.screening.evenkeel.dev"},
	}
	roundKind = targetKind{
		name: "round", kind: "ScreeningRound", resource: "screeningrounds", namespaced: true,
		aliases: []string{"rounds", "screeninground", "screeningrounds", "screeningrounds.screening.evenkeel.dev"},
	}
)

// target is one object that a command changes.
type target struct {
	kind      targetKind
	namespace string // empty for a campaign
	name      string
}

// String is how the object is told of.
func (t target) String() string {
	if t.kind.namespaced {
		return fmt.Sprintf("%s %s/%s", t.kind.kind, t.namespace, t.name)
	}
	return t.kind.kind + " " + t.name
}

// argument is how the object is named on a command line.
func (t target) argument() string {
	if t.kind.namespaced {
		return fmt.Sprintf("%s/%s -n %s", t.kind.name, t.name, t.namespace)
	}
	return t.kind.name + "/" + t.name
}

func (t target) listing() string {
	if t.kind.namespaced {
		return t.kind.resource + " -n " + t.namespace
	}
	return t.kind.resource
}

func (t target) where() string {
	if t.kind.namespaced {
		return " in the namespace " + t.namespace
	}
	return ""
}

// parseTarget reads campaign/NAME or round/NAME, also as two words.
func parseTarget(args []string, namespace string) (target, error) {
	text := strings.Join(args, "/")
	kind, name, both := strings.Cut(text, "/")
	if !both || name == "" || strings.Contains(name, "/") {
		return target{}, fmt.Errorf("%q names nothing that can be changed; write campaign/NAME, or round/NAME with -n", text)
	}
	for _, k := range []targetKind{campaignKind, roundKind} {
		if k.name == kind || slices.Contains(k.aliases, kind) {
			return k.of(namespace, name), nil
		}
	}
	return target{}, fmt.Errorf("%q is no kind that can be changed; write campaign/%s or round/%s", kind, name, name)
}

func (k targetKind) of(namespace, name string) target {
	if !k.namespaced {
		namespace = ""
	}
	return target{kind: k, namespace: namespace, name: name}
}

// completeTargets completes campaign/NAME and round/NAME; silence on any error, as
// completion should.
func completeTargets(p Program, flags *genericclioptions.ConfigFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		connection, err := p.Connect(flags)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []string
		for _, name := range campaignNames(cmd.Context(), connection.Reader) {
			out = append(out, "campaign/"+name)
		}
		for _, name := range roundNames(cmd.Context(), connection) {
			out = append(out, "round/"+name)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNames completes the names of one kind.
func completeNames(p Program, flags *genericclioptions.ConfigFlags, names func(context.Context, Connection) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		connection, err := p.Connect(flags)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(cmd.Context(), connection), cobra.ShellCompDirectiveNoFileComp
	}
}

func campaignNames(ctx context.Context, reader client.Reader) (out []string) {
	var list v1alpha1.ScreeningCampaignList
	if err := reader.List(ctx, &list); err != nil {
		return nil
	}
	for _, c := range list.Items {
		out = append(out, c.Name)
	}
	return out
}

func roundNames(ctx context.Context, c Connection) (out []string) {
	var list v1alpha1.ScreeningRoundList
	if err := c.Reader.List(ctx, &list, client.InNamespace(c.Namespace)); err != nil {
		return nil
	}
	for _, r := range list.Items {
		out = append(out, r.Name)
	}
	return out
}
