// Package simpc is a PC for the figures: the real agent on a simulated machine, in a session that it has joined before.
package simpc

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// Joined is what a PC remembers of its session.
type Joined struct {
	Server    string // its URL
	ServerKey ed25519.PublicKey
	Session   string
	Key       ed25519.PrivateKey
	Machine   string
}

// BootID is the boot that a machine is in which [Write] has written.
func BootID(machine string) string { return machine + "-boot-1" }

// Write makes dir the disk of a PC that stands at its desktop, the agent running, in a session of generation 1: as
// package sim and the agent keep it.
func Write(dir string, j Joined) error {
	state, err := json.Marshal(map[string]any{
		"machine": j.Machine, "boots": 1, "power": sim.Desktop, "autostart": true, "running": true,
	})
	if err != nil {
		return fmt.Errorf("describe a PC: %w", err)
	}
	document, err := json.Marshal(map[string]any{
		"version": 1, "server": j.Server, "key": []byte(j.Key.Seed()), "server_key": []byte(j.ServerKey), "session": j.Session,
		"generation": 1, "boot_id": BootID(j.Machine),
		"policy": wire.Policy{AskBeforeReboot: true, PromptSeconds: 60, AskBeforeSharing: true, WindowMinutes: 10},
	})
	if err != nil {
		return fmt.Errorf("describe a session: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "pc.json"), state, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sealed-session.json"), document, 0o600)
}

// Config is how a PC is started.
type Config struct {
	Dir   string
	Roots *x509.CertPool
	// Dial is the network; nil is the real one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// SignsIn makes the customer sign in by themselves after each boot. Nothing takes time.
	SignsIn bool
	// Online, if not nil, is called when the agent is let in, with the time since it dialled.
	Online func(took time.Duration)
}

// Start starts the PC, and its agent with it.
func Start(c Config) (*sim.PC, error) {
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	return sim.New(sim.Options{Dir: c.Dir, Dial: c.Dial, SignsIn: c.SignsIn, Agent: func(ctx context.Context, p *sim.Process) {
		var dialled atomic.Int64
		err := agent.Run(ctx, agent.Config{
			Machine: p, Version: "figures", RootCAs: c.Roots,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialled.Store(time.Now().UnixNano())
				return p.Dial(ctx, network, addr)
			},
			Hooks: agent.Hooks{BeforeSave: func(name string) {
				if name == "welcome" && c.Online != nil {
					c.Online(time.Duration(time.Now().UnixNano() - dialled.Load()))
				}
			}},
		})
		if err != nil && ctx.Err() == nil && !c.SignsIn { // else it ends with Windows
			fmt.Fprintln(os.Stderr, "figures: an agent ended:", err)
		}
	}})
}
