package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

const (
	settingCompany   = "company"
	settingPublicURL = "public_url"
	settingServerID  = "server_id"
)

// Settings returns the installation's settings; what was never set is empty.
func (s *Store) Settings(ctx context.Context) (account.Settings, error) {
	var out account.Settings
	var err error
	if out.Company, err = s.setting(ctx, settingCompany); err != nil {
		return out, err
	}
	out.PublicURL, err = s.setting(ctx, settingPublicURL)
	return out, err
}

// ServerID names this installation. It was drawn at random when the database was made, and is no secret.
func (s *Store) ServerID(ctx context.Context) (string, error) { return s.setting(ctx, settingServerID) }

func (s *Store) setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.row(ctx, `SELECT value FROM settings WHERE name = ?`, []any{name}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, wrap("read the setting "+name, err)
}

// SetCompany changes the company's name as customers' prompts show it.
func (s *Store) SetCompany(ctx context.Context, company string, line session.AuditLine) error {
	return s.write(ctx, "settings", func(t *tx) error {
		if err := t.set(settingCompany, company); err != nil {
			return err
		}
		return t.record(line)
	})
}

// SetPublicURL notes the server's address, for links that are made on the command line.
func (s *Store) SetPublicURL(ctx context.Context, url string) error {
	return s.write(ctx, "settings", func(t *tx) error { return t.set(settingPublicURL, url) })
}

func (t *tx) set(name, value string) error {
	_, err := t.exec(`INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`, name, value)
	return err
}

// Policy is the consent policy for new sessions: the default, with revision 0, as long as nobody has saved another.
func (s *Store) Policy(ctx context.Context) (account.PolicyRecord, error) {
	var (
		r    account.PolicyRecord
		at   int64
		kind string
		doc  []byte
	)
	r.Policy = session.DefaultPolicy() // members that a stored policy does not know yet
	err := s.row(ctx, `SELECT revision, doc, at, actor_kind, actor_id, actor_name FROM policies ORDER BY revision DESC LIMIT 1`,
		nil, &r.Revision, &doc, &at, &kind, &r.By.ID, &r.By.Name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, nil
	case err != nil:
		return r, wrap("read the policy", err)
	}
	r.At, r.By.Kind = fromNanos(at), session.ActorKind(kind)
	if err := json.Unmarshal(doc, &r.Policy); err != nil {
		return r, fmt.Errorf("store: decode the policy: %w: %w", ErrCorrupt, err)
	}
	return r, nil
}

// SetPolicy saves a new policy, by line.Actor at line.At, if revision is still the present one. Errors:
// account.ErrConflict.
func (s *Store) SetPolicy(ctx context.Context, p session.Policy, revision int64, line session.AuditLine) error {
	if faults := p.Check(); faults != nil {
		return fmt.Errorf("store: a policy that can't be: %+v", faults)
	}
	doc, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store: encode a policy: %w", err)
	}
	return s.write(ctx, "policy", func(t *tx) error {
		n, err := t.exec(`INSERT INTO policies (revision, doc, at, actor_kind, actor_id, actor_name)
			SELECT ?1 + 1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT coalesce(max(revision), 0) FROM policies) = ?1`,
			revision, string(doc), nanos(line.At), string(line.Actor.Kind), line.Actor.ID, line.Actor.Name)
		switch {
		case err != nil:
			return err
		case n == 0:
			return account.ErrConflict
		}
		return t.record(line)
	})
}
