package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// declare creates everything with as many districts at a time as there are loaders. Objects are made before, so that the
// clock runs for requests only.
func (p plan) declare(ctx context.Context, c client.Client, above []client.Object, districts [][]client.Object) error {
	if err := create(ctx, c, above); err != nil {
		return err
	}
	return concurrently(p.loaders, districts, func(objs []client.Object) error { return create(ctx, c, objs) })
}

func create(ctx context.Context, c client.Client, objs []client.Object) error {
	for _, obj := range objs {
		if err := c.Create(ctx, obj); err != nil {
			return fmt.Errorf("creating %T %s: %w", obj, client.ObjectKeyFromObject(obj), err)
		}
	}
	return nil
}

// concurrently works through a list with n workers. One that fails ends; the others go on.
func concurrently[T any](n int, list []T, work func(T) error) error {
	items := make(chan T)
	errs := make(chan error, n)
	var workers sync.WaitGroup
	for range n {
		workers.Go(func() {
			var failed error
			for item := range items {
				if failed == nil {
					failed = work(item)
				}
			}
			errs <- failed
		})
	}
	for _, item := range list {
		items <- item
	}
	close(items)
	workers.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// made lists all objects of a province before anything is asked of the API server.
func (p province) made() (above []client.Object, districts [][]client.Object, err error) {
	if above, err = p.above(); err != nil {
		return nil, nil, err
	}
	for i := range p.districts {
		objs, err := p.district(i)
		if err != nil {
			return nil, nil, err
		}
		districts = append(districts, objs)
	}
	return above, districts, nil
}
