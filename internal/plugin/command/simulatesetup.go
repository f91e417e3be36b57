package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/score"
	"github.com/evenkeel/evenkeel/internal/plugin/simulate"
)

func (o *simulateOptions) setup(ctx context.Context, instruments []score.Instrument) (simulate.Setup, error) {
	var setup simulate.Setup
	for _, in := range instruments {
		setup.Instruments = append(setup.Instruments, in.Compiled)
	}
	people, err := o.people(ctx)
	if err != nil {
		return setup, err
	}
	policy, err := o.readPolicy(ctx, o.policy, people)
	if err != nil {
		return setup, err
	}
	if setup.Policy, err = o.compile(policy, setup.Instruments); err != nil {
		return setup, err
	}
	if setup.Variants, err = o.variants(ctx, policy, people, setup.Instruments); err != nil {
		return setup, err
	}
	if setup.Gates, err = o.allGates(setup.Instruments); err != nil {
		return setup, err
	}
	setup.Plan, err = o.plan(people)
	return setup, err
}

// people are the manifests of --capacity.
func (o *simulateOptions) people(ctx context.Context) (manifest.Set, error) {
	if len(o.capacity) == 0 {
		return manifest.Set{}, nil
	}
	// In which namespace a school is makes no difference here.
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: o.capacity, Namespace: "any"})
	if err != nil {
		return set, err
	}
	if err := manifest.Err(findings); err != nil {
		return set, err
	}
	if len(set.Districts) > 1 {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: the manifests hold %d districts: their own deadlines and floors are left out\n", len(set.Districts))
	}
	return set, nil
}

// readPolicy reads the one policy of a manifest, as it is in the district of the people.
func (o *simulateOptions) readPolicy(ctx context.Context, path string, people manifest.Set) (contract.Policy, error) {
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: []string{path}})
	if err != nil {
		return contract.Policy{}, err
	}
	if err := manifest.Err(findings); err != nil {
		return contract.Policy{}, err
	}
	if len(set.Policies) != 1 {
		return contract.Policy{}, fmt.Errorf("%s holds %d EscalationPolicies; name a file with one", path, len(set.Policies))
	}
	policy := translate.Policy(set.Policies[0].Name, set.Policies[0].Value.Spec)
	if len(people.Districts) != 1 {
		return policy, nil
	}
	if err := escalation.Check(policy); err != nil {
		return policy, err
	}
	policy, notes := translate.Tighten(policy, people.Districts[0].Value.Spec)
	for _, note := range notes {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: District %s: %s\n", people.Districts[0].Name, note)
	}
	return policy, nil
}

// compile compiles a policy as a round would, and passes on what is probably not meant.
func (o *simulateOptions) compile(policy contract.Policy, instruments []*instrument.Compiled) (*escalation.Compiled, error) {
	compiled, err := escalation.Compile(policy, instruments)
	if err != nil {
		return nil, err
	}
	for _, warning := range compiled.Warnings() {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: policy %q: %s\n", policy.Name, warning)
	}
	return compiled, nil
}

// variants are the policies to compare with: the one with changed rules, then others.
func (o *simulateOptions) variants(
	ctx context.Context, policy contract.Policy, people manifest.Set, instruments []*instrument.Compiled,
) (out []simulate.Variant, err error) {
	if len(o.set) > 0 {
		changed, err := changeRules(policy, o.set)
		if err != nil {
			return nil, err
		}
		compiled, err := o.compile(changed, instruments)
		if err != nil {
			return nil, fmt.Errorf("with --set: %w", err)
		}
		out = append(out, simulate.Variant{Name: "With " + strings.Join(o.set, ", "), Policy: compiled})
	}
	for _, path := range o.with {
		other, err := o.readPolicy(ctx, path, people)
		if err != nil {
			return nil, err
		}
		compiled, err := o.compile(other, instruments)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, simulate.Variant{Name: "With " + other.Name + " of " + path, Policy: compiled})
	}
	return out, nil
}

// changeRules gives rules other conditions, each as RULE=EXPRESSION.
func changeRules(policy contract.Policy, changes []string) (contract.Policy, error) {
	policy.Rules = slices.Clone(policy.Rules)
	for _, text := range changes {
		name, when, found := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		if !found {
			return policy, fmt.Errorf("--set %q is no pair; write RULE=EXPRESSION", text)
		}
		i := slices.IndexFunc(policy.Rules, func(r contract.Rule) bool { return r.Name == name })
		if i < 0 {
			return policy, fmt.Errorf("--set: policy %q has no rule %q; its rules are %s", policy.Name, name, strings.Join(ruleNames(policy), ", "))
		}
		policy.Rules[i].When = strings.TrimSpace(when)
	}
	return policy, nil
}

func ruleNames(policy contract.Policy) (names []string) {
	for _, rule := range policy.Rules {
		names = append(names, rule.Name)
	}
	return names
}

func (o *simulateOptions) allGates(instruments []*instrument.Compiled) ([]simulate.Gate, error) {
	gates := simulate.BandGates(instruments)
	for _, text := range o.gates {
		gate, err := simulate.ParseGate(text, instruments)
		if err != nil {
			return nil, err
		}
		gates = append(gates, gate)
	}
	return gates, nil
}

// plan is nil when nothing is known of weeks and people.
func (o *simulateOptions) plan(people manifest.Set) (*simulate.Plan, error) {
	if o.weeks == 0 && len(o.capacity) == 0 {
		return nil, nil
	}
	plan := &simulate.Plan{Weeks: o.weeks, Students: o.students}
	if len(o.capacity) == 0 {
		return plan, nil
	}
	if plan.Weeks == 0 {
		var err error
		if plan.Weeks, err = simulate.Weeks(people); err != nil {
			return nil, err
		}
	}
	today := v1alpha1.Civil(o.program.Clock.Now().Format(time.DateOnly))
	for _, note := range plan.Capacity(people, today) {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: %s\n", note)
	}
	return plan, nil
}
