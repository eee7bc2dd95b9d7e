package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// recorder notes what an answer came to.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController and the WebSocket library reach flushing, deadlines and hijacking.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// withAccessLog writes one record per request. It names the route's pattern, never the path or the query: one-time links
// are secrets, and what a client puts into a path is its own business.
func (s *Site) withAccessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() { s.logAccess(r, rec, time.Since(start)) }()
		next.ServeHTTP(rec, r)
	})
}

func (s *Site) logAccess(r *http.Request, rec *recorder, took time.Duration) {
	x := exchangeOf(r.Context())
	pattern, method := x.route, knownMethod(r.Method)
	if pattern == "" {
		pattern = "none"
	}
	s.metrics.requests.WithLabelValues(pattern, method, statusClass(rec.status)).Inc()
	level := slog.LevelInfo
	switch {
	case rec.status >= 500:
		level = slog.LevelWarn // the error itself is logged where it is turned into an answer
	case quietRoutes[pattern] && rec.status < 400:
		level = slog.LevelDebug
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("method", method), slog.String("route", pattern),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("address", x.client.addr.String()),
	}
	if x.visitor.signedIn() {
		attrs = append(attrs, slog.String("user", x.visitor.user.Name))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return m
	}
	return "other"
}

func statusClass(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return fmt.Sprintf("%dxx", status/100)
}

// withPanicGuard turns a panic into a 500 with a request ID, and the stack into a log record.
func (s *Site) withPanicGuard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { // the library's own way to cut a connection
				panic(v)
			}
			s.metrics.panics.Inc()
			s.log.ErrorContext(r.Context(), "panic", "request", exchangeOf(r.Context()).id, "value", fmt.Sprint(v),
				"stack", string(debug.Stack()))
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: cut it off, so that it is not taken for whole
			}
			s.fail(w, r, errPanic)
		}()
		next.ServeHTTP(w, r)
	})
}
