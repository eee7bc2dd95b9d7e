package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// rebootTransitions are n transitions of a session in the middle of a reboot: what the hub commits in a storm.
func rebootStep(tr hub.Transition) hub.Transition {
	next := storetest.Next(tr, func(s *session.Session) {
		s.CommandSeq++
		s.AckedSeq = s.CommandSeq - 1
		s.Link.Generation++
	})
	next.At = storetest.T0.Add(time.Duration(next.After.Revision) * time.Second)
	next.Deadline = next.At.Add(time.Minute)
	next.Audit = []session.AuditLine{{
		At: next.At, Actor: session.Actor{Kind: session.ActorAgent}, Action: session.ActionLinkBack, Reboot: "r1",
		Params: map[string]string{"away": "42"},
	}}
	next.Commands = []hub.Command{{Seq: next.After.CommandSeq, Type: "chat", Body: []byte(`{"from":"Ana","text":"hello there"}`)}}
	return next
}

// seeded opens a store with n sessions in the middle of a reboot.
func seeded(tb testing.TB, n int, opts Options) (*Store, []hub.Transition) {
	s := open(tb, opts)
	trs := make([]hub.Transition, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			tr := storetest.New(fmt.Sprintf("session-%08d", i))
			if err := s.Commit(context.Background(), tr); err != nil {
				tb.Error(err)
			}
			trs[i] = storetest.Next(tr, func(s *session.Session) { storetest.Joined(s); storetest.Rebooting(s) })
			if err := s.Commit(context.Background(), trs[i]); err != nil {
				tb.Error(err)
			}
		})
	}
	wg.Wait()
	return s, trs
}

// callersPerStore is how many callers commit at the same time in the benchmarks: about half of them share a transaction, as many
// as share one of the bare loop.
const callersPerStore = 200

// commitSome commits n transitions from callersPerStore callers at once, each at its own sessions.
func commitSome(b *testing.B, s *Store, trs []hub.Transition, n int) {
	var (
		wg   sync.WaitGroup
		left atomic.Int64
	)
	left.Store(int64(n))
	for c := range callersPerStore {
		wg.Go(func() {
			for i := c; left.Add(-1) >= 0; i = (i + callersPerStore) % len(trs) {
				trs[i] = rebootStep(trs[i])
				if err := s.Commit(context.Background(), trs[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// benchSessions is a multiple of callersPerStore: no two callers meet in a session.
const benchSessions = 1000

// cpuTime is what this process has used so far: it counts the same however busy the machine is otherwise.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCommit is durable transitions a second from many callers at once.
func BenchmarkCommit(b *testing.B) {
	s, trs := seeded(b, benchSessions, Options{})
	b.ReportAllocs()
	b.ResetTimer()
	commitSome(b, s, trs, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
}

// BenchmarkCommitAgainstBareLoop measures transitions and the bare loop in turns, so that whatever else the machine does
// hits both, and reports the ratio of their speeds.
func BenchmarkCommitAgainstBareLoop(b *testing.B) {
	for _, indexed := range []bool{false, true} {
		b.Run(fmt.Sprintf("indexed=%v", indexed), func(b *testing.B) {
			s, trs := seeded(b, benchSessions, Options{})
			bare := newBareLoop(b, indexed)
			var ours, theirs, oursCPU, theirsCPU time.Duration
			for b.Loop() {
				const slice = 2000
				start, cpu := time.Now(), cpuTime(b)
				commitSome(b, s, trs, slice)
				turn, turnCPU := time.Now(), cpuTime(b)
				bare.run(b, slice)
				ours, theirs = ours+turn.Sub(start), theirs+time.Since(turn)
				oursCPU, theirsCPU = oursCPU+turnCPU-cpu, theirsCPU+cpuTime(b)-turnCPU
			}
			n := float64(b.N) * 2000
			b.ReportMetric(float64(oursCPU.Microseconds())/n, "cpu-µs/transition")
			b.ReportMetric(float64(theirsCPU.Microseconds())/n, "cpu-µs/bare")
			b.ReportMetric(n/ours.Seconds(), "transitions/s")
			b.ReportMetric(n/theirs.Seconds(), "bare/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkCommitOne is the latency of a single caller.
func BenchmarkCommitOne(b *testing.B) {
	s, trs := seeded(b, 1, Options{})
	b.ReportAllocs()
	for b.Loop() {
		trs[0] = rebootStep(trs[0])
		if err := s.Commit(context.Background(), trs[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// bareLoop is the yardstick: one UPDATE and two INSERTs of the same bytes a step, 100 steps a transaction, prepared, one
// connection, nothing checked, chained or encoded. With indexes it keeps those that transitions need: by deadline, and
// audit lines by session.
type bareLoop struct {
	db                    *sql.DB
	update, audit, outbox *sql.Stmt
	step                  *transition
	done                  int
}

func newBareLoop(b *testing.B, indexed bool) *bareLoop {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	db, err := openDB(b.Context(), filepath.Join(b.TempDir(), "bare.db"), writerPragmas)
	must(err)
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	schema := []string{
		`CREATE TABLE s (id TEXT PRIMARY KEY, revision INTEGER, deadline INTEGER, doc TEXT)`,
		`CREATE TABLE a (seq INTEGER PRIMARY KEY, session TEXT, at INTEGER, actor TEXT, action TEXT, reboot TEXT, params TEXT, hash BLOB)`,
		`CREATE TABLE o (session TEXT, seq INTEGER, type TEXT, body BLOB)`,
	}
	if indexed {
		schema = append(schema, `CREATE INDEX sd ON s (deadline)`, `CREATE INDEX asn ON a (session, seq)`)
	}
	for _, q := range schema {
		_, err := db.Exec(q)
		must(err)
	}
	tr := storetest.Next(storetest.New("session-00000000"), func(s *session.Session) { storetest.Joined(s); storetest.Rebooting(s) })
	l := &bareLoop{db: db}
	l.step, err = newTransition(rebootStep(tr))
	must(err)
	for i := range benchSessions {
		_, err := db.Exec(`INSERT INTO s VALUES (?, 1, 1, ?)`, fmt.Sprintf("session-%08d", i), l.step.row.doc)
		must(err)
	}
	l.update, err = db.Prepare(`UPDATE s SET revision = ?, deadline = ?, doc = ? WHERE id = ?`)
	must(err)
	l.audit, err = db.Prepare(`INSERT INTO a (session, at, actor, action, reboot, params, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	must(err)
	l.outbox, err = db.Prepare(`INSERT INTO o VALUES (?, ?, ?, ?)`)
	must(err)
	return l
}

func (l *bareLoop) run(b *testing.B, n int) {
	hash := make([]byte, 32)
	for end := l.done + n; l.done < end; {
		tx, err := l.db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		u, a, o := tx.Stmt(l.update), tx.Stmt(l.audit), tx.Stmt(l.outbox)
		for i := 0; i < 100 && l.done < end; i, l.done = i+1, l.done+1 {
			id := fmt.Sprintf("session-%08d", l.done*389%benchSessions) // in no particular order, as PCs come back
			line, c := l.step.audit[0], l.step.Commands[0]
			_, err1 := u.Exec(l.done, l.done, l.step.row.doc, id)
			_, err2 := a.Exec(id, line.at, "agent", line.action, line.reboot, line.params, hash)
			_, err3 := o.Exec(id, l.done, c.Type, c.Body)
			if err1 != nil || err2 != nil || err3 != nil {
				b.Fatal(err1, err2, err3)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen is the time to open and migrate a fresh database, and to open it again.
func BenchmarkOpen(b *testing.B) {
	b.Run("fresh", func(b *testing.B) {
		dir := b.TempDir()
		n := 0
		for b.Loop() {
			n++
			s, err := Open(b.Context(), filepath.Join(dir, fmt.Sprint(n)), Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			s.Close()
			b.StartTimer()
		}
	})
	b.Run("existing", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "db")
		for b.Loop() {
			s, err := Open(b.Context(), path, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			s.Close()
			b.StartTimer()
		}
	})
}

func BenchmarkSession(b *testing.B) {
	s, _ := seeded(b, 1, Options{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Session(ctx, "session-00000000"); err != nil {
			b.Fatal(err)
		}
	}
}
