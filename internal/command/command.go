// Package command is the server's command line: serve, demo, migrate, admin, version. Each flag can also be given as an
// environment variable, REJOIN_ and its name in capitals; a flag on the command line wins.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/version"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // something on the command line or in the environment must be changed
)

// gcPercent makes the garbage collector run at half the usual growth of the heap: the server holds many small things for
// long, and what is thrown away between them when thousands of agents connect leaves holes that can't be filled again.
// It takes 6 % off an idle agent's share of memory.
const gcPercent = 50

// Streams are where a command reads and writes: out is for what was asked for, errs for the log and for complaints.
type Streams struct{ Out, Err io.Writer }

// Main runs the command line and returns the process's exit code. A first SIGINT or SIGTERM stops a server in good order, a
// second one at once.
func Main(args []string, std Streams) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // from here on a signal kills
	}()
	return Run(ctx, args, std)
}

// Run is Main without signals.
func Run(ctx context.Context, args []string, std Streams) int {
	err := root(std).Run(ctx, args)
	var usage *server.ConfigError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(std.Err, "rejoin: %s\n", usage.Text)
		return exitUsage
	case isUsage(err):
		fmt.Fprintf(std.Err, "rejoin: %v\nTry: rejoin --help\n", err)
		return exitUsage
	}
	fmt.Fprintf(std.Err, "rejoin: %s\n", server.SafeText(err.Error()))
	return exitFailed
}

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func isUsage(err error) bool {
	var u *usageError
	return errors.As(err, &u)
}

func root(std Streams) *cli.Command {
	cmd := &cli.Command{
		Name:  "rejoin",
		Usage: "remote support whose sessions survive the customer's reboot",
		Description: "Start with \"rejoin demo\" to look around, or with \"rejoin serve\" for real use.\n" +
			"Every flag can also be set in the environment: --trusted-proxy is REJOIN_TRUSTED_PROXY, and so on.",
		Version:  version.Version,
		Suggest:  true,
		Commands: []*cli.Command{serveCommand(std), demoCommand(std), migrateCommand(std), adminCommand(std), versionCommand(std)},
	}
	finish(cmd, std)
	return cmd
}

// finish gives a command and those below it the same manners: where they write, and that nothing unknown is ignored.
func finish(cmd *cli.Command, std Streams) {
	cmd.Writer, cmd.ErrWriter = std.Out, std.Err
	cmd.ExitErrHandler = func(context.Context, *cli.Command, error) {} // Run says it
	cmd.OnUsageError = func(_ context.Context, _ *cli.Command, err error, _ bool) error { return &usageError{err} }
	cmd.HideHelpCommand = true
	run := cmd.Action
	cmd.Action = func(ctx context.Context, c *cli.Command) error {
		if c.Args().Len() > 0 && len(cmd.Arguments) == 0 {
			return &usageError{fmt.Errorf("%s does not know %q", c.FullName(), c.Args().First())}
		}
		if run == nil {
			return cli.ShowSubcommandHelp(c)
		}
		return run(ctx, c)
	}
	for _, sub := range cmd.Commands {
		finish(sub, std)
	}
}

// env is where a flag's value comes from if it is not on the command line.
func env(flag string) cli.ValueSourceChain {
	return cli.EnvVars("REJOIN_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
}

// defaultData is where data is kept if nothing else is said: what systemd gave the service, the place for a system service
// when run as root, else the user's own.
func defaultData(name string) string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" { // systemd.exec(5)
		return filepath.SplitList(dir)[0]
	}
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib", name)
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, name)
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", name)
	}
	return name + "-data"
}

func dataFlag(name string) *cli.StringFlag {
	return &cli.StringFlag{
		Name: "data", Usage: "`FOLDER` for the database, the keys and the certificates", Sources: env("data"),
		Value: defaultData(name), Category: "Server",
	}
}
