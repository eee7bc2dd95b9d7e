package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/store"
)

func runCommand(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	code = Run(ctx, append([]string{"rejoin"}, args...), Streams{Out: &o, Err: &e})
	return code, o.String(), e.String()
}

func TestEachCommandHelps(t *testing.T) {
	for args, want := range map[string]string{
		"--help": "rejoin demo", "serve --help": "--acme-domain", "demo --help": "simulated", "migrate --help": "backup",
		"admin --help": "create", "admin create --help": "LOGIN", "admin reset --help": "password", "admin new-keys --help": "lost",
		"version --help": "version", "version": "rejoin dev",
	} {
		code, out, errs := runCommand(t, strings.Fields(args)...)
		if code != exitOK || !strings.Contains(out, want) || errs != "" {
			t.Errorf("%s: %d %q %q", args, code, out, errs)
		}
	}
}

func TestMistakesOnTheCommandLineAreNamed(t *testing.T) {
	for args, want := range map[string]string{
		"bogus":                                "bogus",
		"serve --bogus":                        "bogus",
		"serve extra":                          "extra",
		"serve --listen :8080":                 "in clear",
		"serve --session-idle 0s":              "session-idle",
		"serve --session-idle x":               "session-idle",
		"serve --max-pending 0":                "max-pending",
		"serve --log-format xml --data /dev/x": "log format",
		"serve --log-level loud":               "log level",
		"admin create":                         "login",
		"admin create bad!":                    "login",
		"admin reset --data /nowhere ada":      "no database",
	} {
		code, out, errs := runCommand(t, strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %q %q", args, code, out, errs)
		}
	}
}

// Each flag can be set in the environment, under the name that follows from its own.
func TestEachFlagHasItsVariable(t *testing.T) {
	var walk func(cmd *cli.Command)
	walk = func(cmd *cli.Command) {
		for _, f := range cmd.Flags {
			name := f.Names()[0]
			doc, ok := f.(cli.DocGenerationFlag)
			if !ok || name == "help" || name == "admin" {
				continue
			}
			want := "REJOIN_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
			if vars := doc.GetEnvVars(); len(vars) != 1 || vars[0] != want {
				t.Errorf("%s --%s: %v, want %s", cmd.Name, name, vars, want)
			}
			if doc.GetUsage() == "" {
				t.Errorf("%s --%s is not explained", cmd.Name, name)
			}
		}
		for _, sub := range cmd.Commands {
			walk(sub)
		}
	}
	walk(root(Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}))
	t.Setenv("REJOIN_LISTEN", ":8080")
	if code, _, errs := runCommand(t, "serve"); code != exitUsage || !strings.Contains(errs, "--listen :8080") {
		t.Errorf("%d %q", code, errs)
	}
}

func TestUsersFromTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code, out, errs := runCommand(t, "migrate", "--data", dir); code != exitOK || !strings.Contains(out, "done: ") {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	if code, out, _ := runCommand(t, "migrate", "--data", dir); code != exitOK || !strings.Contains(out, "up to date") {
		t.Errorf("%d %q", code, out)
	}
	if code, _, errs := runCommand(t, "admin", "create", "--data", dir, "ada"); code != exitUsage || !strings.Contains(errs, "--public-url") {
		t.Errorf("without an address: %d %q", code, errs)
	}
	create := []string{"admin", "create", "--data", dir, "--public-url", "https://help.example.org", "--name", "Ada", "--admin", "Ada"}
	code, out, errs := runCommand(t, create...)
	first := linkIn(out)
	if code != exitOK || first == "" {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	if code, _, errs := runCommand(t, create...); code != exitFailed || !strings.Contains(errs, "admin reset") {
		t.Errorf("twice: %d %q", code, errs)
	}
	code, out, errs = runCommand(t, "admin", "reset", "--data", dir, "--public-url", "https://help.example.org", "ADA")
	if second := linkIn(out); code != exitOK || second == "" || second == first {
		t.Errorf("%d %q %q", code, out, errs)
	}
	if code, _, errs := runCommand(t, "admin", "reset", "--data", dir, "--public-url", "https://help.example.org", "eve\x1b[2J"); code != exitFailed || strings.Contains(errs, "\x1b") {
		t.Errorf("%d %q", code, errs)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "rejoin.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	u, err := s.UserByLogin(t.Context(), "ada")
	if err != nil || !u.Admin || u.Name != "Ada" || u.PasswordHash != "" || u.LinkUntil.IsZero() {
		t.Errorf("%+v %v", u, err)
	}
	lines, err := s.AuditBefore(t.Context(), 0, 10)
	if err != nil || len(lines) != 2 || lines[0].Line.Action != account.ActionLinkIssued || lines[1].Line.Action != account.ActionUserCreated {
		t.Errorf("%+v %v", lines, err)
	}
}

func linkIn(out string) string {
	return regexp.MustCompile(`https://help\.example\.org/sign-in/link#[a-z0-9]{26}`).FindString(out)
}

func TestLostKeysAreNotReplacedInSilence(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	runCommand(t, "migrate", "--data", dir)
	if err := os.Remove(filepath.Join(dir, "identity.pem")); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runCommand(t, "serve", "--listen", "127.0.0.1:0", "--data", dir); code != exitFailed || !strings.Contains(errs, "new-keys") {
		t.Errorf("%d %q", code, errs)
	}
	if code, out, errs := runCommand(t, "admin", "new-keys", "--data", dir); code != exitOK || !strings.Contains(out, "complete") {
		t.Errorf("%d %q %q", code, out, errs)
	}
}
