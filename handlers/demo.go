package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/web"
)

// DemoPC is the simulated PC that the demo offers.
type DemoPC interface {
	// View is what is on its screen now.
	View() web.DemoPC
	// Watch signals changes, coalesced; stop ends it.
	Watch() (changed <-chan struct{}, stop func())
	// Speak sets the language of its Windows, by a language's code. The program there uses it from its next connection on.
	Speak(language string)
	// Picture waits until the nth monitor, from 1, shows something else than in version after, and returns that. The error is
	// ctx's, or [ErrDemoRefused] if there is no such monitor.
	Picture(ctx context.Context, monitor int, after uint64) (DemoPicture, error)
	// Do carries out what a visitor does to it. [ErrDemoRefused] says that it can't be done now.
	Do(ctx context.Context, action web.DemoAction, fields url.Values) error
}

// DemoPicture is what a monitor of the demo PC shows.
type DemoPicture struct {
	PNG     []byte
	Version uint64
	Cursor  string // the pointer's shape, as in CSS
}

// ErrDemoFields is wrapped by what [DemoPC.Do] returns for fields that no page of ours sends.
var ErrDemoFields = errors.New("handlers: bad fields for the demo PC")

// ErrDemoRefused is wrapped by what [DemoPC.Do] returns for an action that is not possible just now.
var ErrDemoRefused = errors.New("handlers: not possible on the demo PC now")

func (s *Site) demoPage(w http.ResponseWriter, r *http.Request) error {
	p := s.page(r)
	s.Demo.Speak(p.Loc.Code())
	return s.render(w, r, http.StatusOK, web.DemoView(web.DemoPage{Page: p, PC: s.Demo.View()}))
}

func (s *Site) demoLive(w http.ResponseWriter, r *http.Request) error {
	changed, stop := s.Demo.Watch()
	defer stop()
	base := s.page(r)
	return s.stream(w, r, live{
		access: technician, changed: []<-chan struct{}{changed}, pause: pagePause,
		draw: func(context.Context) (string, templ.Component, error) {
			base.Now = s.Hub.Now()
			return "", web.DemoLive(web.DemoPage{Page: base, PC: s.Demo.View()}), nil
		},
	})
}

// demoDo lets a visitor act as the customer, or on the PC itself.
func (s *Site) demoDo(w http.ResponseWriter, r *http.Request) error {
	action := web.DemoAction(r.PathValue("action"))
	if !slices.Contains(web.DemoActions, action) {
		return errNoSuchPage
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	switch err := s.Demo.Do(r.Context(), action, f); {
	case errors.Is(err, ErrDemoRefused):
		return &problem{status: http.StatusConflict, what: "not possible now", back: web.PathDemo, cause: err}
	case errors.Is(err, ErrDemoFields):
		return fmt.Errorf("%w: %w", errBadForm, err)
	case err != nil:
		return err
	}
	return done(w, r, web.PathDemo)
}

// pictureWait is how long a request waits for another picture before it is told that there is none.
const pictureWait = 20 * time.Second

// Headers of a picture.
const (
	pictureVersion = "X-Picture-Version"
	pictureCursor  = "X-Picture-Cursor"
)

// demoPicture answers when a monitor's picture is another one than the browser has.
func (s *Site) demoPicture(w http.ResponseWriter, r *http.Request) error {
	monitor, after, err := pictureFields(r.URL.Query())
	if err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), pictureWait)
	defer cancel()
	defer context.AfterFunc(s.stop, cancel)()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pictureWait + streamWrite)); err != nil {
		return fmt.Errorf("give the picture its time: %w", err)
	}
	p, err := s.Demo.Picture(ctx, monitor, after)
	switch {
	case errors.Is(err, ErrDemoRefused):
		return errNoSuchPage
	case err != nil && ctx.Err() != nil:
		w.WriteHeader(http.StatusNoContent)
		return nil
	case err != nil:
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(p.PNG)))
	h.Set(pictureVersion, strconv.FormatUint(p.Version, 10))
	h.Set(pictureCursor, p.Cursor)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(p.PNG) // a browser that went away is no news
	return nil
}

// pictureFields reads a picture's query: the first monitor, and any picture, unless it says otherwise.
func pictureFields(q url.Values) (monitor int, after uint64, err error) {
	monitor = 1
	if v := q.Get("monitor"); v != "" {
		monitor, err = strconv.Atoi(v)
	}
	if v := q.Get("after"); v != "" && err == nil {
		after, err = strconv.ParseUint(v, 10, 64)
	}
	return monitor, after, err
}
