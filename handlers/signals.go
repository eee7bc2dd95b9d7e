package handlers

import (
	"errors"
	"sync"
)

func isOver(err error) bool { return errors.Is(err, errStreamOver) }

// merge makes one signal of several; done must be called.
func merge(in []<-chan struct{}) (out <-chan struct{}, done func()) {
	if len(in) == 1 {
		return in[0], func() {}
	}
	c := make(chan struct{}, 1)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, ch := range in {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-ch:
				}
				select {
				case c <- struct{}{}:
				default:
				}
			}
		})
	}
	return c, func() { close(stop); wg.Wait() }
}
