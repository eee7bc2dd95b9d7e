package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

// screen is what a process shows the customer, and what the customer does with it.
type screen struct {
	x       *Process
	actions chan machine.Action

	mu      sync.Mutex
	view    *machine.View
	prompts []*window[machine.Answer]
	form    *window[entered]
	notice  *window[struct{}]
	shown   []machine.Prompt // every prompt there was
}

// window is one that waits for the customer.
type window[T any] struct {
	prompt machine.Prompt
	code   machine.CodeForm
	notice machine.Notice
	until  time.Time
	answer chan T
}

type entered struct {
	code, server string
	ok           bool
}

var _ machine.UI = (*screen)(nil)

func newScreen(x *Process) *screen { return &screen{x: x, actions: make(chan machine.Action)} }

func (s *screen) change(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	s.x.pc.mu.Lock()
	s.x.pc.notify()
	s.x.pc.mu.Unlock()
}

// Show implements [machine.UI].
func (s *screen) Show(v machine.View) {
	v.Lines = slices.Clone(v.Lines)
	s.change(func() { s.view = &v })
}

// Close implements [machine.UI].
func (s *screen) Close() { s.change(func() { s.view = nil }) }

// Actions implements [machine.UI].
func (s *screen) Actions() <-chan machine.Action { return s.actions }

// Ask implements [machine.UI].
func (s *screen) Ask(ctx context.Context, p machine.Prompt) (machine.Answer, error) {
	w := &window[machine.Answer]{prompt: p, answer: make(chan machine.Answer, 1)}
	var out <-chan time.Time
	if p.For > 0 {
		w.until = time.Now().Add(p.For)
		timer := time.NewTimer(p.For)
		defer timer.Stop()
		out = timer.C
	}
	s.change(func() {
		s.prompts = append(s.prompts, w)
		s.shown = append(s.shown, p)
	})
	defer s.change(func() {
		s.prompts = slices.DeleteFunc(s.prompts, func(x *window[machine.Answer]) bool { return x == w })
	})
	select {
	case a := <-w.answer:
		return a, nil
	case <-out:
		return machine.AnswerTimeout, nil
	case <-ctx.Done():
		return machine.AnswerClosed, nil
	}
}

// AskCode implements [machine.UI].
func (s *screen) AskCode(ctx context.Context, f machine.CodeForm) (code, server string, ok bool) {
	w := &window[entered]{code: f, answer: make(chan entered, 1)}
	s.change(func() { s.form = w })
	defer s.change(func() { s.form = nil })
	select {
	case e := <-w.answer:
		return e.code, e.server, e.ok
	case <-ctx.Done():
		return "", "", false
	}
}

// Tell implements [machine.UI].
func (s *screen) Tell(ctx context.Context, n machine.Notice) {
	w := &window[struct{}]{notice: n, answer: make(chan struct{}, 1)}
	s.change(func() { s.notice = w })
	defer s.change(func() { s.notice = nil })
	select {
	case <-w.answer:
	case <-ctx.Done():
	}
}

// reply hands an answer to a window once; a second click finds it gone.
func reply[T any](w *window[T], value T) error {
	if w == nil {
		return ErrNoWindow
	}
	select {
	case w.answer <- value:
		return nil
	default:
		return ErrNoWindow
	}
}

// do hands an action to the agent, if the chat box is there.
func (s *screen) do(a machine.Action) error {
	s.mu.Lock()
	open := s.view != nil
	s.mu.Unlock()
	if !open {
		return ErrNoWindow
	}
	select {
	case s.actions <- a:
		return nil
	case <-s.x.ctx.Done():
		return ErrNoWindow
	}
}
