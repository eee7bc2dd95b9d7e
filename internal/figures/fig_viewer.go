package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/rfb/client"
	"github.com/rejoin/rejoin/web"
)

const (
	yesRounds    = 4  // of each of b.runs: sharings
	keyRounds    = 40 // of each of b.runs: keys
	rebootRounds = 1  // of each of b.runs: restarts
	loseRounds   = 3  // in all: networks that swallow everything
	idleFor      = 10 * time.Second
	reading      = 400 * time.Millisecond // no customer answers a question sooner
)

// screenRig is a server, a technician and a customer's PC, each in a process of its own.
type screenRig struct {
	b          *bench
	server     *product
	technician *console
	pc         customer
	id         session.ID
}

// figureViewer measures the viewer of the whole product: server and agent in processes of their own, TLS between all; the
// technician is package rfb/client first, and then Chromium with the product's own page.
func figureViewer(ctx context.Context, b *bench) error {
	r := &screenRig{b: b, id: sessionOf(0)}
	var err error
	if r.server, err = b.newProduct(ctx, 1); err != nil {
		return err
	}
	if err := r.server.serve(ctx); err != nil {
		return err
	}
	defer r.server.kill()
	roots, err := trust(r.server.cert)
	if err != nil {
		return err
	}
	if r.technician, err = signIn(ctx, r.server.url, r.server.token, roots); err != nil {
		return err
	}
	if r.pc, err = r.server.startCustomer(0); err != nil {
		return err
	}
	defer r.pc.kill()
	if err := r.online(ctx); err != nil {
		return err
	}
	if err := r.measureProtocol(ctx); err != nil {
		return fmt.Errorf("%w; %s", err, r.server.complaints())
	}
	tab, err := openBrowser(ctx, r.technician)
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintln(b.report.Out, "(the page was not measured: there is no Chromium here)")
		return nil
	}
	if err != nil {
		return err
	}
	defer tab.close()
	if err := r.measurePage(ctx, tab); err != nil {
		return fmt.Errorf("%w; %s", err, r.server.complaints())
	}
	return nil
}

// online waits until the PC is connected.
func (r *screenRig) online(ctx context.Context) error {
	page, err := r.technician.live(ctx, r.id)
	if err != nil {
		return err
	}
	defer page.close()
	return page.until(inPhase("connected"))
}

// agree has the technician ask for something, and the customer say Yes: at the returned time.
func (r *screenRig) agree(ctx context.Context, what string) (time.Time, error) {
	if err := r.technician.post(ctx, web.SessionURL(r.id)+what, url.Values{}); err != nil {
		return time.Time{}, err
	}
	pause(reading)
	return r.pc.do(pcYes)
}

// stop ends the sharing, and waits until the page knows it.
func (r *screenRig) stop(page *live) error {
	if _, err := r.pc.do(pcStop); err != nil {
		return err
	}
	return page.until(func(text []byte) bool { return len(text) > 0 && !watched(text) && !awaited(text) })
}

// measureProtocol measures with package rfb/client as the viewer.
func (r *screenRig) measureProtocol(ctx context.Context) error {
	page, err := r.technician.live(ctx, r.id)
	if err != nil {
		return err
	}
	defer page.close()
	roots, err := trust(r.server.cert)
	if err != nil {
		return err
	}
	transport := screenTransport(roots)
	var first, heard []float64
	for range yesRounds * r.b.runs {
		l, yes, err := r.share(ctx, page, transport)
		if err != nil {
			return err
		}
		at, err := l.whole(ctx)
		if err != nil {
			return err
		}
		l.Close()
		first, heard = append(first, gauge.Millis(at.Sub(yes))), append(heard, gauge.Millis(l.heard.Sub(yes)))
		if err := r.stop(page); err != nil {
			return err
		}
	}
	r.b.report.Add(gauge.Figure{Name: "Yes → first picture, at the protocol", Value: gauge.Median(first), Unit: "ms", Goal: gauge.AtMost(150), Note: fmt.Sprintf(
		"p95 %s ms; of it the agent's socket and RFB's handshake %s ms", gauge.Short(gauge.Quantile(first, 0.95)), gauge.Short(gauge.Median(heard)))})
	return r.protocolKeys(ctx, page)
}

// share has the customer asked, a socket opened meanwhile as the page does, and the customer say Yes: at the returned time.
func (r *screenRig) share(ctx context.Context, page *live, transport *http.Transport) (*looker, time.Time, error) {
	if err := r.technician.post(ctx, web.SessionURL(r.id)+"/share", url.Values{}); err != nil {
		return nil, time.Time{}, err
	}
	if err := page.until(awaited); err != nil {
		return nil, time.Time{}, err
	}
	ws, err := r.technician.dial(ctx, r.id, transport)
	if err != nil {
		return nil, time.Time{}, err
	}
	pause(reading)
	yes, err := r.pc.do(pcYes)
	if err != nil {
		return nil, yes, err
	}
	l, err := look(ctx, ws)
	return l, yes, err
}

// protocolKeys measures keys, and leaves the screen shared no more.
func (r *screenRig) protocolKeys(ctx context.Context, page *live) error {
	roots, err := trust(r.server.cert)
	if err != nil {
		return err
	}
	l, _, err := r.share(ctx, page, screenTransport(roots))
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.whole(ctx); err != nil {
		return err
	}
	if err := page.until(watched); err != nil {
		return err
	}
	if _, err := r.agree(ctx, "/control"); err != nil {
		return err
	}
	if err := l.Await(ctx, func(s *client.State) bool { return mayType(s.Name) }); err != nil {
		return err
	}
	var took []float64
	for i := range keyRounds * r.b.runs {
		pause(time.Duration(20+i*7%40) * time.Millisecond)
		d, err := l.press(ctx, rune('a'+i%26))
		if err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		took = append(took, gauge.Millis(d))
	}
	r.b.report.Add(
		gauge.Figure{Name: "key → picture, at the protocol, median", Value: gauge.Median(took), Unit: "ms", Goal: gauge.AtMost(5),
			Note: "sent, through server and relay, drawn by the PC's editor, decoded"},
		gauge.Figure{Name: "key → picture, at the protocol, p95", Value: gauge.Quantile(took, 0.95), Unit: "ms", Goal: gauge.AtMost(10)},
	)
	return r.stop(page)
}
