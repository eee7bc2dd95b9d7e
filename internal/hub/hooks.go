package hub

import (
	"context"

	"github.com/rejoin/rejoin/internal/wire"
)

// Hooks are called around each frame to an agent, with the type of its message. They are for tests that stop the process
// there; nil ones are skipped.
type Hooks struct {
	BeforeSend, AfterSend func(message string)
}

// watch puts the hooks around a connection, if there are any.
func (k Hooks) watch(conn AgentConn) AgentConn {
	if k.BeforeSend == nil && k.AfterSend == nil {
		return conn
	}
	return &watchedConn{conn, k}
}

type watchedConn struct {
	AgentConn
	hooks Hooks
}

// Write implements [AgentConn].
func (c *watchedConn) Write(ctx context.Context, frame []byte) error {
	_, env, _ := wire.Decode(frame) // our own; the type is read whatever else may be wrong
	if c.hooks.BeforeSend != nil {
		c.hooks.BeforeSend(env.Type)
	}
	err := c.AgentConn.Write(ctx, frame)
	if err == nil && c.hooks.AfterSend != nil {
		c.hooks.AfterSend(env.Type)
	}
	return err
}
