package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/migrations"
	"github.com/rejoin/rejoin/store/storetest"
)

// schemaOf is what the database says about itself.
func schemaOf(t *testing.T, s *Store) []string {
	t.Helper()
	return get[[]string](t)(rowsOf(t, s, `SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name`))
}

// at makes a database of an earlier version, with something in it.
func at(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := openDB(t.Context(), path, writerPragmas)
	is(t, err, nil)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.Files, goose.WithTableName(versionTable))
	is(t, err, nil)
	if version == 0 {
		return
	}
	_, err = p.UpTo(t.Context(), version)
	is(t, err, nil)
	tr := storetest.New("old")
	row, err := newTransition(tr)
	is(t, err, nil)
	_, err = db.ExecContext(t.Context(), `INSERT INTO sessions (id, revision, state, technician, machine, created_at, joined_at, ended_at,
		code_expires_at, search, face, acked_seq, deadline, doc) VALUES ('old', 1, 'waiting', 'u1', '', 1, 0, 0, 0, '', 0, 0, 7, ?)`, row.row.doc)
	is(t, err, nil)
}

func TestMigrateFromEachVersion(t *testing.T) {
	files := get[[]string](t)(globMigrations())
	want := schemaOf(t, open(t, Options{}))
	for version := int64(0); version <= int64(len(files)); version++ {
		path := filepath.Join(t.TempDir(), "rejoin.db")
		at(t, path, version)
		done := get[[]Migration](t)(Migrate(t.Context(), path))
		if len(done) != len(files)-int(version) {
			t.Errorf("from version %d: carried out %v", version, done)
		}
		for i, m := range done {
			if m.Version != version+int64(i)+1 || m.File != files[m.Version-1] {
				t.Errorf("from version %d: step %d is %+v", version, i, m)
			}
		}
		if again := get[[]Migration](t)(Migrate(t.Context(), path)); len(again) != 0 {
			t.Errorf("migrated again: %v", again)
		}
		s := openAt(t, path, Options{})
		if got := schemaOf(t, s); !slices.Equal(got, want) {
			t.Errorf("from version %d the schema is\n%s", version, strings.Join(got, "\n"))
		}
		if version == 0 {
			continue
		}
		if got := get[session.Session](t)(s.Session(t.Context(), "old")); got.ID != "old" {
			t.Errorf("from version %d: session %+v", version, got)
		}
		is(t, s.Commit(t.Context(), storetest.Next(storetest.New("old"), storetest.Joined)), nil)
	}
}

func globMigrations() ([]string, error) {
	entries, err := migrations.Files.ReadDir(".")
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func TestNewerDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	tamper(t, s, `INSERT INTO `+versionTable+` (version_id, is_applied) VALUES (9999, 1)`)
	is(t, s.Close(), nil)
	_, err := Open(t.Context(), path, Options{})
	is(t, err, ErrNewer)
	_, err = Migrate(t.Context(), path)
	is(t, err, ErrNewer)
}
