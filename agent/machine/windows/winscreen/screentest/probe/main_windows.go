// The probe takes pictures, types and points with package winscreen, and does nothing but what the tests ask for. Started as
//
//	probe window TITLE X Y W H
//
// it shows a window of known colours instead: see window.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winscreen"
	"github.com/rejoin/rejoin/agent/machine/windows/winscreen/screentest"
	"github.com/rejoin/rejoin/agent/machine/windows/winui"
	"github.com/rejoin/rejoin/rfb"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "window" {
		window(os.Args[2:])
		return
	}
	p := &probe{screen: winscreen.New(slog.New(slog.NewTextHandler(os.Stderr, nil)), winui.OwnClasses()...)}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q screentest.Request
		var a screentest.Reply
		err := json.Unmarshal(in.Bytes(), &q)
		if err == nil {
			began := time.Now()
			err = p.answer(q, &a)
			a.Took = ms(time.Since(began))
		}
		if err != nil {
			a.Error = err.Error()
		}
		if out.Encode(a) != nil {
			return
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

type probe struct {
	screen *winscreen.Screen
	cap    machine.Capturer
	fb     *rfb.Framebuffer
	ui     *winui.UI
}

func (p *probe) answer(q screentest.Request, a *screentest.Reply) (err error) {
	switch q.Do {
	case "key":
		return p.screen.Input().Key(rfb.KeyEvent{Keysym: q.Keysym, Scancode: q.Scancode, Down: q.Down}, q.ByChar)
	case "pointer":
		return p.screen.Input().Pointer(q.Monitor, rfb.PointerEvent{At: point(q), Buttons: rfb.Buttons(q.Buttons)})
	case "release":
		p.screen.Input().Release()
	case "touched":
		a.Ago = -1
		if at := p.screen.Input().Touched(); !at.IsZero() {
			a.Ago = ms(time.Since(at))
		}
	case "cursor":
		at, _ := win32.CursorPos()
		a.Pointer = [2]int{int(at.X), int(at.Y)}
	case "keystate":
		a.Happened = keyDown(q.VK)
	case "cpu":
		a.CPU, err = processorTime()
	case "text":
		a.Text, err = p.screen.Clipboard().Text(q.Max)
	case "settext":
		return p.screen.Clipboard().SetText(q.Text)
	case "change":
		a.Happened = within(q.Within, p.screen.Clipboard().Changes())
	case "prompt", "banner", "action":
		return p.show(q, a)
	default:
		return p.picture(q, a)
	}
	return err
}

func within[T any](limit int, c <-chan T) bool {
	t := time.NewTimer(time.Duration(limit) * time.Millisecond)
	defer t.Stop()
	select {
	case <-c:
		return true
	case <-t.C:
		return false
	}
}

func (p *probe) picture(q screentest.Request, a *screentest.Reply) error {
	switch q.Do {
	case "monitors":
		all, err := p.screen.Monitors()
		for _, m := range all {
			a.Names = append(a.Names, m.ID+"\t"+m.Bounds.String())
		}
		return err
	case "windows":
		all, err := p.screen.Windows()
		for _, w := range all {
			a.Names = append(a.Names, w.ID+"\t"+w.Title+"\t"+w.App)
		}
		return err
	case "exclude":
		p.screen.Exclude(q.Windows)
		return nil
	case "capture":
		c, err := p.screen.Capture(q.Monitor)
		if err != nil {
			return err
		}
		size := c.Size()
		p.cap, a.Size = c, [2]int{size.X, size.Y}
		p.fb = &rfb.Framebuffer{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
		return nil
	}
	if p.cap == nil {
		return fmt.Errorf("%q without a capture", q.Do)
	}
	switch q.Do {
	case "wait":
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(q.Within)*time.Millisecond)
		defer cancel()
		err := p.cap.Wait(ctx)
		if a.Happened = err == nil; ctx.Err() != nil {
			return nil
		}
		return err
	case "draw":
		return p.draw(a)
	case "pixels":
		for _, at := range q.Points {
			px := p.fb.Pix[at[1]*p.fb.Stride+4*at[0]:]
			a.Pixels = append(a.Pixels, uint32(px[2])<<16|uint32(px[1])<<8|uint32(px[0]))
		}
		return nil
	case "save":
		return os.WriteFile(q.File, p.fb.Pix, 0o600)
	case "close":
		p.cap.Close()
		p.cap = nil
		return nil
	}
	return fmt.Errorf("unknown request %q", q.Do)
}

func (p *probe) draw(a *screentest.Reply) error {
	shot, err := p.cap.Draw(p.fb)
	if err != nil {
		return err
	}
	for _, r := range shot.Damage.Rects {
		a.Rects = append(a.Rects, [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y})
	}
	a.Unknown, a.Covered, a.Pointer = shot.Damage.Unknown, shot.Covered, [2]int{shot.Pointer.X, shot.Pointer.Y}
	if shot.Cursor != nil {
		a.Cursor = [2]int{shot.Cursor.Size.X, shot.Cursor.Size.Y}
	}
	return nil
}

// show shows windows of the agent's.
func (p *probe) show(q screentest.Request, a *screentest.Reply) (err error) {
	if p.ui == nil {
		if p.ui, err = winui.New(); err != nil {
			return err
		}
	}
	switch q.Do {
	case "banner":
		p.ui.SetWindows(p.screen.Windows)
		p.ui.Show(machine.View{Title: "Nordlicht IT – Jonas Weber", Status: "Connected", Tone: "ok", Input: "Write", CanSend: true, Send: "Send",
			Banner: &machine.Banner{
				Text: "Jonas Weber sees your screen", Tone: "live", Hide: "Hide …", HideAsk: "What shall Jonas not see?", Hidden: q.Windows,
				Buttons: []machine.BannerButton{{Label: "Pause", Action: machine.ActionPause}, {Label: "Stop", Action: machine.ActionStopShare}},
			}})
	case "action":
		t := time.NewTimer(time.Duration(q.Within) * time.Millisecond)
		defer t.Stop()
		select {
		case act := <-p.ui.Actions():
			a.Happened, a.Text, a.Names = true, string(act.Kind), act.Windows
		case <-t.C:
		}
	case "prompt":
		go p.ui.Ask(context.Background(), machine.Prompt{Title: "Nordlicht IT", Heading: "Show your screen?", Yes: "Yes", No: "No"})
	}
	return nil
}

func processorTime() (float64, error) {
	var created, ended, kernel, user windows.Filetime
	err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &ended, &kernel, &user)
	ticks := func(f windows.Filetime) float64 {
		return float64(uint64(f.HighDateTime)<<32|uint64(f.LowDateTime)) / 1e4
	}
	return ticks(kernel) + ticks(user), err
}
