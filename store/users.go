package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

// Users are never deleted: the audit log names them. Every change comes with its audit line, in the same transaction; the
// line's time is when it happened.

const userColumns = `id, login, name, admin, disabled, password_hash, epoch, created_at, seen_at,
	coalesce((SELECT max(expires_at) FROM tokens WHERE tokens.user = users.id AND used_at = 0), 0)`

func scanUser(scan func(...any) error) (account.User, error) {
	var (
		u                   account.User
		created, seen, link int64
	)
	err := scan(&u.ID, &u.Login, &u.Name, &u.Admin, &u.Disabled, &u.PasswordHash, &u.Epoch, &created, &seen, &link)
	u.CreatedAt, u.SeenAt, u.LinkUntil = fromNanos(created), fromNanos(seen), fromNanos(link)
	return u, err
}

// User returns a user by ID, or account.ErrNotFound. It is cheap enough to be asked on every request whether a user is
// still allowed in.
func (s *Store) User(ctx context.Context, id string) (account.User, error) {
	return s.user(ctx, `SELECT `+userColumns+` FROM users WHERE id = ?`, id)
}

// UserByLogin returns a user by login, however it is capitalised, or account.ErrNotFound.
func (s *Store) UserByLogin(ctx context.Context, login string) (account.User, error) {
	login, ok := account.NormalLogin(login)
	if !ok {
		return account.User{}, account.ErrNotFound
	}
	return s.user(ctx, `SELECT `+userColumns+` FROM users WHERE login = ?`, login)
}

func (s *Store) user(ctx context.Context, query, arg string) (account.User, error) {
	u, err := scanUser(func(dest ...any) error { return s.row(ctx, query, []any{arg}, dest...) })
	if errors.Is(err, sql.ErrNoRows) {
		return account.User{}, account.ErrNotFound
	}
	return u, wrap("read a user", err)
}

// Users lists all users by name.
func (s *Store) Users(ctx context.Context) ([]account.User, error) {
	all, err := rows(ctx, s, func(row scanner) (account.User, error) { return scanUser(row.Scan) },
		`SELECT `+userColumns+` FROM users ORDER BY name COLLATE NOCASE, login`)
	return all, wrap("list users", err)
}

// HasAdmin tells whether there ever was an admin: then setup is over for good.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) {
	var has bool
	err := s.row(ctx, hasAdmin, nil, &has)
	return has, wrap("look for an admin", err)
}

// Being disabled does not count: setup must not open again.
const hasAdmin = `SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1)`

// user reads a user inside a transaction.
func (t *tx) user(id string) (account.User, error) {
	u, err := scanUser(func(dest ...any) error {
		return t.row(`SELECT `+userColumns+` FROM users WHERE id = ?`, []any{id}, dest...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return account.User{}, account.ErrNotFound
	}
	return u, err
}

func (t *tx) insertUser(u account.User) error {
	_, err := t.exec(`INSERT INTO users (id, login, name, admin, disabled, password_hash, epoch, created_at, seen_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.Login, u.Name, u.Admin, u.Disabled, u.PasswordHash, u.Epoch, nanos(u.CreatedAt), nanos(u.SeenAt))
	if err != nil && isUnique(err) {
		return account.ErrTaken
	}
	return err
}

// record writes an audit line that is about no session.
func (t *tx) record(l session.AuditLine) error {
	row, err := newAuditRow("", l)
	if err != nil {
		return err
	}
	return t.audit(row)
}

// checkUser refuses what must not get into the table, whoever calls.
func checkUser(u account.User) error {
	if login, ok := account.NormalLogin(u.Login); !ok || login != u.Login || u.ID == "" {
		return errors.New("store: a user without ID or with a login that is not in its normal form")
	}
	return nil
}

// CreateFirstAdmin uses up a token for account.PurposeSetup, given as its hash, and creates u as the first admin. Errors:
// account.ErrSetUp if there is an admin, account.ErrTokenGone, account.ErrTaken.
func (s *Store) CreateFirstAdmin(ctx context.Context, token []byte, u account.User, company string, at time.Time,
	line session.AuditLine,
) error {
	u.Admin, u.Disabled = true, false
	if err := checkUser(u); err != nil {
		return err
	}
	return s.write(ctx, "setup", func(t *tx) error {
		var has bool
		if err := t.row(hasAdmin, nil, &has); err != nil {
			return err
		}
		if has {
			return account.ErrSetUp
		}
		if err := t.useToken(token, []account.Purpose{account.PurposeSetup}, at); err != nil {
			return err
		}
		if err := t.insertUser(u); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM tokens WHERE purpose = ? AND used_at = 0`, string(account.PurposeSetup)); err != nil {
			return err
		}
		if err := t.set(settingCompany, company); err != nil {
			return err
		}
		return t.record(line)
	})
}

// CreateUser creates u and a one-time token for them; a token without hash is left out. Errors: account.ErrTaken.
func (s *Store) CreateUser(ctx context.Context, u account.User, token account.Token, line session.AuditLine) error {
	if err := checkUser(u); err != nil {
		return err
	}
	return s.write(ctx, "user", func(t *tx) error {
		if err := t.insertUser(u); err != nil {
			return err
		}
		if len(token.Hash) > 0 {
			if err := t.issueToken(token, line.At); err != nil {
				return err
			}
		}
		return t.record(line)
	})
}

// change is the common part of changing a user: it must be there, and a line is written.
func (s *Store) change(ctx context.Context, id string, line session.AuditLine, edit func(*tx, account.User) error) error {
	return s.write(ctx, "user", func(t *tx) error {
		u, err := t.user(id)
		if err != nil {
			return err
		}
		if err := edit(t, u); err != nil {
			return err
		}
		return t.record(line)
	})
}

// SetPassword stores a password's hash, ends the user's sign-ins (Epoch) and makes other links to set one worthless. It
// returns the user after that. Errors: account.ErrNotFound.
func (s *Store) SetPassword(ctx context.Context, id, hash string, line session.AuditLine) (account.User, error) {
	var after account.User
	err := s.change(ctx, id, line, func(t *tx, _ account.User) error {
		_, err := t.exec(`UPDATE users SET password_hash = ?, epoch = epoch + 1 WHERE id = ?`, hash, id)
		if err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM tokens WHERE user = ? AND purpose = ? AND used_at = 0`, id, string(account.PurposePassword))
		if err != nil {
			return err
		}
		after, err = t.user(id)
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	return after, nil
}

// SetDisabled disables a user or enables them again, and ends their sign-ins (Epoch). Disabling makes their unused links
// worthless. Errors: account.ErrNotFound, account.ErrLastAdmin.
func (s *Store) SetDisabled(ctx context.Context, id string, disabled bool, line session.AuditLine) error {
	return s.change(ctx, id, line, func(t *tx, u account.User) error {
		if disabled {
			if err := t.notLastAdmin(u); err != nil {
				return err
			}
			if _, err := t.exec(`DELETE FROM tokens WHERE user = ? AND used_at = 0`, id); err != nil {
				return err
			}
		}
		_, err := t.exec(`UPDATE users SET disabled = ?, epoch = epoch + 1 WHERE id = ?`, disabled, id)
		return err
	})
}

// SetAdmin makes a user an admin or a mere technician, and ends their sign-ins (Epoch). Errors: account.ErrNotFound,
// account.ErrLastAdmin.
func (s *Store) SetAdmin(ctx context.Context, id string, admin bool, line session.AuditLine) error {
	return s.change(ctx, id, line, func(t *tx, u account.User) error {
		if !admin {
			if err := t.notLastAdmin(u); err != nil {
				return err
			}
		}
		_, err := t.exec(`UPDATE users SET admin = ?, epoch = epoch + 1 WHERE id = ?`, admin, id)
		return err
	})
}

// Rename changes a user's name as customers see it. Errors: account.ErrNotFound.
func (s *Store) Rename(ctx context.Context, id, name string, line session.AuditLine) error {
	return s.change(ctx, id, line, func(t *tx, _ account.User) error {
		_, err := t.exec(`UPDATE users SET name = ? WHERE id = ?`, name, id)
		return err
	})
}

// notLastAdmin holds that somebody can still administer after u no longer does.
func (t *tx) notLastAdmin(u account.User) error {
	if !u.Admin || u.Disabled {
		return nil
	}
	var another bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1 AND disabled = 0 AND id <> ?)`, []any{u.ID}, &another)
	if err == nil && !another {
		return account.ErrLastAdmin
	}
	return err
}

// NoteSignIn notes when a user last signed in. Errors: account.ErrNotFound.
func (s *Store) NoteSignIn(ctx context.Context, id string, at time.Time, line session.AuditLine) error {
	return s.change(ctx, id, line, func(t *tx, _ account.User) error {
		_, err := t.exec(`UPDATE users SET seen_at = ? WHERE id = ?`, nanos(at), id)
		return err
	})
}

// Record writes an audit line that is about no session.
func (s *Store) Record(ctx context.Context, line session.AuditLine) error {
	return s.write(ctx, "audit", func(t *tx) error { return t.record(line) })
}

// naming fills a line in for a user that the caller did not know yet.
func naming(line session.AuditLine, u account.User) session.AuditLine {
	line.Actor = u.Actor()
	line.Params = maps.Clone(line.Params)
	if line.Params == nil {
		line.Params = make(map[string]string)
	}
	line.Params["login"] = u.Login
	return line
}
