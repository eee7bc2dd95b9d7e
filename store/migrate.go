package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"github.com/rejoin/rejoin/migrations"
)

// Migration is a step of the schema that was carried out.
type Migration struct {
	Version int64
	File    string
}

// Migrate brings the database at path to the schema of this program, making it if it isn't there, and tells which steps
// that took. Each step is a transaction. Errors: ErrNewer, and the others of a store in trouble.
func Migrate(ctx context.Context, path string) ([]Migration, error) {
	db, err := openDB(ctx, path, writerPragmas)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return migrate(ctx, db)
}

// versionTable is where goose notes which steps were carried out.
const versionTable = "schema_versions"

func migrate(ctx context.Context, db *sql.DB) ([]Migration, error) {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.Files, goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(versionTable))
	if err != nil {
		return nil, wrap("read the migrations", err)
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	have, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return nil, wrap("read the schema's version", err)
	case have > want:
		return nil, fmt.Errorf("store: schema %d, this program knows %d: %w", have, want, ErrNewer)
	case have == want:
		return nil, nil
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, wrap("migrate the schema", err)
	}
	done := make([]Migration, len(results))
	for i, r := range results {
		done[i] = Migration{Version: r.Source.Version, File: r.Source.Path}
	}
	return done, nil
}

// schemaVersion is the last step that was carried out; 0 for a fresh file. (goose, asked first, would take a version table
// that it can't read for one that is not there.)
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var tables int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?`, versionTable).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version int64
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versionTable).Scan(&version)
	return version, err
}
