package logfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "rejoin.log")
	l, err := Open(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		line := bytes.Repeat([]byte{byte('a' + i%26)}, 29)
		if n, err := l.Write(append(line, '\n')); n != 30 || err != nil {
			t.Fatalf("write %d: %d, %v", i, n, err)
		}
	}
	if n, err := l.Write(bytes.Repeat([]byte("x"), 500)); n != 500 || err != nil {
		t.Fatalf("a long record: %d, %v", n, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("late\n")); err == nil {
		t.Error("a closed log takes records")
	}
	now, old := read(t, path), read(t, path+".1")
	if len(now) > 100 || len(old) > 100 {
		t.Errorf("the files have %d and %d bytes, limit 100", len(now), len(old))
	}
	if !strings.HasPrefix(now, "xxx") || !strings.HasSuffix(now, "x\n") || !strings.HasPrefix(old, strings.Repeat("b", 29)) {
		t.Errorf("now %q, before %q", now, old)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 2 {
		t.Errorf("%d files", len(entries))
	}
}

func TestGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.log")
	for range 2 {
		l, err := Open(path, 1000)
		if err != nil {
			t.Fatal(err)
		}
		l.Write([]byte("one\n"))
		l.Close()
	}
	if got := read(t, path); got != "one\none\n" {
		t.Errorf("the log holds %q", got)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
