package command

import (
	"context"

	"github.com/urfave/cli/v3"
)

func demoCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "try everything on this machine, with a simulated PC",
		Description: "Prints a link that signs in with one click, and offers a simulated Windows PC as a page: play the technician in one\n" +
			"tab and the customer in another. It keeps its data in a folder of its own; a second start finds everything as it was.",
		Flags: append([]cli.Flag{listenFlag(), dataFlag("rejoin-demo"), agentFlag()}, logFlags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			cfg := configFrom(c)
			cfg.Demo = true
			return serve(ctx, std, c, cfg)
		},
	}
}
