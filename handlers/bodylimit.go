package handlers

import "net/http"

// maxForm is the largest form we take, in bytes: a chat line of 4 000 characters, percent-encoded, fits several times.
const maxForm = 128 << 10

// withBodyLimit bounds what a request may send, before anybody reads it.
func (s *Site) withBodyLimit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxForm {
			w.Header().Set("Connection", "close") // what is still coming is not worth reading
			s.fail(w, r, errTooLarge)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		next.ServeHTTP(w, r)
	})
}
