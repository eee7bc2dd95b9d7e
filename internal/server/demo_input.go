package server

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/web"
)

// Picture implements [handlers.DemoPC].
func (d *demoPC) Picture(ctx context.Context, monitor int, after uint64) (handlers.DemoPicture, error) {
	id, err := d.monitor(monitor)
	if err != nil {
		return handlers.DemoPicture{}, err
	}
	p, err := d.pc.Picture(ctx, id, after)
	if errors.Is(err, machine.ErrNoScreen) {
		err = fmt.Errorf("%w: %w", handlers.ErrDemoRefused, err)
	}
	return handlers.DemoPicture{PNG: p.PNG, Version: p.Version, Cursor: string(p.Shape)}, err
}

// monitor is the ID of the nth one, from 1.
func (d *demoPC) monitor(n int) (string, error) {
	monitors := d.pc.Desktop().Monitors()
	if n < 1 || n > len(monitors) {
		return "", fmt.Errorf("%w: monitor %d", handlers.ErrDemoRefused, n)
	}
	return monitors[n-1].ID, nil
}

// hidden are the windows that the form names.
func hidden(f url.Values) []string {
	var ids []string
	for name := range f {
		if id, ok := strings.CutPrefix(name, web.DemoHidePrefix); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// maxEvents is how many events a request may bring.
const maxEvents = 400

// input is the customer's mouse and keyboard, an event a line: "p MONITOR X Y BUTTONS" or "k KEYSYM DOWN", in decimal, as
// RFB has them. What comes while nobody listens is lost, as at a real PC.
func (d *demoPC) input(events string) error {
	lines := strings.Split(events, "\n")
	if len(lines) > maxEvents {
		return fmt.Errorf("%w: %d events", handlers.ErrDemoFields, len(lines))
	}
	for _, line := range lines {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
		n, err := numbers(rest)
		if err != nil {
			return err
		}
		switch {
		case kind == "p" && len(n) == 4:
			id, merr := d.monitor(int(n[0]))
			if merr != nil {
				return merr
			}
			err = d.pc.CustomerMouse(id, rfb.PointerEvent{At: image.Pt(int(n[1]), int(n[2])), Buttons: rfb.Buttons(n[3])})
		case kind == "k" && len(n) == 2:
			err = d.pc.CustomerKey(rfb.KeyEvent{Keysym: n[0], Down: n[1] == 1}, true)
		default:
			return fmt.Errorf("%w: an event %.20q", handlers.ErrDemoFields, kind)
		}
		if err != nil && !errors.Is(err, sim.ErrNotNow) {
			return err
		}
	}
	return nil
}

// numbers reads at most four numbers.
func numbers(text string) ([]uint32, error) {
	words := strings.Split(text, " ")
	if len(words) > 4 {
		return nil, fmt.Errorf("%w: %d numbers", handlers.ErrDemoFields, len(words))
	}
	out := make([]uint32, len(words))
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", handlers.ErrDemoFields, err)
		}
		out[i] = uint32(n)
	}
	return out, nil
}
