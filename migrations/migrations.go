// Package migrations holds the database's schema as numbered SQL files. A file that has been released is never changed:
// the schema moves on in a new file.
package migrations

import "embed"

// Files are the migrations, for goose: NNNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
