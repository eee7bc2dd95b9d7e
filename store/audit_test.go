package store

import (
	"fmt"
	"testing"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

func chainHolds(t *testing.T, s *Store) account.ChainState {
	t.Helper()
	c := get[account.ChainState](t)(s.VerifyAudit(t.Context()))
	if c.BrokenAt != 0 {
		t.Fatalf("the chain is broken: %+v", c)
	}
	return c
}

// tamper changes the file behind the store's back.
func tamper(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	is(t, s.write(t.Context(), "tamper", func(tx *tx) error {
		n, err := tx.exec(query, args...)
		if err == nil && n == 0 {
			err = fmt.Errorf("%s changed nothing", query)
		}
		return err
	}), nil)
}

// audited opens a store with six audit lines of all sorts.
func audited(t *testing.T) *Store {
	s := open(t, Options{})
	for i := range 3 {
		tr := storetest.New(fmt.Sprint("s", i))
		tr.Audit[0].Reboot = "r1"
		is(t, s.Commit(t.Context(), tr), nil)
		l := line(account.ActionSignedIn)
		l.Params = map[string]string{"address": "192.0.2.1", "how": "password\r\n\x1b[0m\u202e"}
		is(t, s.Record(t.Context(), l), nil)
	}
	if c := chainHolds(t, s); c.Lines != 6 || len(c.Head) != 32 {
		t.Fatalf("chain %+v", c)
	}
	return s
}

// TestTampering changes each column of each line, and takes lines away or adds some: each is found, and where.
func TestTampering(t *testing.T) {
	columns := map[string]string{
		"seq": "seq + 100", "session": "session || 'x'", "at": "at + 1", "actor_kind": "'customer'", "actor_id": "actor_id || 'x'",
		"actor_name": "actor_name || ' '", "action": "'x'", "reboot": "reboot || '2'", "params": "params || ' '",
		"hash": "zeroblob(32)",
	}
	known := get[[]string](t)(rowsOf(t, open(t, Options{}), `SELECT name FROM pragma_table_info('audit')`))
	if len(known) != len(columns) {
		t.Fatalf("the table has columns %q, this test changes %d", known, len(columns))
	}
	for _, column := range known {
		t.Run(column, func(t *testing.T) {
			s := audited(t)
			for seq := int64(1); seq <= 6; seq++ {
				var before any
				is(t, s.row(t.Context(), `SELECT `+column+` FROM audit WHERE seq = ?`, []any{seq}, &before), nil)
				tamper(t, s, `UPDATE audit SET `+column+` = `+columns[column]+` WHERE seq = ?`, seq)
				if c := get[account.ChainState](t)(s.VerifyAudit(t.Context())); c.BrokenAt != seq || c.Lines != seq-1 || c.Why == "" {
					t.Errorf("line %d: found %+v", seq, c)
				}
				where := seq
				if column == "seq" {
					where += 100
				}
				tamper(t, s, `UPDATE audit SET `+column+` = ? WHERE seq = ?`, before, where)
			}
			chainHolds(t, s) // all put back
		})
	}
	others := []struct {
		name, query string
		broken      int64
	}{
		{"first line missing", `DELETE FROM audit WHERE seq = 1`, 1},
		{"line missing", `DELETE FROM audit WHERE seq = 4`, 4},
		{"last line missing", `DELETE FROM audit WHERE seq = 6`, 6},
		{"end missing", `DELETE FROM audit WHERE seq > 2`, 3},
		{"all missing", `DELETE FROM audit`, 1},
		{"lines swapped", `UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE seq END`, 1},
		{"line added", `INSERT INTO audit SELECT 7, session, at, actor_kind, actor_id, actor_name, action, reboot, params, hash FROM audit WHERE seq = 6`, 7},
		{"head changed", `UPDATE audit_head SET hash = zeroblob(32)`, 7},
		{"head moved back", `UPDATE audit_head SET seq = 5`, 6},
		{"moved between columns", `UPDATE audit SET actor_id = substr(actor_id, 1, 1), actor_name = substr(actor_id, 2) || actor_name WHERE seq = 3`, 3},
	}
	for _, tt := range others {
		t.Run(tt.name, func(t *testing.T) {
			s := audited(t)
			tamper(t, s, tt.query)
			if c := get[account.ChainState](t)(s.VerifyAudit(t.Context())); c.BrokenAt != tt.broken {
				t.Errorf("found %+v, want line %d", c, tt.broken)
			}
		})
	}
}

func rowsOf(t *testing.T, s *Store, query string) ([]string, error) {
	t.Helper()
	return rows(t.Context(), s, func(row scanner) (v string, err error) {
		err = row.Scan(&v)
		return v, err
	}, query)
}

func TestAuditReads(t *testing.T) {
	s, ctx := audited(t), t.Context()
	page := get[[]account.AuditEntry](t)(s.AuditBefore(ctx, 0, 4))
	if len(page) != 4 || page[0].Line.Seq != 6 || page[3].Line.Seq != 3 || page[1].Session != "s2" || page[0].Session != "" {
		t.Errorf("newest page %+v", page)
	}
	if l := page[0].Line; l.Params["how"] != "password\r\n\x1b[0m\u202e" || l.Actor.Name != "Root" || !l.At.Equal(t0) {
		t.Errorf("line %+v", l)
	}
	if page = get[[]account.AuditEntry](t)(s.AuditBefore(ctx, 3, 4)); len(page) != 2 || page[0].Line.Seq != 2 {
		t.Errorf("older page %+v", page)
	}
	tr := storetest.Next(storetest.New("s1"), storetest.Joined)
	for range 5 {
		tr.Audit = append(tr.Audit, session.AuditLine{At: t0, Actor: session.Actor{Kind: session.ActorServer}, Action: session.ActionJoined})
	}
	is(t, s.Commit(ctx, tr), nil)
	seqs := func(lines []session.AuditLine) (all []int64) {
		for _, l := range lines {
			all = append(all, l.Seq)
		}
		return all
	}
	if got := seqs(get[[]session.AuditLine](t)(s.Timeline(ctx, "s1", 0))); fmt.Sprint(got) != "[3 7 8 9 10 11]" {
		t.Errorf("timeline %v", got)
	}
	if got := seqs(get[[]session.AuditLine](t)(s.Timeline(ctx, "s1", 9))); fmt.Sprint(got) != "[10 11]" {
		t.Errorf("timeline after 9 %v", got)
	}
	if got := seqs(get[[]session.AuditLine](t)(s.SessionAudit(ctx, "s1", 2))); fmt.Sprint(got) != "[10 11]" {
		t.Errorf("last two %v", got)
	}
	was := get[account.ChainState](t)(s.AuditChain(ctx)) // of the last walk, before these lines
	if now := chainHolds(t, s); was.Lines != 6 || now.Lines != 11 {
		t.Errorf("chain %d lines, then %d", was.Lines, now.Lines)
	}
}
