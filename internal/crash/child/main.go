// Command child is the two programs that the crash test kills: the server, as package server makes it, and the agent, as
// package agent makes it, each with hooks that report to the test.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/rpc"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rejoin/rejoin/agent"
	"github.com/rejoin/rejoin/internal/crash"
	"github.com/rejoin/rejoin/internal/server"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

func run() error {
	role := flag.String("role", "", "server or agent")
	socket := flag.String("socket", "", "where the test listens")
	listen := flag.String("listen", "", "of the server: host and port")
	data := flag.String("data", "", "folder of the server's, or of the agent's, state")
	url := flag.String("server", "", "of the agent: the server's address")
	code := flag.String("code", "", "of the agent: the connect code")
	flag.Parse()
	client, err := rpc.Dial("unix", *socket)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	reporter := crash.NewReporter(client, *role)
	switch *role {
	case "server":
		return serve(reporter, log, server.Config{Listen: *listen, Data: *data})
	case "agent":
		return help(reporter, log, agent.Config{
			Machine: crash.NewRemote(client, crash.Folder(*data)), Server: *url, Code: *code, Version: "crash",
		})
	}
	return fmt.Errorf("no role %q", *role)
}

// serve runs the server until it is told to stop.
func serve(r *crash.Reporter, log *slog.Logger, cfg server.Config) error {
	cfg.ShutdownWithin, cfg.BackIn = 2*time.Second, 100*time.Millisecond
	cfg.Hooks = server.Hooks{
		BeforeCommit: r.At("commit", "before"), AfterCommit: r.At("commit", "after"),
		BeforeSend: r.At("send", "before"), AfterSend: r.At("send", "after"),
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := server.Open(ctx, cfg, os.Stdout, log)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// help runs the agent until its session is over or Windows ends.
func help(r *crash.Reporter, log *slog.Logger, cfg agent.Config) error {
	cfg.Log = log
	// A restart that was noted as commanded and never was: the process died in between. Nothing else tells.
	cfg.RestartPatience = time.Second
	cfg.Hooks = agent.Hooks{
		BeforeSave: r.At("save", "before"), AfterSave: r.At("save", "after"),
		BeforeSend: r.At("send", "before"), AfterSend: r.At("send", "after"),
	}
	err := agent.Run(context.Background(), cfg)
	if errors.Is(err, agent.ErrGoingDown) {
		return nil
	}
	return err
}
