package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent"
	"github.com/rejoin/rejoin/agent/launch"
	"github.com/rejoin/rejoin/agent/logfile"
	pc "github.com/rejoin/rejoin/agent/machine/windows"
	"github.com/rejoin/rejoin/internal/version"
)

const (
	logLimit  = 512 << 10
	zoneLimit = 64 << 10
)

func main() {
	// Before anything else is loaded: DLLs come from System32 only, never from the folder of a download.
	_ = windows.SetDefaultDllDirectories(windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	exit(run(os.Args[1:]))
}

// exit ends the process at once. ExitProcess, which os.Exit calls, ends the other threads wherever they are and then lets every
// DLL say goodbye; while Windows ends the session, and one of our threads is answering it, that can wait for ever for a
// lock of a thread that is gone. Nothing is buffered: all that counts is on the disk.
func exit(code int) {
	_ = windows.TerminateProcess(windows.CurrentProcess(), uint32(code))
	os.Exit(code)
}

func run(args []string) int {
	opts, err := launch.ParseFlags(args)
	if err != nil {
		complain(badFlags, err)
		return 2
	}
	log, closeLog := openLog(opts.Log)
	defer closeLog()
	log.Info("start", "version", version.Version, "resume", opts.Resume, "pid", os.Getpid())
	if err := work(opts, log); err != nil {
		log.Error("stop", "error", err)
		return 1
	}
	log.Info("stop")
	return 0
}

func work(opts launch.Flags, log *logfile.Text) error {
	machine, err := pc.New(log)
	if err != nil {
		complain(noStart, err)
		return err
	}
	if opts.Resume {
		switch ok, err := agent.UnderWay(machine.Sealed()); {
		case err != nil:
			// Run says the same to the customer.
			log.Error("resume", "error", err)
		case !ok:
			log.Info("there is no session to go on with")
			return machine.Autostart().Clear()
		}
	}
	target := find(opts, log)
	err = agent.Run(context.Background(), agent.Config{
		Machine: machine, Server: target.Server, Code: target.Code, Version: version.Version, Log: log,
	})
	switch {
	case err == nil, errors.Is(err, agent.ErrGoingDown), errors.Is(err, agent.ErrAlreadyRunning):
		if err != nil {
			log.Info("why it stops", "reason", err)
		}
		return nil
	}
	return err
}

// find puts together where to go: flags first, then the program's name, then where it was downloaded from. -resume goes on
// with what is on disk and looks at nothing else.
func find(o launch.Flags, log *logfile.Text) launch.Target {
	if o.Resume {
		return launch.Target{}
	}
	given := launch.Target{Code: o.Code}
	if o.Server != "" {
		server, err := launch.Server(o.Server)
		if err != nil {
			log.Warn("-server is left out", "error", err)
		}
		given.Server = server
	}
	self, err := os.Executable()
	if err != nil {
		log.Warn("the program's own name can't be had", "error", err)
		return given
	}
	target := given.Or(launch.FromName(self)).Or(launch.FromZone(zone(self)))
	log.Info("target", "server", target.Server, "code_known", target.Code != "")
	return target
}

// zone reads what the browser noted about the download; "" if there is no such note.
func zone(self string) string {
	f, err := os.Open(self + ":Zone.Identifier")
	if err != nil {
		return ""
	}
	defer f.Close()
	note, err := io.ReadAll(io.LimitReader(f, zoneLimit))
	if err != nil {
		return ""
	}
	return string(note)
}

// openLog opens the log file; without one the program works all the same.
func openLog(path string) (*logfile.Text, func()) {
	if path == "" {
		root, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, windows.KF_FLAG_CREATE)
		if err != nil {
			return logfile.NewText(nil), func() {}
		}
		path = filepath.Join(root, "Rejoin", "log", "rejoin.log")
	}
	f, err := logfile.Open(path, logLimit)
	if err != nil {
		return logfile.NewText(nil), func() {}
	}
	crash, err := os.OpenFile(strings.TrimSuffix(path, ".log")+".crash.log", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err == nil {
		_ = debug.SetCrashOutput(crash, debug.CrashOptions{})
		crash.Close()
	}
	return logfile.NewText(f), func() { f.Close() }
}
