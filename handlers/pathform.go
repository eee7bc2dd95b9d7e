package handlers

import (
	"net/http"
	"strings"
)

// withPlainPath lets only paths through that can be read in one way. The usual ways around an authorisation check are
// spellings of one path that two readers take differently: doubled slashes, dot segments, encoded slashes, backslashes. No
// address of ours needs any of these, so they are not cleaned but not found.
func (s *Site) withPlainPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !plainPath(r) {
			s.fail(w, r, errNoSuchPage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func plainPath(r *http.Request) bool {
	return r.URL.RawPath == "" && r.URL.Opaque == "" && plain(r.URL.Path)
}

func plain(p string) bool {
	if !strings.HasPrefix(p, "/") || len(p) > 512 {
		return false
	}
	for i := range len(p) {
		if c := p[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '%' || c == ';' {
			return false
		}
	}
	if strings.Contains(p, "//") || p != "/" && strings.HasSuffix(p, "/") {
		return false
	}
	for seg := range strings.SplitSeq(p, "/") {
		if seg == "." || seg == ".." {
			return false
		}
	}
	return true
}
