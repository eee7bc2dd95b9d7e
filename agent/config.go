package agent

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/rejoin/rejoin/agent/logfile"
	"github.com/rejoin/rejoin/agent/machine"
)

// Config is what one run of the agent needs. Only Machine is required.
type Config struct {
	// Machine is the PC.
	Machine machine.Machine
	// Server is the address that a new session is joined at, e.g. "https://help.example.com"; with http only if the host
	// is a loopback one. Empty: the customer is asked. A session that is under way knows its own.
	Server string
	// Code is the connect code for a new session, in any spelling ("123-456-7890"). Empty: the customer is asked, unless a
	// session is under way.
	Code string
	// Version of the program, told to the server.
	Version string
	// Log receives what happens, without secrets; nil discards it.
	Log machine.Logger
	// Dial opens connections; nil uses a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// RootCAs are the certificate authorities to trust; nil means the PC's.
	RootCAs *x509.CertPool
	// Jitter returns values from 0 up to 1 that spread the reconnects of many agents; nil uses math/rand.
	Jitter func() float64
	// RestartPatience is how long a restart that Windows accepted, or announced, may come to nothing before it counts as
	// blocked. 0 means 20 s.
	RestartPatience time.Duration
	// Hooks are for crash tests.
	Hooks Hooks

	giveUp time.Duration // tests have less patience
}

// Hooks are called around everything that outlives the process, so that tests can kill it there. A hook that ends its
// goroutine (runtime.Goexit) after cancelling Run's context is as good as a kill. Nil hooks are skipped. Names are those
// of message types, or say what is saved: "chat", "welcome", "reboot.go", …
type Hooks struct {
	BeforeSave, AfterSave func(name string)
	BeforeSend, AfterSend func(name string)
}

// Results of [Run] that are no failures.
var (
	// ErrGoingDown says that Windows ends the session; the program should exit quietly. It will be started again.
	ErrGoingDown = errors.New("agent: Windows is ending the session")
	// ErrAlreadyRunning says that another process of the agent is at work; the customer has been told.
	ErrAlreadyRunning = errors.New("agent: already running")
)

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = logfile.NewText(nil)
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.RestartPatience == 0 {
		c.RestartPatience = 20 * time.Second
	}
	if c.giveUp == 0 {
		c.giveUp = giveUp
	}
	for _, h := range []*func(string){&c.Hooks.BeforeSave, &c.Hooks.AfterSave, &c.Hooks.BeforeSend, &c.Hooks.AfterSend} {
		if *h == nil {
			*h = func(string) {}
		}
	}
	return c
}
