package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

var t0 = storetest.T0

func line(action session.Action) session.AuditLine {
	return session.AuditLine{At: t0, Actor: session.Actor{Kind: session.ActorTechnician, ID: "root", Name: "Root"}, Action: action}
}

func token(clear string, p account.Purpose, user string) account.Token {
	h := sha256.Sum256([]byte(clear))
	return account.Token{Hash: h[:], Purpose: p, User: user, ExpiresAt: t0.Add(time.Hour)}
}

func user(login string) account.User {
	return account.User{ID: "id-" + login, Login: login, Name: "Name of " + login, CreatedAt: t0, Epoch: 1}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func get[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		is(t, err, nil)
		return v
	}
}

// lastLine is the newest audit line that is about no session.
func lastLine(t *testing.T, s *Store) session.AuditLine {
	t.Helper()
	entries := get[[]account.AuditEntry](t)(s.AuditBefore(t.Context(), 0, 1))
	if len(entries) != 1 || entries[0].Session != "" {
		t.Fatalf("last audit line: %+v", entries)
	}
	return entries[0].Line
}

func auditLines(t *testing.T, s *Store) int {
	t.Helper()
	return len(get[[]account.AuditEntry](t)(s.AuditBefore(t.Context(), 0, 10_000)))
}

func TestFirstAdmin(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	setup, other := token("setup", account.PurposeSetup, ""), token("sign in", account.PurposeSignIn, "")
	is(t, s.IssueToken(ctx, setup, line(account.ActionLinkIssued)), nil)
	is(t, s.IssueToken(ctx, other, line(account.ActionLinkIssued)), nil)
	if get[bool](t)(s.HasAdmin(ctx)) {
		t.Fatal("an admin before setup")
	}
	first := user("ana")
	create := func(hash []byte, u account.User, at time.Time) error {
		return s.CreateFirstAdmin(ctx, hash, u, "Example Ltd", at, line(account.ActionSetUp))
	}
	lines := auditLines(t, s)
	is(t, create(other.Hash, first, t0), account.ErrTokenGone) // for another purpose
	is(t, create([]byte("unknown"), first, t0), account.ErrTokenGone)
	is(t, create(setup.Hash, first, setup.ExpiresAt.Add(time.Millisecond)), account.ErrTokenGone)
	if n := auditLines(t, s); n != lines || get[bool](t)(s.HasAdmin(ctx)) {
		t.Fatalf("refused setups left something: %d audit lines, were %d", n, lines)
	}
	is(t, create(setup.Hash, first, setup.ExpiresAt), nil) // the moment of expiry is in time
	if u := get[account.User](t)(s.UserByLogin(ctx, " ANA ")); !u.Admin || u.Disabled || u.ID != first.ID {
		t.Errorf("first admin %+v", u)
	}
	if c := get[account.Settings](t)(s.Settings(ctx)); c.Company != "Example Ltd" {
		t.Errorf("settings %+v", c)
	}
	if l := lastLine(t, s); l.Action != account.ActionSetUp {
		t.Errorf("audited %+v", l)
	}
	again := token("again", account.PurposeSetup, "")
	is(t, s.IssueToken(ctx, again, line(account.ActionLinkIssued)), nil)
	is(t, create(again.Hash, user("eve"), t0), account.ErrSetUp)
}

func TestFirstAdminRace(t *testing.T) {
	s := open(t, Options{})
	setup := token("setup", account.PurposeSetup, "")
	is(t, s.IssueToken(t.Context(), setup, line(account.ActionLinkIssued)), nil)
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			err := s.CreateFirstAdmin(context.Background(), setup.Hash, user(fmt.Sprint("u", i)), "", t0, line(account.ActionSetUp))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, account.ErrSetUp) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if users := get[[]account.User](t)(s.Users(t.Context())); won.Load() != 1 || len(users) != 1 {
		t.Errorf("%d won, %d users", won.Load(), len(users))
	}
}

func TestUsers(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	_, err := s.User(ctx, "none")
	is(t, err, account.ErrNotFound)
	_, err = s.UserByLogin(ctx, "none")
	is(t, err, account.ErrNotFound)
	ana, bob := user("ana"), user("bob")
	ana.Admin, bob.PasswordHash = true, "$argon2id$x"
	link := token("link", account.PurposePassword, ana.ID)
	is(t, s.CreateUser(ctx, ana, link, line(account.ActionUserCreated)), nil)
	is(t, s.CreateUser(ctx, bob, account.Token{}, line(account.ActionUserCreated)), nil)

	ana.LinkUntil = link.ExpiresAt
	if got := get[account.User](t)(s.User(ctx, ana.ID)); got != ana {
		t.Errorf("read %+v, wrote %+v", got, ana)
	}
	if all := get[[]account.User](t)(s.Users(ctx)); !slices.Equal(all, []account.User{ana, bob}) {
		t.Errorf("users %+v", all)
	}
	lines := auditLines(t, s)
	twin := user("ana")
	twin.ID = "another"
	is(t, s.CreateUser(ctx, twin, token("t", account.PurposePassword, twin.ID), line(account.ActionUserCreated)), account.ErrTaken)
	upper := user("ANA")
	if err := s.CreateUser(ctx, upper, account.Token{}, line(account.ActionUserCreated)); err == nil {
		t.Error("a login that is not in its normal form was taken")
	}
	is(t, s.SetDisabled(ctx, "none", true, line(account.ActionUserDisabled)), account.ErrNotFound)
	is(t, s.SetDisabled(ctx, ana.ID, true, line(account.ActionUserDisabled)), account.ErrLastAdmin)
	is(t, s.SetAdmin(ctx, ana.ID, false, line(account.ActionUserDisabled)), account.ErrLastAdmin)
	if n := auditLines(t, s); n != lines {
		t.Errorf("refused changes were audited: %d lines, were %d", n, lines)
	}

	is(t, s.SetAdmin(ctx, bob.ID, true, line("x")), nil)
	is(t, s.SetDisabled(ctx, ana.ID, true, line(account.ActionUserDisabled)), nil)
	is(t, s.SetAdmin(ctx, bob.ID, false, line("x")), account.ErrLastAdmin) // a disabled admin is none
	got := get[account.User](t)(s.User(ctx, ana.ID))
	if !got.Disabled || got.Epoch != 2 || !got.LinkUntil.IsZero() {
		t.Errorf("disabled %+v", got)
	}
	_, _, err = s.UseToken(ctx, link.Hash, []account.Purpose{account.PurposePassword}, t0, line("x"))
	is(t, err, account.ErrTokenGone)
	is(t, s.SetDisabled(ctx, ana.ID, false, line(account.ActionUserEnabled)), nil)
	is(t, s.Rename(ctx, ana.ID, "Anaïs", line("x")), nil)
	is(t, s.NoteSignIn(ctx, ana.ID, t0.Add(5), line(account.ActionSignedIn)), nil)
	got = get[account.User](t)(s.User(ctx, ana.ID))
	if got.Disabled || got.Epoch != 3 || got.Name != "Anaïs" || !got.SeenAt.Equal(t0.Add(5)) {
		t.Errorf("enabled %+v", got)
	}
}

func TestLastAdminRace(t *testing.T) {
	s := open(t, Options{})
	const admins = 10
	for i := range admins {
		u := user(fmt.Sprint("u", i))
		u.Admin = true
		is(t, s.CreateUser(t.Context(), u, account.Token{}, line("x")), nil)
	}
	var wg sync.WaitGroup
	for i := range admins {
		wg.Go(func() {
			err := s.SetDisabled(context.Background(), user(fmt.Sprint("u", i)).ID, true, line("x"))
			if err != nil && !errors.Is(err, account.ErrLastAdmin) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	left := 0
	for _, u := range get[[]account.User](t)(s.Users(t.Context())) {
		if !u.Disabled {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d admins left", left)
	}
}

func TestSetPassword(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	u := user("ana")
	is(t, s.CreateUser(ctx, u, token("one", account.PurposePassword, u.ID), line("x")), nil)
	got := get[account.User](t)(s.SetPassword(ctx, u.ID, "$argon2id$y", line(account.ActionPasswordChanged)))
	if got.PasswordHash != "$argon2id$y" || got.Epoch != 2 || !got.LinkUntil.IsZero() {
		t.Errorf("after it %+v", got)
	}
	if stored := get[account.User](t)(s.User(ctx, u.ID)); stored != got {
		t.Errorf("stored %+v, returned %+v", stored, got)
	}
	_, err := s.SetPassword(ctx, "none", "x", line("x"))
	is(t, err, account.ErrNotFound)
}

func TestTokens(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	u := user("ana")
	is(t, s.CreateUser(ctx, u, account.Token{}, line("x")), nil)
	issue := func(clear string, p account.Purpose) account.Token {
		tk := token(clear, p, u.ID)
		is(t, s.IssueToken(ctx, tk, line(account.ActionLinkIssued)), nil)
		return tk
	}
	use := func(tk account.Token, at time.Time, purposes ...account.Purpose) error {
		_, _, err := s.UseToken(ctx, tk.Hash, purposes, at, line(account.ActionSignedIn))
		return err
	}
	a := issue("a", account.PurposePassword)
	is(t, use(a, t0, account.PurposeSignIn), account.ErrTokenGone) // kind A where B is wanted
	is(t, use(a, t0), account.ErrTokenGone)
	is(t, use(a, a.ExpiresAt.Add(time.Millisecond), account.PurposePassword), account.ErrTokenGone)
	if !get[bool](t)(s.TokenGood(ctx, a.Hash, account.PurposePassword, t0)) {
		t.Error("a good token is called bad")
	}
	got, p, err := s.UseToken(ctx, a.Hash, []account.Purpose{account.PurposeSignIn, account.PurposePassword},
		a.ExpiresAt.Add(-time.Millisecond), line(account.ActionSignedIn))
	is(t, err, nil)
	if got.ID != u.ID || p != account.PurposePassword {
		t.Errorf("used for %+v, %s", got, p)
	}
	if l := lastLine(t, s); l.Actor != u.Actor() || l.Params["login"] != "ana" {
		t.Errorf("audited %+v", l)
	}
	is(t, use(a, t0, account.PurposePassword), account.ErrTokenGone) // used
	if get[bool](t)(s.TokenGood(ctx, a.Hash, account.PurposePassword, t0)) {
		t.Error("a used token is called good")
	}
	b, c := issue("b", account.PurposePassword), issue("c", account.PurposePassword)
	other := issue("d", account.PurposeSignIn)
	is(t, use(b, t0, account.PurposePassword), account.ErrTokenGone) // replaced
	is(t, use(c, t0, account.PurposePassword), nil)
	is(t, use(other, t0, account.PurposeSignIn), nil)
	setup := token("setup", account.PurposeSetup, "")
	is(t, s.IssueToken(ctx, setup, line("x")), nil)
	is(t, use(setup, t0, account.PurposeSetup), account.ErrTokenGone) // stands for nobody
	if !get[bool](t)(s.TokenGood(ctx, setup.Hash, account.PurposeSetup, t0)) {
		t.Error("the attempt used the token up")
	}
	if err := s.IssueToken(ctx, account.Token{Hash: []byte("clear"), Purpose: "x"}, line("x")); err == nil {
		t.Error("a token that is not hashed was taken")
	}
}

func TestTokenRace(t *testing.T) {
	s := open(t, Options{})
	u := user("ana")
	tk := token("a", account.PurposeSignIn, u.ID)
	is(t, s.CreateUser(t.Context(), u, tk, line("x")), nil)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			_, _, err := s.UseToken(context.Background(), tk.Hash, []account.Purpose{account.PurposeSignIn}, t0, line("x"))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, account.ErrTokenGone) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("one token used %d times", won.Load())
	}
}

func TestPolicy(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	first := get[account.PolicyRecord](t)(s.Policy(ctx))
	if first.Policy != session.DefaultPolicy() || first.Revision != 0 {
		t.Fatalf("at first %+v", first)
	}
	p := session.DefaultPolicy()
	p.WindowMinutes, p.AskBeforeReboot = 20, false
	is(t, s.SetPolicy(ctx, p, 0, line(account.ActionPolicyChanged)), nil)
	got := get[account.PolicyRecord](t)(s.Policy(ctx))
	if got.Policy != p || got.Revision != 1 || got.By.Name != "Root" || !got.At.Equal(t0) {
		t.Errorf("after it %+v", got)
	}
	lines := auditLines(t, s)
	is(t, s.SetPolicy(ctx, session.DefaultPolicy(), 0, line("x")), account.ErrConflict)
	is(t, s.SetPolicy(ctx, session.DefaultPolicy(), 2, line("x")), account.ErrConflict)
	bad := p
	bad.PromptSeconds = 1
	if err := s.SetPolicy(ctx, bad, 1, line("x")); err == nil {
		t.Error("a policy out of its bounds was saved")
	}
	if n := auditLines(t, s); n != lines {
		t.Error("refused changes were audited")
	}
	is(t, s.SetPolicy(ctx, session.DefaultPolicy(), 1, line("x")), nil)
}

func TestSettings(t *testing.T) {
	s, ctx := open(t, Options{}), t.Context()
	if got := get[account.Settings](t)(s.Settings(ctx)); got != (account.Settings{}) {
		t.Errorf("at first %+v", got)
	}
	is(t, s.SetCompany(ctx, "Café & Fils", line(account.ActionSettingsChanged)), nil)
	is(t, s.SetPublicURL(ctx, "https://help.example"), nil)
	want := account.Settings{Company: "Café & Fils", PublicURL: "https://help.example"}
	if got := get[account.Settings](t)(s.Settings(ctx)); got != want {
		t.Errorf("read %+v", got)
	}
	id := get[string](t)(s.ServerID(ctx))
	if other := get[string](t)(open(t, Options{}).ServerID(ctx)); len(id) != 32 || other == id {
		t.Errorf("server IDs %q and %q", id, other)
	}
}
