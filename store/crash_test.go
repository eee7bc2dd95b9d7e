package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// The environment by which this test binary becomes the process that is killed.
const (
	crashPath = "REJOIN_STORE_CRASH_PATH"
	crashAt   = "REJOIN_STORE_CRASH_AT" // "before 3": kill yourself before the third COMMIT; "": go on until killed
)

const crashCallers = 8

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		if err := crashChild(path, os.Getenv(crashAt)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashChild goes on with crashCallers sessions, and says each acknowledged revision as "session revision".
func crashChild(path, at string) error {
	s, err := Open(context.Background(), path, killing(at))
	if err != nil {
		return err
	}
	callers := crashCallers
	if at != "" {
		callers = 1 // one COMMIT after the other
	}
	var (
		wg    sync.WaitGroup
		out   sync.Mutex
		first error
	)
	for i := range callers {
		wg.Go(func() {
			err := crashCaller(s, session.ID(fmt.Sprint("s", i)), func(line string) {
				out.Lock()
				defer out.Unlock()
				os.Stdout.WriteString(line)
			})
			out.Lock()
			defer out.Unlock()
			first = errors.Join(first, err)
		})
	}
	wg.Wait()
	return first
}

// killing makes hooks that kill the process, the hard way.
func killing(at string) Options {
	when, number, _ := strings.Cut(at, " ")
	n, _ := strconv.Atoi(number)
	kill := func(count int) {
		if count == n {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	var opts Options
	before, after := 0, 0
	if when == "before" {
		opts.BeforeCommit = func(string) { before++; kill(before) }
	}
	if when == "after" {
		opts.AfterCommit = func(string) { after++; kill(after) }
	}
	return opts
}

func crashCaller(s *Store, id session.ID, say func(string)) error {
	ctx := context.Background()
	for {
		one, err := s.Session(ctx, id)
		tr := storetest.New(string(id))
		switch {
		case errors.Is(err, hub.ErrNotFound):
		case err != nil:
			return err
		default:
			tr = storetest.Next(hub.Transition{After: one, At: t0}, nil)
			tr.After.CommandSeq++
			tr.Commands = []hub.Command{{Seq: tr.After.CommandSeq, Type: "chat", Body: []byte(`{}`)}}
			tr.Chat = []session.ChatMessage{{Text: "x", At: t0}}
			tr.Audit = []session.AuditLine{{At: t0, Action: session.ActionLinkBack}}
		}
		if err := s.Commit(ctx, tr); err != nil {
			return err
		}
		say(fmt.Sprintf("%s %d\n", id, tr.After.Revision))
	}
}

// crash runs a child until it dies, or kills it after it acknowledged enough. It returns the last acknowledged revisions.
func crash(t *testing.T, path, at string, enough int) map[string]int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashPath+"="+path, crashAt+"="+at)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	is(t, err, nil)
	is(t, cmd.Start(), nil)
	acknowledged := map[string]int64{}
	for n, lines := 0, bufio.NewScanner(out); lines.Scan(); n++ {
		id, revision, _ := strings.Cut(lines.Text(), " ")
		if r, err := strconv.ParseInt(revision, 10, 64); err == nil {
			acknowledged[id] = r
		}
		if n == enough && at == "" {
			is(t, cmd.Process.Kill(), nil)
		}
	}
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v", err)
	}
	return acknowledged
}

// survived opens the file as the next start does, and checks that all that was acknowledged is there, whole.
func survived(t *testing.T, path string, acknowledged map[string]int64) map[string]int64 {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	is(t, err, nil)
	defer s.Close()
	var check string
	is(t, s.row(t.Context(), `PRAGMA integrity_check`, nil, &check), nil)
	if check != "ok" {
		t.Errorf("integrity: %s", check)
	}
	stored := map[string]int64{}
	lines := int64(0)
	for i := range crashCallers {
		id := session.ID(fmt.Sprint("s", i))
		one, err := s.Session(t.Context(), id)
		if errors.Is(err, hub.ErrNotFound) {
			if acknowledged[string(id)] != 0 {
				t.Errorf("%s is lost", id)
			}
			continue
		}
		is(t, err, nil)
		stored[string(id)] = one.Revision
		lines += one.Revision
		if one.Revision < acknowledged[string(id)] {
			t.Errorf("%s is at revision %d, %d was acknowledged", id, one.Revision, acknowledged[string(id)])
		}
		steps := int(one.Revision - 1) // each with one command and one line of chat
		commands := get[[]hub.Command](t)(s.Outbox(t.Context(), id, 0))
		chat := get[[]session.ChatMessage](t)(s.Chat(t.Context(), id))
		if len(commands) != steps || len(chat) != steps {
			t.Errorf("%s: %d steps, %d commands, %d lines of chat", id, steps, len(commands), len(chat))
		}
	}
	if c := chainHolds(t, s); c.Lines != lines {
		t.Errorf("%d audit lines, %d steps", c.Lines, lines)
	}
	return stored
}

// TestKilledAnywhere kills a process under load at any moment, again and again on the same file.
func TestKilledAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range 6 {
		survived(t, path, crash(t, path, "", 20+rng.IntN(300)))
	}
}

// TestKilledAtEachCommit kills it right before and right after each of the first COMMITs.
func TestKilledAtEachCommit(t *testing.T) {
	for n := 1; n <= 4; n++ {
		for _, when := range []string{"before", "after"} {
			path := filepath.Join(t.TempDir(), "rejoin.db")
			acknowledged := crash(t, path, fmt.Sprint(when, " ", n), 0)
			stored := survived(t, path, acknowledged)
			want := int64(n) // after COMMIT it is there, although nobody heard of it
			if when == "before" {
				want--
			}
			if stored["s0"] != want || acknowledged["s0"] != int64(n-1) {
				t.Errorf("killed %s COMMIT %d: revision %d, acknowledged %d", when, n, stored["s0"], acknowledged["s0"])
			}
		}
	}
}
