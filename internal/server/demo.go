package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

// The demo's one user, and its company until somebody changes it.
const (
	demoLogin   = "demo"
	demoName    = "Jonas Weber"
	demoCompany = "Weber IT"
)

// greetDemo makes the demo's user, at the first start, and prints a link that signs in with one click. The link is good once,
// like any other; each start prints a new one.
func (s *Server) greetDemo(ctx context.Context) error {
	user, err := s.demoUser(ctx)
	if err != nil {
		return err
	}
	text, token := handlers.NewToken(account.PurposeSignIn, user.ID, s.hub.Now())
	if err := s.store.IssueToken(ctx, token, serverLine(s.hub.Now(), account.ActionLinkIssued, "login", user.Login)); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nSign in with this link (it works once; a restart prints a new one):\n\n    %s\n\n"+
		"Then open the demo PC in a second tab:\n\n    %s\n\n", web.SignInLink(s.URL(), text), s.URL()+web.PathDemo)
	return nil
}

func (s *Server) demoUser(ctx context.Context) (account.User, error) {
	user, err := s.store.UserByLogin(ctx, demoLogin)
	if !errors.Is(err, account.ErrNotFound) {
		return user, err
	}
	now := s.hub.Now()
	user = account.User{ID: handlers.NewUserID(), Login: demoLogin, Name: demoName, Admin: true, CreatedAt: now}
	text, token := handlers.NewToken(account.PurposeSetup, "", now)
	if err := s.store.IssueToken(ctx, token, serverLine(now, account.ActionLinkIssued)); err != nil {
		return user, err
	}
	err = s.store.CreateFirstAdmin(ctx, handlers.TokenHash(text), user, demoCompany, now,
		serverLine(now, account.ActionSetUp, "login", demoLogin))
	if errors.Is(err, account.ErrSetUp) {
		return user, configErrorf("the data folder %s is that of a real server: give the demo one of its own with --data", s.plan.Data)
	}
	return user, err
}
