package windows

import (
	"fmt"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
)

// watch is a hidden top-level window (message-only ones aren't told) that hears of the Windows session's end, on a thread
// of its own.
//
// # When we want to be asked
//
// Windows asks and ends programs one after the other, those with the highest shutdown level first. A program that was
// asked early is gone when a later one says no, and then nobody is left to tell the technician that nothing was restarted
// and why. So the agent takes the lowest level that applications may have: it announces last but lives longest, keeps the
// chat going, and when it is reached the session really ends. To hear of it early all the same, it looks at
// SM_SHUTTINGDOWN, which Windows sets for the whole of it.
// https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-setprocessshutdownparameters
type watch struct {
	thread    *winloop.Thread
	hwnd      win32.HWND
	out       chan machine.Shutdown
	raise     func()
	showMsg   uint32
	announced bool // "asked" is out and nothing came of it yet
	shutting  bool // Windows says so itself (SM_SHUTTINGDOWN)
}

const (
	watchClass = "RejoinWatch"
	// shutdownLevel is the lowest of "application reserved last shutdown range"; with noRetry Windows doesn't
	// offer to wait for us.
	shutdownLevel = 0x100
	noRetry       = 0x1
	// doneWithin is how long Windows is kept waiting for the agent's answer. By itself it gives a program 5 s.
	doneWithin = 4 * time.Second
	lookEvery  = 1000 // ms
)

func newWatch(raise func()) (*watch, error) {
	w := &watch{out: make(chan machine.Shutdown, 8), raise: raise, showMsg: win32.RegisterMessage("RejoinShow")}
	procSetProcessShutdownParameters.Call(shutdownLevel, noRetry)
	if err := winloop.RegisterClass(watchClass, 0, 0); err != nil {
		return nil, fmt.Errorf("register the watch's window class: %w", err)
	}
	thread, err := winloop.Start(nil)
	if err != nil {
		return nil, err
	}
	w.thread = thread
	made := make(chan error, 1)
	thread.Do(func() { made <- w.create() })
	if err := <-made; err != nil {
		return nil, fmt.Errorf("create the watch's window: %w", err)
	}
	return w, nil
}

func (w *watch) create() error {
	h, err := win32.CreateWindow(watchClass, "Rejoin", win32.WSPopup, win32.WSExToolWindow|win32.WSExNoActivate, 0, 0, 0, 0, 0, 0)
	if err != nil {
		return err
	}
	w.hwnd = h
	w.thread.Handle(h, w.handle)
	win32.SetTimer(h, 1, lookEvery)
	return nil
}

func (w *watch) handle(msg uint32, wParam, _ uintptr) (uintptr, bool) {
	switch msg {
	case win32.WMQueryEndSession:
		w.ask()
		return 1, true // never in the way
	case win32.WMEndSession:
		if wParam != 0 {
			w.tell(machine.ShutdownEnding)
		} else {
			w.callOff()
		}
		return 0, true
	case win32.WMTimer:
		// Only where Windows has said so does its silence mean anything: who was asked just before, or runs under Wine, which
		// never says it, is told by WM_ENDSESSION.
		switch shutting := win32.Metric(win32.SMShuttingDown) != 0; {
		case shutting:
			w.shutting = true
			w.ask()
		case w.shutting:
			w.callOff()
		}
		return 0, true
	case w.showMsg:
		w.raise()
		return 1, true
	}
	return 0, false
}

func (w *watch) ask() {
	if !w.announced {
		w.announced = true
		w.tell(machine.ShutdownAsked)
	}
}

func (w *watch) callOff() {
	w.shutting = false
	if w.announced {
		w.announced = false
		w.tell(machine.ShutdownAborted)
	}
}

// tell hands the step to the agent and keeps Windows waiting until it has written down what it must. The reason shown
// meanwhile, should anybody see it, goes as soon as that is done.
func (w *watch) tell(step machine.ShutdownStep) {
	done := make(chan struct{})
	var once sync.Once
	limit := time.NewTimer(doneWithin)
	defer limit.Stop()
	s := machine.Shutdown{Step: step, Done: func() { once.Do(func() { close(done) }) }}
	win32.BlockShutdown(w.hwnd, "Rejoin")
	defer win32.UnblockShutdown(w.hwnd)
	select {
	case w.out <- s:
	case <-limit.C:
		return
	}
	select {
	case <-done:
	case <-limit.C:
	}
}
