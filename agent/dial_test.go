package agent

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestDialsEndWithTheirAttempt: on a network that swallows packets nothing is left dialling once an attempt is over.
func TestDialsEndWithTheirAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun, dialling atomic.Int64
		client := Config{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			begun.Add(1)
			dialling.Add(1)
			defer dialling.Add(-1)
			<-ctx.Done()
			return nil, ctx.Err()
		}}.httpClient()
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			if _, err := open(ctx, client, "http://localhost"); err == nil {
				t.Error("connected")
			}
			cancel()
			synctest.Wait()
			if n := dialling.Load(); n != 0 {
				t.Fatalf("%d dials go on", n)
			}
		}
		if n := begun.Load(); n < 20 || n > 30 {
			t.Errorf("%d dials in five attempts of 3 s, not one each 700 ms", n)
		}
	})
}
