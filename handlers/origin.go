package handlers

import (
	"net/http"
	"strings"
)

// withHost answers only requests for a name that is ours. Without this a page on a name that its owner re-points to our
// address (DNS rebinding) would be of the same origin as we are. It also keeps plain HTTP from crossing a network:
// it is for loopback, and for the stretch between a trusted proxy and us.
func (s *Site) withHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := exchangeOf(r.Context()).client
		if isProbe(r) { // by address, from orchestrators; they say nothing but "ok"
			next.ServeHTTP(w, r)
			return
		}
		if s.cfg.BehindProxy && !c.proxied {
			s.fail(w, r, errNotThroughProxy)
			return
		}
		if !s.hosts[strings.ToLower(c.host)] {
			s.fail(w, r, errForeignHost)
			return
		}
		if c.scheme != s.cfg.PublicURL.Scheme {
			s.toPublicScheme(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// toPublicScheme sends a browser that came over http to the https address, and refuses everything but reading: a form that
// was already sent in clear must not look as if that was fine.
func (s *Site) toPublicScheme(w http.ResponseWriter, r *http.Request) {
	if s.cfg.PublicURL.Scheme != "https" || r.Method != http.MethodGet && r.Method != http.MethodHead || !plainPath(r) {
		s.fail(w, r, errPlainHTTP)
		return
	}
	http.Redirect(w, r, s.cfg.PublicURL.String()+r.URL.RequestURI(), http.StatusPermanentRedirect)
}

func isProbe(r *http.Request) bool { return r.URL.Path == pathHealthz || r.URL.Path == pathReadyz }

// withOrigin refuses requests that change something unless they come from one of our own pages. The standard library's
// protection looks at Sec-Fetch-Site; on top of it Origin must be there and be ours to the letter (scheme, name and port), so
// that the answer is the same for browsers of any age, and an absent or null origin is refused.
func (s *Site) withOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			next.ServeHTTP(w, r)
			return
		}
		c := exchangeOf(r.Context()).client
		seen := r.Clone(r.Context())
		seen.Host = c.host // a proxy may have put its own there
		if err := protection.Check(seen); err != nil || !ownOrigin(r, c) {
			s.fail(w, r, errCrossOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func ownOrigin(r *http.Request, c client) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && origins[0] == c.scheme+"://"+strings.ToLower(c.host)
}
