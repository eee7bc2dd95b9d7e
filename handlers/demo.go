package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

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
	// Do carries out what a visitor does to it. [ErrDemoRefused] says that it can't be done now.
	Do(ctx context.Context, action web.DemoAction, fields url.Values) error
}

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
	if err := s.Demo.Do(r.Context(), action, f); errors.Is(err, ErrDemoRefused) {
		return &problem{status: http.StatusConflict, what: "not possible now", back: web.PathDemo, cause: err}
	} else if err != nil {
		return err
	}
	return done(w, r, web.PathDemo)
}
