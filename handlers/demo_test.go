package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/rejoin/rejoin/web"
)

// stillPC is a demo PC on which nothing happens.
type stillPC struct {
	done []web.DemoAction
	err  error // of the next actions
}

func (*stillPC) View() web.DemoPC { return web.DemoPC{Name: "DEMO", State: web.DemoDesktop} }

func (*stillPC) Watch() (<-chan struct{}, func()) { return make(chan struct{}), func() {} }

func (p *stillPC) Do(_ context.Context, a web.DemoAction, _ url.Values) error {
	p.done = append(p.done, a)
	return p.err
}

func (*stillPC) Picture(ctx context.Context, monitor int, after uint64) (DemoPicture, error) {
	switch {
	case monitor != 1:
		return DemoPicture{}, ErrDemoRefused
	case after == 7:
		<-ctx.Done()
		return DemoPicture{}, ctx.Err()
	}
	return DemoPicture{PNG: []byte("\x89PNG"), Version: 7, Cursor: "text"}, nil
}

func (*stillPC) Speak(string) {}

func withDemo(s *rigSetup) { s.demo = &stillPC{} }

func TestDemoPicture(t *testing.T) {
	g := newRig(t, withDemo)
	tom := g.signedIn("tom")
	a := tom.get(web.PathDemoPicture)
	if a.status != http.StatusOK || a.body != "\x89PNG" || a.header.Get("Content-Type") != "image/png" ||
		a.header.Get(pictureVersion) != "7" || a.header.Get(pictureCursor) != "text" {
		t.Errorf("%+v", a)
	}
	for query, want := range map[string]int{
		"?monitor=1&after=6": http.StatusOK, "?monitor=2": http.StatusNotFound, "?monitor=x": http.StatusBadRequest,
		"?after=-1": http.StatusBadRequest, "?after=99999999999999999999": http.StatusBadRequest,
	} {
		if a := tom.get(web.PathDemoPicture + query); a.status != want {
			t.Errorf("%s: %d, want %d", query, a.status, want)
		}
	}
	waits := make(chan int)
	go func() { waits <- statusOf(tom, http.MethodGet, web.PathDemoPicture+"?after=7") }()
	select {
	case status := <-waits:
		t.Errorf("nothing is new, and the answer is %d", status)
	default:
	}
	g.halt()
	if status := <-waits; status != http.StatusNoContent {
		t.Errorf("a server that stops answers %d", status)
	}
}

func TestDemoRefusals(t *testing.T) {
	pc := &stillPC{}
	g := newRig(t, func(s *rigSetup) { s.demo = pc })
	tom := g.signedIn("tom")
	for err, want := range map[error]int{
		nil: http.StatusSeeOther, fmt.Errorf("x: %w", ErrDemoFields): http.StatusBadRequest, fmt.Errorf("x: %w", ErrDemoRefused): http.StatusConflict,
	} {
		pc.err = err
		if a := tom.post(web.PathDemo+"/input", "events", "p 1 2 3 0"); a.status != want {
			t.Errorf("%v: %d, want %d", err, a.status, want)
		}
	}
	if len(pc.done) != 3 || pc.done[0] != web.DemoInput {
		t.Errorf("done %v", pc.done)
	}
}
