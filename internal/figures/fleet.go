package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
)

// fleet is many agents in one process. Each does what the agent does when it loses its connection: it tries again within
// half a second, and then slower.
type fleet struct {
	peers    []*peer
	online   atomic.Int64
	attempts atomic.Int64
	failures atomic.Int64
	mu       sync.Mutex
	trouble  map[string]int
	back     []time.Duration // since the mark, of each agent let in
	mark     time.Time
	changed  chan struct{}
	commands atomic.Int64 // applied, of all agents
	slots    chan struct{}
}

// inFlight is how many agents of one fleet connect at the same time. Ten thousand PCs have as many processors; here they share
// the server's, and without a bound every attempt would last as long as all together and run into its time limit.
const inFlight = 512

// order is what the parent asks for.
type order struct {
	Do     string `json:"do"`               // "connect", "drop", "wait", "status"
	Every  int    `json:"every,omitzero"`   // of connect: microseconds between two agents; 0: all at once
	Within int    `json:"within,omitzero"`  // seconds
	Server string `json:"server,omitzero"`  // of connect
	Cert   string `json:"cert,omitzero"`    // of connect
	First  int    `json:"first,omitempty"`  // of connect: the first session
	Agents int    `json:"agents,omitempty"` // of connect
}

// state is the answer.
type state struct {
	Online   int            `json:"online"`
	Attempts int            `json:"attempts"`
	Failures int            `json:"failures"`
	Trouble  map[string]int `json:"trouble,omitempty"`
	Median   time.Duration  `json:"median"` // from the mark until half of the agents were let in
	Last     time.Duration  `json:"last"`
	Commands int            `json:"commands"`
	Err      string         `json:"err,omitempty"`
}

// runFleet is the child "fleet".
func runFleet(args []string) error {
	if err := flag.NewFlagSet("fleet", flag.ContinueOnError).Parse(args); err != nil {
		return err
	}
	f := &fleet{trouble: make(map[string]int), changed: make(chan struct{}, 1), slots: make(chan struct{}, inFlight)}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(ready{}); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		err := f.carryOut(o)
		s := f.state()
		if err != nil {
			s.Err = err.Error()
		}
		if err := out.Encode(s); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (f *fleet) carryOut(o order) error {
	within := time.Duration(o.Within) * time.Second
	switch o.Do {
	case "connect":
		return f.connect(o, within)
	case "drop":
		f.drop()
		return f.await(within)
	case "wait": // for agents whose connections others have ended
		return f.await(within)
	case "mark":
		f.restartClock()
		return nil
	case "status":
		return nil
	}
	return fmt.Errorf("what is %q?", o.Do)
}

// connect starts the agents.
func (f *fleet) connect(o order, within time.Duration) error {
	roots, err := trust(o.Cert)
	if err != nil {
		return err
	}
	f.restartClock()
	for i := range o.Agents {
		p := newPeer(o.First+i, o.Server, roots)
		f.peers = append(f.peers, p)
		go f.live(p)
		if o.Every > 0 {
			pause(time.Duration(o.Every) * time.Microsecond)
		}
	}
	return f.await(within)
}

func (f *fleet) restartClock() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mark, f.back, f.trouble = time.Now(), nil, make(map[string]int)
	f.attempts.Store(0)
	f.failures.Store(0)
}

// drop ends all connections at once, without a word, as a router does that loses its table.
func (f *fleet) drop() {
	f.restartClock()
	var wg sync.WaitGroup
	const hands = 64
	for h := range hands {
		wg.Go(func() {
			for i := h; i < len(f.peers); i += hands {
				f.peers[i].reset()
			}
		})
	}
	wg.Wait()
}

// await waits until every agent was let in since the mark.
func (f *fleet) await(within time.Duration) error {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		f.mu.Lock()
		back := len(f.back)
		f.mu.Unlock()
		if back >= len(f.peers) && int(f.online.Load()) == len(f.peers) {
			return nil
		}
		select {
		case <-f.changed:
		case <-timer.C:
			return fmt.Errorf("%d of %d agents back within %s", back, len(f.peers), within)
		}
	}
}

func (f *fleet) state() state {
	f.mu.Lock()
	defer f.mu.Unlock()
	return state{
		Online: int(f.online.Load()), Attempts: int(f.attempts.Load()), Failures: int(f.failures.Load()), Trouble: f.trouble,
		Median: gauge.Median(f.back), Last: gauge.Quantile(f.back, 1), Commands: int(f.commands.Load()),
	}
}

// The agent's pace: the first try after up to firstRetry, then these. See agent/pace.go.
const (
	firstRetry = 500 * time.Millisecond
	secondStep = 200 * time.Millisecond
	longest    = 900 * time.Millisecond
)

// live is an agent's life: connected, or on its way back.
func (f *fleet) live(p *peer) {
	ctx := context.Background()
	for failures := 0; ; {
		f.slots <- struct{}{}
		f.attempts.Add(1)
		err := p.rejoin(ctx)
		<-f.slots
		if err != nil {
			f.failed(err)
			d := min(secondStep<<min(failures, 8), longest)
			failures++
			pause(d/2 + rand.N(d/2))
			continue
		}
		failures = 0
		f.let(1)
		f.serve(ctx, p)
		f.let(-1)
		pause(rand.N(firstRetry))
	}
}

func (f *fleet) failed(err error) {
	f.failures.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	text := err.Error()
	if e := new(net.OpError); errors.As(err, &e) {
		text = e.Op + ": " + e.Err.Error() // without addresses, so that alike errors are counted together
	}
	f.trouble[text]++
}

// let counts an agent in or out.
func (f *fleet) let(n int64) {
	f.online.Add(n)
	if n > 0 {
		f.mu.Lock()
		f.back = append(f.back, time.Since(f.mark))
		f.mu.Unlock()
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// serve applies commands and beats until the connection ends.
func (f *fleet) serve(ctx context.Context, p *peer) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer p.close()
	go p.beat(ctx)
	for {
		if _, err := p.next(ctx); err != nil {
			return
		}
		f.commands.Add(1)
	}
}

// pause waits: an agent on its way back has nothing else to wait for.
func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}
