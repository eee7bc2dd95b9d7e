package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/web"
)

// withHeaders puts the protective headers on every answer, errors included, before anything else can answer.
//
// The referrer policy is same-origin and not no-referrer: under the latter browsers send "Origin: null" with our own forms
// (https://fetch.spec.whatwg.org/#append-a-request-origin-header), and a null origin is what withOrigin must refuse.
func (s *Site) withHeaders(next http.Handler) http.Handler {
	hsts := s.cfg.PublicURL.Scheme == "https"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := exchangeOf(r.Context()).nonce
		h := w.Header()
		h.Set("Content-Security-Policy", web.CSP(nonce))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for what does not know frame-ancestors
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), "+
			"gyroscope=(), microphone=(), midi=(), payment=(), usb=(), clipboard-write=(self), fullscreen=(self)")
		h.Set("Cache-Control", "no-store") // static files say otherwise
		if hsts {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
