package translate

import (
	"errors"
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Instrument resolves option sets, so that in the document every item carries its
// options, and leaves out the wording of every language that nobody confirmed. The
// error names every fault that hides what is meant, as *fault.Error: an item whose set
// does not exist, a decimal that is none.
func Instrument(spec v1alpha1.InstrumentSpec) (contract.Instrument, error) {
	t := instrumentTranslation{shown: confirmed(spec.Languages)}
	return t.instrument(spec), t.faults.Err()
}

// Compile translates an instrument and checks it.
func Compile(spec v1alpha1.InstrumentSpec) (*instrument.Compiled, error) {
	document, err := Instrument(spec)
	if err != nil {
		return nil, fmt.Errorf("instrument %q: %w", spec.Code, err)
	}
	return instrument.Compile(document)
}

// Usable says whether rounds may use an instrument: the reason and message are those
// of its condition UsableInRounds, True only for ReasonApproved. The error is what
// keeps an instrument from compiling.
func Usable(spec v1alpha1.InstrumentSpec) (reason, message string, err error) {
	if _, err := Compile(spec); err != nil {
		return "", "", err
	}
	name := spec.Code + " version " + spec.Version
	lacking := lackingText(spec)
	switch {
	case spec.Review.State == v1alpha1.ReviewRetired:
		return v1alpha1.ReasonRetired, name + " is retired; use a later version", nil
	case spec.Review.State != v1alpha1.ReviewApproved:
		return v1alpha1.ReasonDraft, name + " is a draft; have it reviewed and set spec.review.state to Approved", nil
	case lacking != nil:
		return v1alpha1.ReasonTextMissing, lacking.Error(), nil
	}
	return v1alpha1.ReasonApproved, name + " may be used in rounds", nil
}

// UnfitForStage1 says why an instrument cannot be asked in a class that nobody attends to
// one by one; "" when it can.
func UnfitForStage1(spec v1alpha1.InstrumentSpec) string {
	if spec.Administration != v1alpha1.AdministrationInterview {
		return ""
	}
	return fmt.Sprintf("%s version %s is an interview, held by a trained adult face to face; take it out of stage1", spec.Code, spec.Version)
}

// Pick returns the instrument of a code and version. Of several the oldest counts, so
// that making another one changes nothing.
func Pick(instruments []v1alpha1.Instrument, key v1alpha1.InstrumentKey) (v1alpha1.Instrument, bool) {
	var oldest v1alpha1.Instrument
	found := false
	for _, in := range instruments {
		if in.Spec.Code != key.Code || in.Spec.Version != key.Version {
			continue
		}
		if !found || older(in, oldest) {
			oldest, found = in, true
		}
	}
	return oldest, found
}

func older(a, b v1alpha1.Instrument) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.Name < b.Name
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}

// CompileAll picks and compiles the instruments of a round, in the order asked. The
// error says which is not there or what is wrong with it.
func CompileAll(instruments []v1alpha1.Instrument, keys []v1alpha1.InstrumentKey) ([]*instrument.Compiled, error) {
	var out []*instrument.Compiled
	var errs []error
	for _, key := range keys {
		in, found := Pick(instruments, key)
		if !found {
			errs = append(errs, fmt.Errorf("there is no Instrument %s version %s", key.Code, key.Version))
			continue
		}
		compiled, err := Compile(in.Spec)
		errs = append(errs, err)
		out = append(out, compiled)
	}
	return out, errors.Join(errs...)
}
