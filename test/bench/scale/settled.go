package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// settled says what is not as it should be once nothing is left to do; nil: nothing. There is no kubelet and no controller
// of Jobs: a district is done with everything applied and its migration waiting.
func (p province) settled(ctx context.Context, c client.Client) error {
	for _, check := range []func(context.Context, client.Client) error{p.schoolsSettled, p.districtsSettled, p.roundsSettled, p.campaignSettled} {
		if err := check(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (p province) schoolsSettled(ctx context.Context, c client.Client) error {
	var list v1alpha1.SchoolList
	if err := c.List(ctx, &list); err != nil {
		return err
	}
	if len(list.Items) != p.schools {
		return fmt.Errorf("%d of %d schools", len(list.Items), p.schools)
	}
	for _, s := range list.Items {
		if err := holds(&s, s.Status.Conditions, s.Status.ObservedGeneration, v1alpha1.ConditionReady, v1alpha1.ConditionScreeningReady); err != nil {
			return err
		}
	}
	return nil
}

// servicesOf is how many Services a district has.
const servicesOf = 4

func (p province) districtsSettled(ctx context.Context, c client.Client) error {
	var list v1alpha1.DistrictList
	var jobs batchv1.JobList
	var services corev1.ServiceList
	for _, l := range []client.ObjectList{&list, &jobs, &services} {
		if err := c.List(ctx, l); err != nil {
			return err
		}
	}
	if len(list.Items) != p.districts || len(jobs.Items) != p.districts || len(services.Items) < servicesOf*p.districts {
		return fmt.Errorf("%d districts, %d migrations and %d Services of %d", len(list.Items), len(jobs.Items), len(services.Items), p.districts)
	}
	for i, d := range list.Items {
		if err := holds(&d, d.Status.Conditions, d.Status.ObservedGeneration, v1alpha1.ConditionAuthorised); err != nil {
			return err
		}
		provisioned := meta.FindStatusCondition(d.Status.Conditions, v1alpha1.ConditionProvisioned)
		if provisioned == nil || provisioned.Reason != v1alpha1.ReasonMigrating {
			return fmt.Errorf("district %s: %v", d.Name, provisioned)
		}
		reporting := meta.FindStatusCondition(d.Status.Conditions, v1alpha1.ConditionReporting)
		if reporting == nil || reporting.Reason != v1alpha1.ReasonUnreachable {
			return fmt.Errorf("district %s: %v", d.Name, reporting)
		}
		if n := strconv.Itoa(p.schoolsOf(i)); d.Status.Schools != n+"/"+n {
			return fmt.Errorf("district %s has %s schools, not %s", d.Name, d.Status.Schools, n)
		}
	}
	return nil
}

func (p province) roundsSettled(ctx context.Context, c client.Client) error {
	var list v1alpha1.ScreeningRoundList
	if err := c.List(ctx, &list); err != nil {
		return err
	}
	if len(list.Items) != p.districts {
		return fmt.Errorf("%d of %d rounds", len(list.Items), p.districts)
	}
	for _, r := range list.Items {
		if err := holds(&r, r.Status.Conditions, r.Status.ObservedGeneration, v1alpha1.ConditionReady); err != nil {
			return err
		}
		if placed := len(r.Spec.Schools) > 0; placed != p.required {
			return fmt.Errorf("round %s places its schools: %t", client.ObjectKeyFromObject(&r), placed)
		}
	}
	return nil
}

func (p province) campaignSettled(ctx context.Context, c client.Client) error {
	var list v1alpha1.ScreeningCampaignList
	if err := c.List(ctx, &list); err != nil {
		return err
	}
	for _, campaign := range list.Items {
		if err := holds(&campaign, campaign.Status.Conditions, campaign.Status.ObservedGeneration,
			v1alpha1.ConditionReady, v1alpha1.ConditionPlanned); err != nil {
			return err
		}
		if want := fmt.Sprintf("0/%d open", p.districts); campaign.Status.Rounds != want {
			return fmt.Errorf("the campaign has rounds %s, not %s", campaign.Status.Rounds, want)
		}
	}
	return nil
}

// holds wants conditions to be True, and every condition to speak of the object as it is.
func holds(obj client.Object, conditions []metav1.Condition, observed int64, kinds ...string) error {
	id := fmt.Sprintf("%T %s", obj, strings.TrimPrefix(client.ObjectKeyFromObject(obj).String(), "/"))
	if observed != obj.GetGeneration() {
		return fmt.Errorf("%s: generation %d is observed, not %d", id, observed, obj.GetGeneration())
	}
	for _, c := range conditions {
		if c.ObservedGeneration != obj.GetGeneration() {
			return fmt.Errorf("%s: %s speaks of generation %d, not %d", id, c.Type, c.ObservedGeneration, obj.GetGeneration())
		}
	}
	for _, kind := range kinds {
		if !meta.IsStatusConditionTrue(conditions, kind) {
			return fmt.Errorf("%s: %s is %v", id, kind, meta.FindStatusCondition(conditions, kind))
		}
	}
	return nil
}
