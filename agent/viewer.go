package agent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
)

// measureEvery is how often the round-trip time to a technician is looked at.
const measureEvery = 2 * time.Second

// viewer is one technician's viewer.
type viewer struct {
	all    *viewers
	cancel context.CancelFunc
	wish   wire.OpenViewer
	name   string
	shown  atomic.Bool  // its socket is open
	rtt    atomic.Int64 // in milliseconds, to the technician's browser and back; 0: not known

	mu   sync.Mutex
	conn *rfb.Conn
	show *show
	told string // the last status

	hands sync.Mutex // over what follows
	down  map[uint64]bool
	held  rfb.Buttons
}

// status is what the viewer's own script is told, as the name of the RFB desktop: nobody in between looks into it.
type status struct {
	Version  int             `json:"v"`
	Monitors []statusMonitor `json:"monitors"`
	Monitor  string          `json:"monitor"`
	Secure   bool            `json:"secure"`  // Windows shows a desktop that can't be captured
	Paused   bool            `json:"paused"`  // by the customer
	Covered  int             `json:"covered"` // windows that the customer keeps to themselves
	Input    bool            `json:"input"`   // what this viewer types is taken
	Busy     bool            `json:"busy"`    // the customer uses mouse or keyboard: theirs come first
	RTT      int64           `json:"rtt,omitzero"`
}

type statusMonitor struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Width   int    `json:"w"`
	Height  int    `json:"h"`
	Primary bool   `json:"primary"`
}

// run serves the viewer until it, the show or the consent ends.
func (w *viewer) run(ctx context.Context) {
	defer w.cancel()
	defer w.all.left(w)
	monitor, err := w.all.monitor(w.wish.Monitor)
	if err != nil {
		code := wire.ViewerNoCapture
		if errors.Is(err, errHidden) {
			code = wire.ViewerHidden
		}
		w.all.log.Warn("there is no monitor to show", "err", err)
		w.all.fail(w.wish.Viewer, code)
		return
	}
	show := w.all.watch(monitor) // the capturer gets ready while the socket is opened
	defer show.leave()
	socket, err := w.dial(ctx)
	if err != nil {
		w.all.log.Warn("could not open a viewer's socket", "err", err)
		return
	}
	defer socket.CloseNow()
	select {
	case <-show.ready:
	case <-ctx.Done():
		return
	}
	if show.display == nil {
		w.all.fail(w.wish.Viewer, wire.ViewerNoCapture)
		return
	}
	w.serve(ctx, socket, show)
}

// dial opens the socket and says whose it is.
func (w *viewer) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	conn, _, err := websocket.Dial(context.WithValue(ctx, attemptKey{}, ctx), screenURL(w.all.server), &websocket.DialOptions{
		HTTPClient: w.all.client, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	hello, err := wire.Encode(wire.ViewerHello{Viewer: w.wish.Viewer, Ticket: w.wish.Ticket}, 0, 0)
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, hello)
	}
	if err != nil {
		return nil, errors.Join(err, conn.CloseNow())
	}
	conn.SetReadLimit(-1) // rfb reads it as a stream, and keeps its own limits
	return conn, nil
}

func (w *viewer) serve(ctx context.Context, socket *websocket.Conn, show *show) {
	conn := rfb.NewConn(websocket.NetConn(ctx, socket, websocket.MessageBinary), show.display, rfb.Options{
		Name: w.describe(show, *w.all.current.Load()), Handler: w, KeepAlive: time.Second, MaxClipboard: maxClipboard,
	})
	w.mu.Lock()
	w.conn, w.show = conn, show
	w.mu.Unlock()
	w.refresh() // the permit may have changed meanwhile
	w.shown.Store(true)
	w.all.tell()
	stop := context.AfterFunc(show.ctx, w.cancel)
	defer stop()
	go w.measure(ctx, conn)
	err := conn.Serve(ctx)
	w.all.log.Info("a viewer has left", "technician", w.name, "why", err)
}

// measure keeps an eye on the round-trip time. Who watches is told when it has really changed.
func (w *viewer) measure(ctx context.Context, conn *rfb.Conn) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		rtt := conn.Stats().RTT
		if rtt == 0 {
			continue // the viewer answers no fences
		}
		now, told := max(rtt.Milliseconds(), 1), w.rtt.Load()
		if diff := now - told; diff > 3+told/4 || -diff > 3+told/4 || told == 0 {
			w.rtt.Store(now)
			w.refresh()
		}
	}
}

// refresh tells the connection what is allowed now.
func (w *viewer) refresh() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return
	}
	p := *w.all.current.Load()
	w.conn.Pause(p.paused)
	w.conn.SetViewOnly(!w.controls(p)) // then the pointer is drawn into its picture
	if text := w.describe(w.show, p); text != w.told {
		w.told = text
		w.conn.SetName(text)
	}
}

// controls tells whether mouse and keyboard are this viewer's.
func (w *viewer) controls(p permit) bool {
	return p.share && !p.paused && p.holder != "" && p.holder == w.wish.TechnicianID
}

func (w *viewer) describe(show *show, p permit) string {
	s := status{
		Version: 1, Monitor: show.monitor.ID, Secure: show.secure.Load(), Paused: p.paused, Covered: int(show.covered.Load()),
		Input: w.controls(p), Busy: w.all.busy.Load(), RTT: w.rtt.Load(),
	}
	monitors, hidden, err := w.all.monitors()
	if err != nil {
		monitors = []machine.Monitor{show.monitor}
	}
	s.Covered += hidden
	for _, m := range monitors[:min(len(monitors), 16)] {
		s.Monitors = append(s.Monitors, statusMonitor{
			ID: cleanLine(m.ID, wire.MaxName), Name: cleanName(m.Name), Width: m.Bounds.Dx(), Height: m.Bounds.Dy(), Primary: m.Primary,
		})
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("agent: a status that can't be encoded: " + err.Error()) // plain members
	}
	return string(text)
}
