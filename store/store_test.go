package store

import (
	"path/filepath"
	"testing"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/store/storetest"
)

// open opens a database in a file of its own.
func open(t testing.TB, opts Options) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "rejoin.db"), opts)
}

func openAt(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	storetest.Contract(t, func(t *testing.T) hub.Store { return open(t, Options{}) })
}
