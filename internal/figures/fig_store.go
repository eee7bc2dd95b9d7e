package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
)

const (
	storeCallers = 128         // sessions that something happens in at the same time
	storeSpan    = time.Second // of one run
)

// figureStore compares durable transitions a second: a technician's line and the agent's acknowledgement of it, in turns, in
// as many sessions at a time as there are callers, dispatched as a click is.
func figureStore(ctx context.Context, b *bench) error {
	dir, err := b.dir("store")
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, filepath.Join(dir, "rejoin.db"), store.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := seedSessions(ctx, st, storeCallers); err != nil {
		return err
	}
	h, stop, err := runHub(ctx, st)
	if err != nil {
		return err
	}
	defer stop()
	bare, err := openBareDB(ctx, filepath.Join(dir, "bare.db"), storeCallers)
	if err != nil {
		return err
	}
	defer bare.close()
	var dispatched, committed []float64
	for range b.runs {
		one, err := perSecond(func(i int) error { return bare.commit(fmt.Sprintf("s%d", i)) })
		if err != nil {
			return fmt.Errorf("bare transitions: %w", err)
		}
		committed = append(committed, one)
		if one, err = perSecond(talker(ctx, h)); err != nil {
			return fmt.Errorf("transitions: %w", err)
		}
		dispatched = append(dispatched, one)
	}
	b.report.Add(gauge.Figure{
		Name: "durable transitions", Value: gauge.Median(dispatched), Unit: "/s", Base: gauge.Median(committed),
		BaseName: "bare grouped SQLite", Goal: gauge.RatioAtLeast(0.5),
		Note: fmt.Sprintf("loaded, decided and committed by the hub, %d sessions at a time", storeCallers),
	})
	return nil
}

// runHub runs a hub without a network.
func runHub(ctx context.Context, st *store.Store) (*hub.Hub, func(), error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	h, err := hub.New(st, hub.Options{Key: key, CodeKey: bytes.Repeat([]byte{7}, 32), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	return h, func() { cancel(); <-done }, nil
}

// talker dispatches the next event of the i-th session.
func talker(ctx context.Context, h *hub.Hub) func(i int) error {
	var said [storeCallers]session.Session
	return func(i int) error {
		last, id := &said[i], sessionOf(i)
		var ev session.Event = session.SendChat{By: jonas, Text: "Please save your work; I am going to restart the PC."}
		if last.CommandSeq > last.AckedSeq {
			ev = session.FromAgent{Admitted: last.Link.Admitted, Acked: last.CommandSeq}
		}
		next, err := h.Dispatch(ctx, id, ev)
		*last = next
		return err
	}
}

// perSecond lets every caller work for a span of time and counts.
func perSecond(work func(i int) error) (float64, error) {
	var (
		n    atomic.Int64
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs error
	)
	began := time.Now()
	for i := range storeCallers {
		wg.Go(func() {
			for time.Since(began) < storeSpan {
				if err := work(i); err != nil {
					mu.Lock()
					errs = errors.Join(errs, err)
					mu.Unlock()
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), errs
}
