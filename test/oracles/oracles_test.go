package main

import "testing"

// The facts need neither R nor Node: they hold in the fast suite too.
func TestFacts(t *testing.T) {
	t.Chdir("../..")
	instruments, err := shipped(t.Context(), "config/instruments")
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := r.facts(t.Context(), "test/data", instruments); err != nil {
		t.Fatal(err)
	}
	if err := r.err(); err != nil {
		t.Error(err)
	}
}
