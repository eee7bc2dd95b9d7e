package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
)

// screenPC is a scripted PC that shows two monitors by a real RFB server, and says Yes to whatever it is asked.
type screenPC struct {
	t       testing.TB
	g       *rig
	link    *scripted
	ctx     context.Context
	panels  map[string]*rfb.Display
	refuse  chan wire.ViewerError // the next viewer is turned away
	answers chan string           // to the next question; else yes

	mu      sync.Mutex
	viewers map[string]*screenViewer
	opened  []wire.OpenViewer // all that were asked for
	holder  string            // the ID of who controls
	keys    []rfb.KeyEvent
	clip    string
	clicks  []rfb.PointerEvent
	desktop desktopName
	agreed  time.Time
	seq     int64 // of our own events
	ack     int64
	frozen  chan struct{} // closed when the screens' sockets go on; nil: they do
}

// freeze lets the screens' sockets fall silent without closing them, until thaw is called.
func (pc *screenPC) freeze() (thaw func()) {
	ch := make(chan struct{})
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.frozen = ch
	return func() {
		pc.mu.Lock()
		defer pc.mu.Unlock()
		pc.frozen = nil
		close(ch)
	}
}

// slowConn is a screen's socket that can fall silent.
type slowConn struct {
	net.Conn
	pc *screenPC
}

func (c slowConn) Write(p []byte) (int, error) {
	c.pc.mu.Lock()
	frozen := c.pc.frozen
	c.pc.mu.Unlock()
	if frozen != nil {
		select {
		case <-frozen:
		case <-c.pc.ctx.Done():
		}
	}
	return c.Conn.Write(p)
}

// desktopName is what the PC says about itself in the desktop's name.
type desktopName struct {
	V        int           `json:"v"`
	Monitors []monitorName `json:"monitors"`
	Monitor  string        `json:"monitor"`
	Secure   bool          `json:"secure"`
	Paused   bool          `json:"paused"`
	Covered  int           `json:"covered"`
	Input    bool          `json:"input"`
	Busy     bool          `json:"busy"`
}

type monitorName struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Primary bool   `json:"primary"`
}

type screenViewer struct {
	conn    *rfb.Conn
	wish    wire.OpenViewer
	monitor string
	end     context.CancelFunc
}

const (
	leftPanel  = "left"
	rightPanel = "right"
)

var panelSize = map[string]image.Point{leftPanel: {1280, 800}, rightPanel: {1024, 768}}

// testPixel is the colour of a pixel of the test pattern, as red, green, blue: lines, tiles and a ramp.
func testPixel(panel string, x, y int) [3]byte {
	seed := byte(40)
	if panel == rightPanel {
		seed = 150
	}
	if (x/32+y/32)%2 == 0 {
		return [3]byte{seed, 90, 200}
	}
	if y%16 == 0 {
		return [3]byte{250, seed, 20}
	}
	return [3]byte{byte(x / 32 * 5), byte(y / 32 * 9), seed}
}

// screenPC joins s with a PC that shows a screen.
func (g *rig) screenPC(s session.Session) *screenPC {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	pc := &screenPC{
		t: g.t, g: g, ctx: ctx, link: g.joined(s), panels: map[string]*rfb.Display{}, viewers: map[string]*screenViewer{},
		refuse: make(chan wire.ViewerError, 8), answers: make(chan string, 8),
	}
	pc.desktop = desktopName{V: 1}
	for _, name := range []string{leftPanel, rightPanel} {
		d := rfb.NewDisplay(panelSize[name])
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			for y := range fb.Size.Y {
				for x := range fb.Size.X {
					c := testPixel(name, x, y)
					copy(fb.Pix[y*fb.Stride+4*x:], []byte{c[2], c[1], c[0], 255})
				}
			}
			return rfb.Damage{Rects: []image.Rectangle{{Max: fb.Size}}}
		})
		pc.panels[name] = d
		pc.desktop.Monitors = append(pc.desktop.Monitors, monitorName{ID: name, Name: "Panel <" + name + ">", W: panelSize[name].X, H: panelSize[name].Y, Primary: name == leftPanel})
	}
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		pc.run()
	}()
	g.t.Cleanup(func() {
		cancel()
		pc.link.ws.CloseNow()
		<-ran
	})
	return pc
}

// run obeys the server until the link ends.
func (pc *screenPC) run() {
	go func() {
		for beat := time.NewTicker(time.Second); ; {
			select {
			case <-beat.C:
				pc.say(&wire.Beat{})
			case <-pc.ctx.Done():
				return
			}
		}
	}()
	for {
		_, frame, err := pc.link.ws.Read(pc.ctx)
		if err != nil {
			return
		}
		m, env, err := wire.Decode(frame)
		if err != nil {
			pc.t.Errorf("the server sent %s: %v", frame, err)
			return
		}
		if env.Seq > 0 {
			pc.mu.Lock()
			pc.ack = env.Seq
			pc.mu.Unlock()
			pc.say(&wire.Ack{})
		}
		pc.obey(m)
	}
}

func (pc *screenPC) obey(m wire.Message) {
	switch m := m.(type) {
	case *wire.AskShare:
		pc.mu.Lock()
		pc.agreed = time.Now()
		pc.mu.Unlock()
		pc.say(&wire.ShareAnswered{Prompt: m.Prompt, Answer: pc.answer(), Source: "customer"})
	case *wire.AskControl:
		pc.say(&wire.ControlAnswered{Prompt: m.Prompt, Answer: pc.answer(), Source: "customer"})
	case *wire.SetControl:
		pc.mu.Lock()
		pc.holder = m.ID
		pc.mu.Unlock()
		pc.tell(func(*desktopName) {})
	case *wire.OpenViewer:
		pc.mu.Lock()
		pc.opened = append(pc.opened, *m)
		pc.mu.Unlock()
		select {
		case code := <-pc.refuse:
			pc.say(&wire.ViewerRefused{Viewer: m.Viewer, Code: code})
		default:
			go pc.show(*m)
		}
	case *wire.CloseViewer:
		pc.mu.Lock()
		v := pc.viewers[m.Viewer]
		pc.mu.Unlock()
		if v != nil {
			v.end()
		}
	}
}

func (pc *screenPC) answer() string {
	select {
	case a := <-pc.answers:
		return a
	default:
		return "yes"
	}
}

// say sends a message, numbered if it has to be.
func (pc *screenPC) say(m wire.Message) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	seq := int64(0)
	if wire.Numbered(m) {
		pc.seq++
		seq = pc.seq
	}
	frame, err := wire.Encode(m, seq, pc.ack)
	if err != nil {
		pc.t.Error(err)
		return
	}
	if err := pc.link.ws.Write(pc.ctx, websocket.MessageText, frame); err != nil && pc.ctx.Err() == nil {
		pc.t.Logf("the PC could not say %s: %v", m.Type(), err)
	}
}

// show serves one viewer.
func (pc *screenPC) show(m wire.OpenViewer) {
	ws, _, err := websocket.Dial(pc.ctx, "ws"+strings.TrimPrefix(pc.g.server.URL, "http")+wire.ScreenPath, &websocket.DialOptions{HTTPClient: pc.g.server.Client()})
	if err != nil {
		return // the test is over
	}
	defer ws.CloseNow()
	hello, err := wire.Encode(&wire.ViewerHello{Viewer: m.Viewer, Ticket: m.Ticket}, 0, 0)
	if err == nil {
		err = ws.Write(pc.ctx, websocket.MessageText, hello)
	}
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(pc.ctx)
	defer cancel()
	ws.SetReadLimit(4 << 20)
	v := &screenViewer{wish: m, end: cancel, monitor: leftPanel}
	if pc.panels[m.Monitor] != nil {
		v.monitor = m.Monitor
	}
	v.conn = rfb.NewConn(slowConn{websocket.NetConn(ctx, ws, websocket.MessageBinary), pc}, pc.panels[v.monitor], rfb.Options{Handler: pcInput{pc}, Quality: rfb.QualitySharp})
	pc.mu.Lock()
	v.conn.SetName(pc.nameFor(v))
	pc.viewers[m.Viewer] = v
	pc.mu.Unlock()
	if err := v.conn.Serve(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		pc.t.Logf("a viewer ended: %v", err)
	}
	pc.mu.Lock()
	delete(pc.viewers, m.Viewer)
	pc.mu.Unlock()
}

// nameFor is what the PC tells one viewer. pc.mu is held.
func (pc *screenPC) nameFor(v *screenViewer) string {
	d := pc.desktop
	d.Monitor, d.Input = v.monitor, pc.holder != "" && pc.holder == v.wish.TechnicianID
	v.conn.SetViewOnly(!d.Input)
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// tell changes what the PC says about itself.
func (pc *screenPC) tell(change func(*desktopName)) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	change(&pc.desktop)
	for _, v := range pc.viewers {
		v.conn.SetName(pc.nameFor(v))
		v.conn.Pause(pc.desktop.Paused)
	}
}

// each does something with every viewer there is.
func (pc *screenPC) each(do func(*screenViewer)) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	for _, v := range pc.viewers {
		do(v)
	}
}

// typed are the keys that went down, as keysyms.
func (pc *screenPC) typed() string {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	var b strings.Builder
	for _, k := range pc.keys {
		if k.Down {
			fmt.Fprintf(&b, "%x ", k.Keysym)
		}
	}
	return strings.TrimSpace(b.String())
}

// down are the keys that are held down now.
func (pc *screenPC) down() int {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	held := map[uint32]bool{}
	for _, k := range pc.keys {
		if k.Down {
			held[k.Scancode] = true
		} else {
			delete(held, k.Scancode)
		}
	}
	return len(held)
}

// wishes are what the viewers so far asked for: monitor and keyboard.
func (pc *screenPC) wishes() []string {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	var out []string
	for _, w := range pc.opened {
		out = append(out, w.Monitor+" "+string(w.Keyboard))
	}
	return out
}

// pcInput takes what the viewers type, point at and copy.
type pcInput struct{ pc *screenPC }

func (i pcInput) Key(k rfb.KeyEvent) {
	i.pc.mu.Lock()
	defer i.pc.mu.Unlock()
	i.pc.keys = append(i.pc.keys, k)
}

func (i pcInput) Pointer(p rfb.PointerEvent) {
	i.pc.mu.Lock()
	defer i.pc.mu.Unlock()
	if p.Buttons != 0 {
		i.pc.clicks = append(i.pc.clicks, p)
	}
}

func (i pcInput) Clipboard(text string) {
	i.pc.mu.Lock()
	defer i.pc.mu.Unlock()
	i.pc.clip = text
}
