package handlers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// attempts limits how often something may be tried, by key. It lives in memory: a restart forgets it, which costs an
// attacker more than it gives. It holds at most maxKeys keys; when more come, those that are full again are
// forgotten, and if none is, new keys share one budget.
type attempts struct {
	burst int
	every time.Duration
	now   func() time.Time

	mu     sync.Mutex
	keys   map[string]*rate.Limiter
	others *rate.Limiter
	swept  time.Time
}

const maxKeys = 50_000

func newAttempts(burst int, every time.Duration, now func() time.Time) *attempts {
	return &attempts{
		burst: burst, every: every, now: now, keys: make(map[string]*rate.Limiter),
		others: rate.NewLimiter(rate.Every(every), burst),
	}
}

// take uses up a try, or says how long to wait for the next.
func (a *attempts) take(key string) (wait time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	l := a.limiter(key, now)
	r := l.ReserveN(now, 1)
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return d, false
	}
	return 0, true
}

// forgive gives all tries back, after a success.
func (a *attempts) forgive(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.keys, key)
}

func (a *attempts) limiter(key string, now time.Time) *rate.Limiter {
	if l := a.keys[key]; l != nil {
		return l
	}
	if len(a.keys) >= maxKeys && now.Sub(a.swept) >= time.Minute {
		a.swept = now
		for k, l := range a.keys {
			if l.TokensAt(now) >= float64(a.burst) {
				delete(a.keys, k)
			}
		}
	}
	if len(a.keys) >= maxKeys {
		return a.others
	}
	l := rate.NewLimiter(rate.Every(a.every), a.burst)
	a.keys[key] = l
	return l
}
