package handlers

import (
	"context"
	"errors"

	"github.com/rejoin/rejoin/internal/session"
)

// brokenStore is a store in trouble.
type brokenStore struct{ Store }

var errBroken = errors.New("secret detail")

func (brokenStore) OpenSessions(context.Context, string, int) ([]session.Session, error) {
	return nil, errBroken
}

func (brokenStore) Ready(context.Context) error { return errBroken }
