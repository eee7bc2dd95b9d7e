package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// etaOf learns from this PC's earlier reboots how long it will be away: the median, and the range of the middle half (of
// all, while there are fewer than four).
func (s *Site) etaOf(ctx context.Context, one session.Session) (web.ETA, []web.Boot, error) {
	if one.PC.MachineID == "" {
		return web.ETA{}, nil, nil
	}
	known, err := s.Store.Boots(ctx, one.PC.MachineID, maxBootsShown)
	if err != nil {
		return web.ETA{}, nil, err
	}
	boots := make([]web.Boot, len(known))
	offs := make([]time.Duration, len(known))
	for i, b := range known {
		boots[i], offs[i] = web.Boot(b), b.Off
	}
	return etaFrom(offs), boots, nil
}

func etaFrom(offs []time.Duration) web.ETA {
	n := len(offs)
	if n == 0 {
		return web.ETA{}
	}
	offs = slices.Sorted(slices.Values(offs))
	eta := web.ETA{Typical: offs[n/2], Lo: offs[0], Hi: offs[n-1], Count: n}
	if n%2 == 0 {
		eta.Typical = (offs[n/2-1] + offs[n/2]) / 2
	}
	if n >= 4 {
		eta.Lo, eta.Hi = offs[n/4], offs[n-1-n/4]
	}
	return eta
}
