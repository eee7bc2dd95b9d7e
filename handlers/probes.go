package handlers

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthz says that the process answers.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) error { return ok(w) }

// readyz says that the server can do its work: it is not stopping, and the store takes writes.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.stop.Err() != nil {
		return errStopping
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.Store.Ready(ctx); err != nil {
		s.log.ErrorContext(r.Context(), "not ready", "request", exchangeOf(r.Context()).id, "error", err)
		return &problem{status: http.StatusServiceUnavailable, what: "the store can't be written to", retryAfter: 5 * time.Second, cause: err}
	}
	return ok(w)
}

func ok(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") // who went away does not need it
	return nil
}

// serveMetrics is the registry, for whoever has the token.
func (s *Site) serveMetrics(w http.ResponseWriter, r *http.Request) error {
	MetricsHandler(s.Registry).ServeHTTP(w, r)
	return nil
}

// MetricsHandler serves a registry to a Prometheus server.
func MetricsHandler(reg *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// siteMetrics are what an operator wants to see of the edge.
type siteMetrics struct {
	requests    *prometheus.CounterVec
	signIns     *prometheus.CounterVec
	panics      prometheus.Counter
	streams     prometheus.Gauge
	pending     prometheus.Gauge
	evicted     prometheus.Counter
	viewers     prometheus.Gauge
	screenBytes prometheus.Counter
}

func newSiteMetrics(reg prometheus.Registerer) siteMetrics {
	m := siteMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rejoin_http_requests_total", Help: "Requests answered, by route.",
		}, []string{"route", "method", "status"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rejoin_sign_ins_total", Help: "Attempts to sign in.",
		}, []string{"result"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rejoin_http_panics_total", Help: "Requests that ended in a panic.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rejoin_live_streams", Help: "Live pages connected now.",
		}),
		viewers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rejoin_viewers", Help: "Viewers connected now.",
		}),
		screenBytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rejoin_screen_bytes_total", Help: "Bytes of screens passed on to viewers that have ended.",
		}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rejoin_agents_pending", Help: "Agents connected and not let in yet.",
		}),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rejoin_agents_put_out_total", Help: "Agents' connections closed because too many had not been let in.",
		}),
	}
	reg.MustRegister(m.requests, m.signIns, m.panics, m.streams, m.pending, m.evicted, m.viewers, m.screenBytes)
	return m
}

// serveStatic serves the bundles.
func (s *Site) serveStatic(w http.ResponseWriter, r *http.Request) error {
	s.Static.ServeHTTP(w, r)
	return nil
}

// quietRoutes are asked for all the time; their successes are logged at debug level only.
var quietRoutes = map[string]bool{pathHealthz: true, pathReadyz: true, pathMetrics: true, pathStatic: true}
