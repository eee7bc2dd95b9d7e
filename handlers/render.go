package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/web"
)

// buffers hold pages while they are drawn: an answer is complete or an error, never half a page.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one huge page from staying in memory for ever.
const maxPooled = 1 << 20

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		buffers.Put(b)
	}
}

// render writes a page or fragment.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	if err := c.Render(templ.WithNonce(r.Context(), exchangeOf(r.Context()).nonce), b); err != nil {
		return fmt.Errorf("draw the page: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language, HX-Request")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that went away is no news
	return nil
}

// isHTMX tells whether a script of ours asks: it gets a fragment instead of a page.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

func locOf(r *http.Request) web.Loc {
	choice := ""
	if c, err := r.Cookie(web.LanguageCookie); err == nil {
		choice = c.Value
	}
	return web.PickLanguage(choice, r.Header.Get("Accept-Language"))
}

// page is what all pages need. The company's name is left out when the store can't say it: error pages must do without.
func (s *Site) page(r *http.Request) web.Page {
	v := exchangeOf(r.Context()).visitor
	p := web.Page{Loc: v.loc, Now: s.Hub.Now(), Path: localPath(r.URL.RequestURI(), r.URL.Path), Demo: s.Demo != nil}
	if v.loc == (web.Loc{}) { // an error before anybody looked
		p.Loc = locOf(r)
	}
	if settings, err := s.Store.Settings(r.Context()); err == nil {
		p.Company = settings.Company
	}
	if v.signedIn() {
		p.Viewer = &web.Viewer{ID: v.user.ID, Name: v.user.Name, Login: v.user.Login, Admin: v.user.Admin}
	}
	return p
}

// done answers a form that was accepted: 204 for a script, since the stream brings what changed; otherwise the page.
func done(w http.ResponseWriter, r *http.Request, page string) error {
	if isHTMX(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
	return nil
}

// goTo leads to another page, by script or without.
func goTo(w http.ResponseWriter, r *http.Request, page string) error {
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", page)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
	return nil
}
