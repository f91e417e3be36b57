package round

import (
	"cmp"
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// observed is all that deciding about a round depends on, besides the time.
type observed struct {
	round        v1alpha1.ScreeningRound
	campaign     *v1alpha1.ScreeningCampaign // nil: there is none of that name
	district     *v1alpha1.District          // nil: there is none in the namespace
	policy       *v1alpha1.EscalationPolicy  // nil: there is none of that name
	instruments  []v1alpha1.Instrument       // all there are
	channels     []v1alpha1.ReferralChannel  // of the district
	schools      []v1alpha1.School           // of the district
	zone         *time.Location              // of the district; UTC when that is not there or its zone does not exist
	campaignZone *time.Location              // of the campaign, likewise
	claims       []rollout.Claim             // rounds of other campaigns with schools of this one, which come before it
	unselected   bool                        // the campaign does not select the namespace any more
	calendar     *calendar.Compiled          // of the campaign, while school days that are asked for are not there or the district narrows; nil: not there, or not understood
	coverage     coverage.Rule               // the province's
	record       *contract.Meaning           // what status.meaningDigest pinned; nil: nothing pinned, or the record is gone or not the right one
	heard        bool                        // the latest attempt to hear from the district brought a report
	duty         contract.Reach              // by that report
	refusals     []contract.Refusal          // of this round's documents
	view         contract.RoundView          // what the district last said of the round, however long ago
	viewed       bool                        // it has said something
	remembered   bool                        // nobody has asked the district since the operator started; all this is from status
}

func (r *Reconciler) gather(ctx context.Context, req ctrl.Request) (*observed, error) {
	o := &observed{coverage: cmp.Or(r.Coverage, coverage.DefaultRule())}
	if err := r.Client.Get(ctx, req.NamespacedName, &o.round); err != nil {
		return nil, err
	}
	if !o.round.DeletionTimestamp.IsZero() {
		return o, nil
	}
	o.read(r.Board)
	steps := []func(context.Context, *observed) error{r.gatherDoubt, r.gatherReferences, r.gatherDistrict, r.gatherCalendar, r.gatherRecord}
	for _, step := range steps {
		if err := step(ctx, o); err != nil {
			return nil, err
		}
	}
	o.remember()
	return o, nil
}

// read takes from the board what the district said.
func (o *observed) read(b *board.Board) {
	latest, asked := b.Reading(o.round.Namespace)
	o.remembered = !asked
	o.heard, o.duty = latest.OK, latest.Report.DutyChain
	ref := contract.RefOf(o.round.Name)
	for _, refusal := range latest.Refusals {
		if refusal.Round == ref {
			o.refusals = append(o.refusals, refusal)
		}
	}
	good, _ := b.LastGood(o.round.Namespace)
	for _, view := range good.Report.Rounds {
		if view.Round == ref {
			o.view, o.viewed = view, true
		}
	}
}

// remember fills in what was said to an operator that ran before this one, so that a
// restart neither changes a condition nor tells of an opening twice.
func (o *observed) remember() {
	is := meta.FindStatusCondition(o.round.Status.Conditions, v1alpha1.ConditionOpen)
	if !o.remembered || is == nil || is.Status == metav1.ConditionUnknown || o.district == nil {
		return
	}
	o.heard, o.duty = true, dutyReach(o.district.Status.Conditions)
	s := o.round.Status
	if s.ControlRevision == 0 {
		return
	}
	o.viewed = true
	o.view = contract.RoundView{
		State: stateOf(is.Reason), Control: contract.Revision{Revision: s.ControlRevision, Digest: contract.Digest(s.ControlDigest)},
	}
	if meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionMeaningPinned) {
		o.view.Meaning = contract.Digest(s.MeaningDigest)
	}
}

func dutyReach(conditions []metav1.Condition) contract.Reach {
	is := meta.FindStatusCondition(conditions, v1alpha1.ConditionDutyChainReady)
	switch {
	case is == nil || is.Status == metav1.ConditionUnknown:
		return contract.ReachUnknown
	case is.Status == metav1.ConditionTrue:
		return contract.Reachable
	}
	return contract.Unreachable
}

func stateOf(reason string) contract.RoundState {
	for state, known := range openReasons {
		if known == reason {
			return state
		}
	}
	return contract.RoundOpen
}

// gatherDoubt reads the round from the API server when the district knows a meaning
// that the object does not, or is past the opening when the object is not, or the plan is
// another than the one that status tells of: the cache may lag behind our own write, and a
// round must not be suspended for that, nor its opening be taken back, nor a new plan be
// told of twice.
func (r *Reconciler) gatherDoubt(ctx context.Context, o *observed) error {
	unpinned := o.round.Status.MeaningDigest == "" && o.view.Meaning != ""
	unopened := o.round.Status.OpenedTime == nil && o.viewed && o.view.State != contract.RoundScheduled
	if !unpinned && !unopened && !moved(o.round) {
		return nil
	}
	return r.Live.Get(ctx, client.ObjectKeyFromObject(&o.round), &o.round)
}

func (r *Reconciler) gatherReferences(ctx context.Context, o *observed) (err error) {
	spec := o.round.Spec
	if o.campaign, err = find(ctx, r.Client, &v1alpha1.ScreeningCampaign{}, "", spec.Campaign.Name); err != nil {
		return err
	}
	if o.policy, err = find(ctx, r.Client, &v1alpha1.EscalationPolicy{}, "", spec.EscalationPolicyRef.Name); err != nil {
		return err
	}
	var instruments v1alpha1.InstrumentList
	if err = r.Client.List(ctx, &instruments); err != nil {
		return err
	}
	o.instruments = instruments.Items
	return nil
}

func (r *Reconciler) gatherDistrict(ctx context.Context, o *observed) (err error) {
	namespace := o.round.Namespace
	if o.district, err = find(ctx, r.Client, &v1alpha1.District{}, namespace, namespace); err != nil {
		return err
	}
	var channels v1alpha1.ReferralChannelList
	if err = r.Client.List(ctx, &channels, client.InNamespace(namespace)); err != nil {
		return err
	}
	var schools v1alpha1.SchoolList
	if err = r.Client.List(ctx, &schools, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil { // read only
		return err
	}
	o.channels, o.schools = channels.Items, schools.Items
	o.gatherZones()
	return r.gatherClaims(ctx, o)
}

func (o *observed) gatherZones() {
	o.zone, o.campaignZone = time.UTC, time.UTC
	if o.district != nil {
		o.zone = zoneOf(o.district.Spec.TimeZone)
	}
	if o.campaign != nil {
		o.campaignZone = zoneOf(o.campaign.Spec.TimeZone)
	}
}

func zoneOf(name v1alpha1.TimeZone) *time.Location {
	zone, err := time.LoadLocation(string(name))
	if err != nil {
		return time.UTC
	}
	return zone
}

func (r *Reconciler) gatherClaims(ctx context.Context, o *observed) error {
	var rounds v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &rounds, client.InNamespace(o.round.Namespace)); err != nil {
		return err
	}
	var campaigns v1alpha1.ScreeningCampaignList
	if err := r.Client.List(ctx, &campaigns); err != nil {
		return err
	}
	namespace, err := find(ctx, r.Client, &corev1.Namespace{}, "", o.round.Namespace)
	if err != nil {
		return err
	}
	if namespace != nil {
		o.unselected = o.owner() != nil && !planning.Selects(*o.campaign, namespace.Labels)
		campaigns.Items = planning.Selecting(campaigns.Items, namespace.Labels)
	}
	o.claims = planning.Claims(o.round, rounds.Items, campaigns.Items, o.schools, r.Clock.Now())
	return nil
}

// gatherCalendar reads the calendar where it says whether a round can be extended, or narrowed.
func (r *Reconciler) gatherCalendar(ctx context.Context, o *observed) error {
	if has, asked := extension(o.round.Spec); has >= asked && !o.narrows() || o.owner() == nil {
		return nil
	}
	academic, err := find(ctx, r.Client, &v1alpha1.AcademicCalendar{}, "", o.campaign.Spec.CalendarRef.Name)
	if err != nil || academic == nil {
		return err
	}
	if compiled, err := translate.CompileCalendar(academic.Spec); err == nil { // else the calendar says so itself
		o.calendar = compiled
	}
	return nil
}

// gatherRecord reads the record of what was pinned, until the figures are out.
func (r *Reconciler) gatherRecord(ctx context.Context, o *observed) error {
	digest := contract.Digest(o.round.Status.MeaningDigest)
	if digest == "" || len(o.round.Status.Release.Tiers) > 0 {
		return nil
	}
	var record corev1.ConfigMap
	key := client.ObjectKey{Namespace: o.round.Namespace, Name: recordName(o.round.Name, digest)}
	if err := r.Live.Get(ctx, key, &record); err != nil {
		return client.IgnoreNotFound(err)
	}
	o.record = readRecord(record, digest)
	return nil
}

// find returns nil when there is no such object.
func find[T client.Object](ctx context.Context, c client.Reader, into T, namespace, name string) (T, error) {
	var none T
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)
	if err != nil {
		return none, client.IgnoreNotFound(err)
	}
	return into, nil
}
