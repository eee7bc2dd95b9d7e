package agent

import (
	"context"
	"errors"
)

// Run is one process of the agent: it goes on with the session this PC is in, or joins one, and returns when that is
// over and cleaned up (nil, also when the customer closed the code window), when ctx ends (its error; the session goes on
// with the next Run), when Windows ends ([ErrGoingDown]) or when the agent can't work on this PC. It tells the customer
// itself; the error is for the log and the exit code.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	if cfg.Machine == nil {
		return errors.New("agent: no machine")
	}
	return errors.New("agent: not built yet")
}
