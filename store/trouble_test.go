package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// tmpfs mounts a small disk of its own, where the system lets us.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("can't mount a disk here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill commits sessions until one fails, and returns how many went well.
func fill(t *testing.T, s *Store, from int) (int, error) {
	t.Helper()
	for i := from; i < 100_000; i++ {
		if err := s.Commit(t.Context(), storetest.New(fmt.Sprintf("s%06d", i))); err != nil {
			return i, err
		}
	}
	t.Fatal("it never got full")
	return 0, nil
}

// recovers checks that nothing acknowledged was lost and that writing goes on.
func recovers(t *testing.T, s *Store, acknowledged int) {
	t.Helper()
	if err := s.Ready(t.Context()); err != nil {
		t.Fatalf("still not ready: %v", err)
	}
	is(t, s.Trouble(), nil)
	if n := get[int](t)(s.CountOpen(t.Context())); n != acknowledged {
		t.Errorf("%d sessions, %d were acknowledged", n, acknowledged)
	}
	is(t, s.Commit(t.Context(), storetest.New("after")), nil)
	if c := chainHolds(t, s); c.Lines != int64(acknowledged)+1 {
		t.Errorf("%d audit lines", c.Lines)
	}
}

func TestFullDisk(t *testing.T) {
	dir := tmpfs(t, "6m")
	ballast := filepath.Join(dir, "ballast")
	is(t, os.WriteFile(ballast, make([]byte, 2<<20), 0o600), nil)
	path := filepath.Join(dir, "rejoin.db")
	s := openAt(t, path, Options{})
	n, err := fill(t, s, 0)
	is(t, err, ErrFull)
	is(t, s.Trouble(), ErrFull)
	is(t, s.Ready(t.Context()), ErrFull)
	for i := range 20 { // it stays that way, and reading goes on
		is(t, s.Commit(t.Context(), storetest.New(fmt.Sprint("full", i))), ErrFull)
		get[session.Session](t)(s.Session(t.Context(), "s000000"))
	}
	_, err = Open(t.Context(), filepath.Join(dir, "another.db"), Options{})
	is(t, err, ErrFull)
	is(t, os.Remove(ballast), nil)
	recovers(t, s, n)
	is(t, s.Close(), nil)
	if _, err := openAt(t, path, Options{}).Session(t.Context(), "after"); err != nil {
		t.Error(err)
	}
}

// TestFullQuota is the same without a disk of its own: SQLite is told how large the file may get.
func TestFullQuota(t *testing.T) {
	var heard []error
	s := open(t, Options{OnTrouble: func(err error) { heard = append(heard, err) }})
	limit := func(pages int) {
		t.Helper()
		is(t, s.write(t.Context(), "limit", func(tx *tx) error {
			var n int
			return tx.row(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages), nil, &n)
		}), nil)
	}
	limit(200)
	n, err := fill(t, s, 0)
	is(t, err, ErrFull)
	is(t, s.Trouble(), ErrFull)
	is(t, s.Commit(t.Context(), storetest.New("s000000")), hub.ErrConflict) // writes nothing, says nothing
	is(t, s.Trouble(), ErrFull)
	if len(heard) != 1 || !errors.Is(heard[0], ErrFull) {
		t.Errorf("told %v", heard)
	}
	limit(1 << 30)
	recovers(t, s, n)
	if len(heard) != 2 || heard[1] != nil {
		t.Errorf("told %v", heard)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	dir := tmpfs(t, "8m")
	path := filepath.Join(dir, "rejoin.db")
	is(t, openAt(t, path, Options{}).Close(), nil)
	remount := func(flags uintptr) { t.Helper(); is(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""), nil) }
	remount(syscall.MS_RDONLY)
	for _, file := range []string{"rejoin.db", "new.db"} {
		_, err := Open(t.Context(), filepath.Join(dir, file), Options{})
		is(t, err, ErrReadOnly)
	}
	remount(0)
	openAt(t, path, Options{})
}

func TestReadOnlyFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere; TestReadOnlyDisk stands in")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "rejoin.db")
	is(t, openAt(t, path, Options{}).Close(), nil)
	is(t, os.Chmod(path, 0o400), nil)
	is(t, os.Chmod(dir, 0o500), nil)
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	_, err := Open(t.Context(), path, Options{})
	is(t, err, ErrReadOnly)
}

func TestNoFolder(t *testing.T) {
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "none", "rejoin.db"), Options{})
	is(t, err, os.ErrNotExist)
}

func TestNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	text := []byte(strings.Repeat("This is no database. ", 500))
	is(t, os.WriteFile(path, text, 0o600), nil)
	_, err := Open(t.Context(), path, Options{})
	is(t, err, ErrCorrupt)
	if b, _ := os.ReadFile(path); string(b) != string(text) {
		t.Error("the file was changed")
	}
}

// TestDamagedPages overwrites the database page by page: whatever is read then is right, or is said to be damaged.
func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	const n = 50
	for i := range n {
		is(t, s.Commit(t.Context(), storetest.New(fmt.Sprintf("s%06d", i))), nil)
	}
	is(t, s.Close(), nil)
	whole, err := os.ReadFile(path)
	is(t, err, nil)
	found := 0
	for page := 1; page < len(whole)/4096; page++ {
		damaged := append([]byte(nil), whole...)
		for i := page * 4096; i < (page+1)*4096; i++ {
			damaged[i] = 0xA5
		}
		is(t, os.WriteFile(path, damaged, 0o600), nil)
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			is(t, err, ErrCorrupt)
			found++
			continue
		}
		for i := range n {
			if _, err := s.Session(t.Context(), session.ID(fmt.Sprintf("s%06d", i))); err != nil {
				is(t, err, ErrCorrupt)
				found++
				break
			}
		}
		s.Close()
	}
	if found < 10 {
		t.Errorf("only %d damaged pages were noticed", found)
	}
}

func TestDamagedDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	is(t, s.Commit(t.Context(), storetest.New("a")), nil)
	is(t, s.Close(), nil)
	s = openAt(t, path, Options{})
	tamper(t, s, `UPDATE sessions SET doc = '{"id":'`)
	_, err := s.Session(t.Context(), "a")
	is(t, err, ErrCorrupt)
	_, err = s.Sessions(t.Context(), SessionFilter{})
	is(t, err, ErrCorrupt)
}

func TestLockedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	is(t, s.write(t.Context(), "impatient", func(tx *tx) error {
		var ms int
		return tx.row(`PRAGMA busy_timeout = 20`, nil, &ms)
	}), nil)
	db, err := openDB(t.Context(), path, writerPragmas)
	is(t, err, nil)
	defer db.Close()
	other, err := db.Conn(t.Context())
	is(t, err, nil)
	defer other.Close()
	_, err = other.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	is(t, err, nil)
	is(t, s.Commit(t.Context(), storetest.New("a")), ErrBusy)
	_, err = other.ExecContext(t.Context(), `COMMIT`)
	is(t, err, nil)
	is(t, s.Commit(t.Context(), storetest.New("a")), nil)
}

// TestTwoProcesses: two stores on one file, as the server and a command line beside it, keep one chain and one truth.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	a, b := openAt(t, path, Options{}), openAt(t, path, Options{})
	const each = 50
	var wg sync.WaitGroup
	for name, s := range map[string]*Store{"a": a, "b": b} {
		wg.Go(func() {
			for i := range each {
				if err := s.Commit(context.Background(), storetest.New(fmt.Sprint(name, i))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
	for i := range each {
		get[session.Session](t)(a.Session(t.Context(), session.ID(fmt.Sprint("b", i))))
		get[session.Session](t)(b.Session(t.Context(), session.ID(fmt.Sprint("a", i))))
	}
	if c := chainHolds(t, a); c.Lines != 2*each {
		t.Errorf("%d lines", c.Lines)
	}
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{"with space.db", "100%41.db", "a?mode=ro.db", "hash#tag.db", "é«»;.db", "a&b=c.db"} {
		path := filepath.Join(t.TempDir(), name)
		openAt(t, path, Options{})
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if info, err := os.Stat(path + suffix); errors.Is(err, os.ErrNotExist) || info.Mode().Perm() != 0o600 {
				t.Errorf("%s%s: %v %v", name, suffix, info, err)
			}
		}
	}
}

func TestPragmas(t *testing.T) {
	s := open(t, Options{})
	for pragma, want := range map[string]string{"synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "journal_mode": "wal"} {
		is(t, s.write(t.Context(), "pragma", func(tx *tx) error {
			var got any = new(int64)
			if pragma == "journal_mode" {
				got = new(string)
			}
			if err := tx.row(`PRAGMA `+pragma, nil, got); err != nil {
				return err
			}
			var text string
			switch v := got.(type) {
			case *int64:
				text = fmt.Sprint(*v)
			case *string:
				text = *v
			}
			if text != want {
				t.Errorf("%s is %s, want %s", pragma, text, want)
			}
			return nil
		}), nil)
	}
	err := s.readers.use(t.Context(), func(c *conn) error {
		_, err := c.exec(`DELETE FROM sessions`)
		return err
	})
	is(t, err, ErrReadOnly)
}
