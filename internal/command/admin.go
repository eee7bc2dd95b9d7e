package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
	"github.com/rejoin/rejoin/web"
)

func adminCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "admin",
		Usage: "manage users from the command line",
		Description: "For when nobody can sign in. It works on the data folder, also while the server runs, as the user that owns it. What it\n" +
			"does stands in the audit log. New users and reset ones get a link with which they set their own password.",
		Commands: []*cli.Command{createUserCommand(std), resetCommand(std), newKeysCommand(std)},
	}
}

func createUserCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "create a user and print a link with which they set a password",
		ArgsUsage: "LOGIN",
		Arguments: []cli.Argument{&cli.StringArg{Name: "login", UsageText: "LOGIN"}},
		Flags: []cli.Flag{
			dataFlag("rejoin"),
			text("name", "User", "`NAME` as customers see it (default: the login)", ""),
			&cli.BoolFlag{Name: "admin", Category: "User", Usage: "may manage users, the policy and the settings"},
			publicURLFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			login, ok := account.NormalLogin(c.StringArg("login"))
			if !ok {
				return &usageError{errors.New("give a login of letters, digits and . _ @ + -")}
			}
			typed := c.String("name")
			if typed == "" {
				typed = login
			}
			name, fault := account.NormalName(typed, account.MaxName)
			if fault != "" {
				return &usageError{fmt.Errorf("--name: 1 to %d printable characters", account.MaxName)}
			}
			return withStore(ctx, c, func(s *store.Store, base string) error {
				return createUser(ctx, std, s, base, account.User{Login: login, Name: name, Admin: c.Bool("admin")})
			})
		},
	}
}

func publicURLFlag() cli.Flag {
	return text("public-url", "Server", "`URL` for the link (default: the server's at its last start)", "")
}

func createUser(ctx context.Context, std Streams, s *store.Store, base string, u account.User) error {
	now := time.Now()
	u.ID, u.CreatedAt = handlers.NewUserID(), now
	link, token := handlers.NewToken(account.PurposePassword, u.ID, now)
	role := "technician"
	if u.Admin {
		role = "admin"
	}
	err := s.CreateUser(ctx, u, token, line(now, account.ActionUserCreated, "login", u.Login, "role", role, "how", "command line"))
	if errors.Is(err, account.ErrTaken) {
		return fmt.Errorf("there is a user %s already; \"rejoin admin reset %s\" gives them a new link", u.Login, u.Login)
	}
	if err != nil {
		return err
	}
	return printLink(std, u, base, link, token)
}

func resetCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:      "reset",
		Usage:     "print a link with which a user sets a new password; a disabled user is enabled",
		ArgsUsage: "LOGIN",
		Arguments: []cli.Argument{&cli.StringArg{Name: "login", UsageText: "LOGIN"}},
		Flags:     []cli.Flag{dataFlag("rejoin"), publicURLFlag()},
		Action: func(ctx context.Context, c *cli.Command) error {
			return withStore(ctx, c, func(s *store.Store, base string) error {
				return resetUser(ctx, std, s, base, c.StringArg("login"))
			})
		},
	}
}

func resetUser(ctx context.Context, std Streams, s *store.Store, base, login string) error {
	u, err := s.UserByLogin(ctx, login)
	if errors.Is(err, account.ErrNotFound) {
		return fmt.Errorf("there is no user %q", login)
	}
	if err != nil {
		return err
	}
	now := time.Now()
	if u.Disabled {
		if err := s.SetDisabled(ctx, u.ID, false, line(now, account.ActionUserEnabled, "login", u.Login, "how", "command line")); err != nil {
			return err
		}
	}
	link, token := handlers.NewToken(account.PurposePassword, u.ID, now)
	if err := s.IssueToken(ctx, token, line(now, account.ActionLinkIssued, "login", u.Login, "how", "command line")); err != nil {
		return err
	}
	return printLink(std, u, base, link, token)
}

func printLink(std Streams, u account.User, base, link string, t account.Token) error {
	_, err := fmt.Fprintf(std.Out, "%s (%s) sets a password with this link, which works once, until %s:\n\n    %s\n\n",
		u.Name, u.Login, t.ExpiresAt.Format("2006-01-02 15:04 MST"), web.SignInLink(base, link))
	return err
}

// newKeysCommand is the way out when the keys are lost and there is no backup of them.
func newKeysCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "new-keys",
		Usage: "make new keys where they are lost for good",
		Description: "Makes those of the server's keys that are missing; ones that are there stay. PCs that are in a session now will not\n" +
			"accept a server with a new identity: those sessions have to be started again.",
		Flags: []cli.Flag{dataFlag("rejoin")},
		Action: func(_ context.Context, c *cli.Command) error {
			if _, err := server.LoadKeys(c.String("data"), true); err != nil {
				return err
			}
			_, err := fmt.Fprintln(std.Out, "The keys are complete.")
			return err
		},
	}
}

// withStore opens the data folder's database, which must be there.
func withStore(ctx context.Context, c *cli.Command, do func(s *store.Store, base string) error) (err error) {
	dir := c.String("data")
	if err := server.HasDatabase(dir); err != nil {
		return err
	}
	s, err := store.Open(ctx, filepath.Join(dir, server.DatabaseFile), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	base := c.String("public-url")
	if base == "" {
		settings, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		if base = settings.PublicURL; base == "" {
			return &usageError{errors.New("the server has not run yet: give its address with --public-url")}
		}
	}
	return do(s, base)
}

func line(at time.Time, action session.Action, pairs ...string) session.AuditLine {
	l := session.AuditLine{At: at, Actor: session.Actor{Kind: session.ActorServer}, Action: action, Params: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		l.Params[pairs[i]] = pairs[i+1]
	}
	return l
}
