package hub

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rejoin/rejoin/internal/session"
)

// metrics are what an operator wants to see. The zero value counts into nowhere.
type metrics struct {
	sessions *prometheus.CounterVec
	reboots  *prometheus.CounterVec
	guesses  *prometheus.CounterVec
	commits  prometheus.Histogram
	online   prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) metrics {
	m := metrics{
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rejoin_sessions_total", Help: "Sessions by what became of them.",
		}, []string{"event"}),
		reboots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rejoin_reboots_total", Help: "Reboots by outcome.",
		}, []string{"outcome", "adopted"}),
		guesses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rejoin_connect_code_tries_total", Help: "Tries to use a connect code.",
		}, []string{"result"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rejoin_commit_seconds", Help: "How long a transition took to be durable.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}),
		online: prometheus.NewGauge(prometheus.GaugeOpts{Name: "rejoin_agents_online", Help: "Agents connected now."}),
	}
	if reg != nil {
		reg.MustRegister(m.sessions, m.reboots, m.guesses, m.commits, m.online)
	}
	return m
}

func (m metrics) created()            { m.sessions.WithLabelValues("created").Inc() }
func (m metrics) guess(result string) { m.guesses.WithLabelValues(result).Inc() }

func (m metrics) committed(before, after session.Session, took time.Duration) {
	m.commits.Observe(took.Seconds())
	if before.State != after.State {
		event := "joined"
		if after.State == session.StateEnded {
			event = "ended_" + string(after.EndReason)
		}
		m.sessions.WithLabelValues(event).Inc()
	}
	r := after.Reboot
	if r == nil || r.Live() || (before.Reboot != nil && before.Reboot.ID == r.ID && !before.Reboot.Live()) {
		return
	}
	adopted := "no"
	if r.Adopted {
		adopted = "yes"
	}
	m.reboots.WithLabelValues(string(r.Outcome), adopted).Inc()
}
