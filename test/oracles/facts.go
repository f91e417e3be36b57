package main

import (
	"context"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func (r *report) facts(context.Context, string, []v1alpha1.InstrumentSpec) error { return nil }
