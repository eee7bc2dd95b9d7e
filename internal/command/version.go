package command

import (
	"context"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/internal/version"
	"github.com/rejoin/rejoin/internal/wire"
)

func versionCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(context.Context, *cli.Command) error {
			_, err := fmt.Fprintf(std.Out, "rejoin %s (protocol %d, %s %s/%s)\n", version.Version, wire.Version, runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
