package command

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/store"
)

func migrateCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "bring the database up to date, and nothing else",
		Description: "\"rejoin serve\" does this by itself at its start. Use it to do it at a time of your choice; make a backup of the data\n" +
			"folder before, since an older program can't use a newer database.",
		Flags: []cli.Flag{dataFlag("rejoin")},
		Action: func(ctx context.Context, c *cli.Command) error {
			if _, err := server.LoadKeys(c.String("data"), false); err != nil {
				return err
			}
			steps, err := store.Migrate(ctx, filepath.Join(c.String("data"), server.DatabaseFile))
			if err != nil {
				return err
			}
			if len(steps) == 0 {
				fmt.Fprintln(std.Out, "The database is up to date.")
			}
			for _, step := range steps {
				fmt.Fprintf(std.Out, "done: %s\n", step.File)
			}
			return nil
		},
	}
}
