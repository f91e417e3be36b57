package board_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

// covered is a full coverage in which school-0 .. school-n were screened by so many of a hundred.
func covered(t *testing.T, schools int, screened int64) *contract.Coverage {
	t.Helper()
	c := contract.Coverage{YearFromUnix: noon.Unix()}
	for i := range schools {
		c.Schools = append(c.Schools, contract.SchoolCoverage{
			School: contract.RefOf(fmt.Sprintf("school-%d", i)), Eligible: 100, Screened: screened, Met: screened >= 90,
		})
		c.Eligible, c.Screened = c.Eligible+100, c.Screened+screened
	}
	var err error
	if c.Digest, err = c.Sum(); err != nil {
		t.Fatal(err)
	}
	return &c
}

func short(c *contract.Coverage) *contract.Coverage {
	without := *c
	without.Schools = nil
	return &without
}

func saying(c *contract.Coverage) board.Reading {
	r := good(noon)
	r.Report.Coverage = c
	return r
}

func TestCoverageIsHeldUntilAnotherComesInFull(t *testing.T) {
	b := board.New()
	first, second := covered(t, 30, 10), covered(t, 30, 90)
	step := func(name string, r board.Reading, digest contract.Digest, screened int64) {
		t.Helper()
		b.PutReading(namespace, r)
		if got := b.CoverageDigest(namespace); got != digest {
			t.Errorf("%s: the next request names %.8q, want %.8q", name, got, digest)
		}
		latest, _ := b.Reading(namespace)
		if latest.Coverage == nil {
			if screened != 0 {
				t.Errorf("%s: nothing is held", name)
			}
			return
		}
		for i := range 30 {
			if s, known := latest.Coverage.Of(fmt.Sprintf("school-%d", i)); !known || s.Screened != screened {
				t.Errorf("%s: of school-%d %+v, %v; want %d screened", name, i, s, known, screened)
			}
		}
	}
	step("no coverage yet", good(noon), "", 0)
	step("left out although nothing is held", saying(short(first)), "", 0)
	step("in full", saying(first), first.Digest, 10)
	step("left out, the same", saying(short(first)), first.Digest, 10)
	step("no report", board.Reading{At: noon, Fault: "Unreachable"}, first.Digest, 10)
	step("a report without", good(noon), first.Digest, 10)
	step("another, left out", saying(short(second)), "", 10)
	step("in full", saying(second), second.Digest, 90)
	step("another, left out", saying(short(first)), "", 90)
	step("in full, the one that is held", saying(second), second.Digest, 90)
	if _, known := mustRead(t, b).Coverage.Of("school-30"); known {
		t.Error("a school that was not named is known")
	}
	b.ForgetDistrict(namespace)
	if b.CoverageDigest(namespace) != "" {
		t.Error("a forgotten district's coverage is still held")
	}
}

func TestADistrictWithoutSchoolsSpeaksInFull(t *testing.T) {
	b := board.New()
	none := covered(t, 0, 0)
	b.PutReading(namespace, saying(none))
	if b.CoverageDigest(namespace) != none.Digest {
		t.Error("a coverage of no schools is taken for one that was left out")
	}
}

func TestANewerDistrictsDigestIsTakenAtItsWord(t *testing.T) {
	b := board.New()
	c := covered(t, 3, 10)
	c.Digest = contract.Digest(strings.Repeat("a", 64)) // of fields that this operator does not read
	b.PutReading(namespace, saying(c))
	b.PutReading(namespace, saying(short(c)))
	if _, known := mustRead(t, b).Coverage.Of("school-2"); !known || b.CoverageDigest(namespace) != c.Digest {
		t.Error("a coverage with schools is not held")
	}
}

func TestCoverageWakesOnlyWhenItIsAnother(t *testing.T) {
	b := board.New()
	events, whole := b.SubscribeTo(board.OfCoverage), b.Subscribe()
	c := covered(t, 3, 10)
	b.PutReading(namespace, good(noon))
	for _, r := range []board.Reading{saying(c), saying(short(c)), {At: noon, Fault: "Unreachable"}, good(noon), saying(short(c))} {
		b.PutReading(namespace, r)
	}
	if got := len(events); got != 2 {
		t.Errorf("woken %d times, want 2: the first reading, and when the coverage came", got)
	}
	if got := len(whole); got != 3 {
		t.Errorf("who does not look at coverage is woken %d times, want 3: the first reading, the outage and its end", got)
	}
}

func mustRead(t *testing.T, b *board.Board) board.Reading {
	t.Helper()
	r, known := b.Reading(namespace)
	if !known {
		t.Fatal("no reading")
	}
	return r
}
