package rfb

import (
	"encoding/binary"
	"time"
)

const (
	firstBudget = 32 << 10 // bytes of an update, before anything is known of the link
	minBudget   = 2 << 10
	maxBudget   = 1 << 20

	// slowLink is a bandwidth, in bytes a second, at which even the smallest of budgets takes 100 ms: one update at a time is enough.
	slowLink = minBudget * 10

	// silence is how long a viewer may leave fences unanswered.
	silence = 10 * time.Second

	// rttWindow is how long the round-trip time of an idle link counts as known. Without a measurement in it the link is left to become
	// idle, for one: taken from a link that is always busy it would grow, and with it what is sent, and so on.
	rttWindow = 10 * time.Second
)

// pacer decides how much is sent, and when, from the viewer's answers to fences. What lies between the server and the viewer, be it
// buffers or relays, is all measured, and so is the time that the viewer needs to show an update. Time is an argument.
type pacer struct {
	flying  []flight
	updates int // how many of flying are updates
	seq     uint32
	fences  bool // the viewer answers fences, not only asks for updates

	answered time.Time     // when the last answer came
	rtt      time.Duration // until then
	least    time.Duration // of an idle link, in the window
	previous time.Duration // the least of the window before
	window   time.Time     // when the window began
	idleAt   time.Time     // when the last measurement of an idle link came

	bandwidth float64 // bytes a second; 0: not known
}

// flight is something that was sent, with a fence behind it.
type flight struct {
	seq    uint32
	at     time.Time
	bytes  int
	update bool
	idle   bool // nothing else was on its way, and it is small
	// busy says that the link had as much as it could take: there was more to send, or something else was on its way.
	busy bool
}

// launch takes note of what is sent, and returns the payload of the fence to send behind it.
func (p *pacer) launch(now time.Time, bytes int, update, more bool) [4]byte {
	p.seq++
	idle := len(p.flying) == 0 && bytes < minBudget
	p.flying = append(p.flying, flight{p.seq, now, bytes, update, idle, more || p.updates > 0})
	if update {
		p.updates++
	}
	var payload [4]byte
	binary.BigEndian.PutUint32(payload[:], p.seq)
	return payload
}

// land takes note of the answer to a fence; one that answers nothing is ignored.
func (p *pacer) land(now time.Time, payload []byte) {
	if len(payload) != 4 {
		return
	}
	seq := binary.BigEndian.Uint32(payload)
	for i, f := range p.flying {
		if f.seq != seq {
			continue
		}
		p.measure(now, p.flying[:i+1])
		for _, f := range p.flying[:i+1] {
			if f.update {
				p.updates--
			}
		}
		p.flying = append(p.flying[:0], p.flying[i+1:]...)
		p.answered = now
		return
	}
}

// forget gives up all answers that are still to come.
func (p *pacer) forget() { p.flying, p.updates = nil, 0 }

// measure learns from landed, of which the last was just answered.
func (p *pacer) measure(now time.Time, landed []flight) {
	last := landed[len(landed)-1]
	delay := now.Sub(last.at)
	p.rtt = delay
	if last.idle {
		if p.window.IsZero() || now.Sub(p.window) > rttWindow {
			p.previous, p.least, p.window = p.least, delay, now
		}
		p.least = min(p.least, delay)
		p.idleAt = now
	}

	bytes, busy := 0, false
	for _, f := range landed {
		bytes += f.bytes
		busy = busy || f.busy
	}
	if bytes == 0 {
		return
	}
	// The link carried these bytes since the last thing came out at its other end, or since they could have been there.
	since := landed[0].at.Add(p.baseRTT())
	if since.Before(p.answered) {
		since = p.answered
	}
	took := max(now.Sub(since), time.Millisecond)
	sample := float64(bytes) / took.Seconds()
	switch {
	case p.bandwidth == 0:
		if bytes >= minBudget {
			p.bandwidth = sample
		}
	case sample > p.bandwidth:
		p.bandwidth += (sample - p.bandwidth) / 2
	case busy || bytes >= 8*minBudget: // a small one alone tells of delays, not of bandwidth
		p.bandwidth += (sample - p.bandwidth) * 0.4
	}
}

// baseRTT is the round-trip time of an idle link, 0 if it is not known.
func (p *pacer) baseRTT() time.Duration {
	if p.previous == 0 {
		return p.least
	}
	return min(p.previous, p.least)
}

// room is how many more updates may be sent now.
func (p *pacer) room(now time.Time) int {
	most := 2
	if p.bandwidth < slowLink { // also if nothing is known: the first update tells how large the second may be
		most = 1
	}
	if len(p.flying) > 0 && p.stale(now) {
		return 0
	}
	return max(most-p.updates, 0)
}

// stale says that the round-trip time of the idle link has not been measured for too long. At first nothing waits for it.
func (p *pacer) stale(now time.Time) bool {
	return p.fences && !p.idleAt.IsZero() && now.Sub(p.idleAt) > rttWindow
}

// lead says that a fence should be sent, before any update, to measure it.
func (p *pacer) lead(now time.Time) bool { return len(p.flying) == 0 && p.stale(now) }

// budget is how many bytes the next update may have. Two of them fill the link for about one and a half round trips: less would leave it
// idle, more would make new things wait.
func (p *pacer) budget() int {
	if p.bandwidth == 0 {
		return firstBudget
	}
	t := min(max(p.baseRTT()*3/4, 25*time.Millisecond), 100*time.Millisecond)
	return int(min(max(p.bandwidth*t.Seconds(), minBudget), maxBudget))
}

// silentAt is when the viewer will have been silent for too long; zero if nothing is asked of it.
func (p *pacer) silentAt() time.Time {
	if len(p.flying) == 0 {
		return time.Time{}
	}
	since := p.flying[0].at
	if p.answered.After(since) {
		since = p.answered
	}
	return since.Add(silence)
}
