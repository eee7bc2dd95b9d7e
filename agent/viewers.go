package agent

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
)

// viewers are the technicians' viewers of this PC's screen. Each has a socket of its own, on which the agent is an RFB
// server; all that look at one monitor share a show. Its methods may be called from several goroutines.
//
// Nothing is captured, typed or put into the clipboard but under gate, held for reading, after a look at permit. Whoever
// changes the permit holds the gate for writing: once allow has returned, nothing is done any more that it forbids.
type viewers struct {
	screen machine.Screen
	log    machine.Logger
	client *http.Client
	server string
	fail   func(viewer string, code wire.ViewerError) // tells the server; may be called from any goroutine
	tell   func()                                     // somebody came or went; likewise

	gate    sync.RWMutex
	hidden  atomic.Pointer[map[string]bool] // monitors that the customer keeps to themselves; replaced under the gate
	permit  permit
	current atomic.Pointer[permit] // the same, to be read without the gate
	allowed chan struct{}          // closed and replaced when permit changes

	mu    sync.Mutex
	open  map[string]*viewer
	shows map[string]*show // by monitor
	busy  atomic.Bool      // the customer uses mouse or keyboard
	over  bool
}

func newViewers(screen machine.Screen, log machine.Logger, client *http.Client, server string) *viewers {
	v := &viewers{
		screen: screen, log: log, client: client, server: server, allowed: make(chan struct{}),
		open: make(map[string]*viewer), shows: make(map[string]*show),
	}
	v.current.Store(new(permit))
	v.hidden.Store(new(map[string]bool))
	return v
}

// allow puts a new permit into force. What it forbids has ended when allow returns.
func (v *viewers) allow(p permit) {
	v.gate.Lock()
	old := v.permit
	v.permit = p
	v.current.Store(&p)
	if p != old {
		close(v.allowed)
		v.allowed = make(chan struct{})
		if old.holder != p.holder && old.holder != "" {
			v.screen.Input().Release()
		}
	}
	v.gate.Unlock()
	if p == old {
		return
	}
	if !p.share {
		v.closeAll()
		return
	}
	v.refresh()
}

// hiddenMonitor is what the ID of a monitor begins with where windows' stand.
const hiddenMonitor = "monitor:"

// exclude keeps windows, and whole monitors, out of every picture from now on.
func (v *viewers) exclude(ids []string) {
	var windows []string
	monitors := make(map[string]bool)
	for _, id := range ids {
		if monitor, ok := strings.CutPrefix(id, hiddenMonitor); ok {
			monitors[monitor] = true
		} else {
			windows = append(windows, id)
		}
	}
	v.gate.Lock() // no picture is in the making
	v.screen.Exclude(windows)
	v.hidden.Store(&monitors)
	v.gate.Unlock()
	v.mu.Lock()
	for id, s := range v.shows {
		if monitors[id] {
			s.cancel() // its viewers come back, to another monitor
		}
	}
	v.mu.Unlock()
	v.refresh()
}

// monitors are those that may be shown, and how many may not.
func (v *viewers) monitors() (shown []machine.Monitor, hidden int, err error) {
	all, err := v.screen.Monitors()
	if err != nil {
		return nil, 0, err
	}
	keeps := *v.hidden.Load()
	shown = slices.DeleteFunc(slices.Clone(all), func(m machine.Monitor) bool { return keeps[m.ID] })
	return shown, len(all) - len(shown), nil
}

// begin opens a viewer, if the customer allows it. It returns at once; why it could not be opened it tells the server.
func (v *viewers) begin(m *wire.OpenViewer) {
	if !v.current.Load().share {
		v.fail(m.Viewer, wire.ViewerNoConsent)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &viewer{all: v, cancel: cancel, wish: *m, name: cleanName(m.Technician), down: make(map[uint64]bool)}
	v.mu.Lock()
	crowded := len(v.open) >= wire.MaxViewers || v.open[m.Viewer] != nil
	over := v.over
	if !crowded && !over {
		v.open[m.Viewer] = w
	}
	v.mu.Unlock()
	switch {
	case over:
		cancel()
	case crowded:
		cancel()
		v.fail(m.Viewer, wire.ViewerCrowded)
	default:
		go w.run(ctx)
	}
}

// end closes a viewer from the server's side.
func (v *viewers) end(id string) {
	v.mu.Lock()
	w := v.open[id]
	v.mu.Unlock()
	if w != nil {
		w.cancel()
	}
}

func (v *viewers) closeAll() {
	v.mu.Lock()
	all := slices.Collect(maps.Values(v.open))
	v.mu.Unlock()
	for _, w := range all {
		w.cancel()
	}
}

// stop ends everything for good.
func (v *viewers) stop() {
	v.mu.Lock()
	v.over = true
	v.mu.Unlock()
	v.allow(permit{})
	v.closeAll()
}

// left takes a viewer out.
func (v *viewers) left(w *viewer) {
	v.mu.Lock()
	delete(v.open, w.wish.Viewer)
	v.mu.Unlock()
	v.tell()
}

// looking are the technicians who see the screen, by name, each once.
func (v *viewers) looking() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	names := make(map[string]string, len(v.open))
	for _, w := range v.open {
		if w.shown.Load() {
			names[w.wish.TechnicianID] = w.name
		}
	}
	return slices.Sorted(maps.Values(names))
}

// refresh brings all viewers up to date about what is allowed and what they see.
func (v *viewers) refresh() {
	v.mu.Lock()
	all := slices.Collect(maps.Values(v.open))
	v.mu.Unlock()
	for _, w := range all {
		w.refresh()
	}
}
