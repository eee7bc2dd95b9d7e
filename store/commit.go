package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// transition is a hub.Transition as it goes into the tables: encoded by its caller, so that the writing goroutine only
// writes.
type transition struct {
	hub.Transition
	row    sessionRow
	audit  []auditRow
	reboot *rebootRow
}

// sessionRow is a session as a row: the document and the columns drawn from it.
type sessionRow struct {
	id, technician, doc              string
	state, machine, search           string
	joinedAt, endedAt, codeExpiresAt int64
	face                             int64
	createdAt, deadline, ackedSeq    int64
	exact                            bool // doc decodes to the very session
}

type rebootRow struct {
	id, machine, kind, phase, outcome, doc string
	adopted                                bool
	requestedAt, backAt, endedAt, offFor   int64
}

// Commit implements hub.Store.
func (s *Store) Commit(ctx context.Context, t hub.Transition) error {
	t.After = stored(t.After)
	p, err := newTransition(t)
	if err != nil {
		return err
	}
	if err := s.write(ctx, p.name(), p.write); err != nil {
		return err
	}
	if p.row.exact {
		s.recent.put(&p.After)
	}
	return nil
}

func newTransition(t hub.Transition) (*transition, error) {
	if t.After.ID == "" || t.After.Revision <= t.Before {
		return nil, fmt.Errorf("store: transition of session %q from revision %d to %d", t.After.ID, t.Before, t.After.Revision)
	}
	p := &transition{Transition: t, audit: make([]auditRow, len(t.Audit))}
	var err error
	if p.row, err = newSessionRow(&t.After, nanos(t.Deadline)); err != nil {
		return nil, err
	}
	for i, l := range t.Audit {
		if p.audit[i], err = newAuditRow(t.After.ID, l); err != nil {
			return nil, err
		}
	}
	if t.After.Reboot != nil {
		if p.reboot, err = newRebootRow(&t.After); err != nil {
			return nil, err
		}
	}
	p.row.face = p.face()
	return p, nil
}

func newSessionRow(s *session.Session, deadline int64) (sessionRow, error) {
	doc, exact, err := encode(s)
	if err != nil {
		return sessionRow{}, fmt.Errorf("store: encode session %s: %w", s.ID, err)
	}
	return sessionRow{
		id: string(s.ID), technician: s.Technician.ID, doc: doc,
		state: string(s.State), machine: s.PC.MachineID, search: searchText(s),
		joinedAt: nanos(s.JoinedAt), endedAt: nanos(s.EndedAt), codeExpiresAt: nanos(s.CodeExpiresAt),
		createdAt: nanos(s.CreatedAt), deadline: deadline, ackedSeq: s.AckedSeq, exact: exact,
	}, nil
}

// encode writes v as JSON. It is not exact where v has text that is no UTF-8: the document has U+FFFD there.
func encode(v any) (doc string, exact bool, err error) {
	var b strings.Builder
	if err = json.MarshalWrite(&b, v); err == nil {
		return b.String(), true, nil
	}
	b.Reset()
	err = json.MarshalWrite(&b, v, jsontext.AllowInvalidUTF8(true))
	return b.String(), false, err
}

// face is a digest of what seldom changes: the columns that are listed and searched, and the reboot's row. As long as it
// stays the same, a transition leaves all that alone, indexes included.
func (p *transition) face() int64 {
	r := &p.row
	b := make([]byte, 0, 1024)
	for _, part := range [...]string{r.state, r.machine, r.search} {
		b = appendPart(b, part)
	}
	for _, n := range [...]int64{r.joinedAt, r.endedAt, r.codeExpiresAt} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if p.reboot != nil {
		b = appendPart(b, p.reboot.doc)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:]))
}

func newRebootRow(s *session.Session) (*rebootRow, error) {
	r := s.Reboot
	doc, _, err := encode(r)
	if err != nil {
		return nil, fmt.Errorf("store: encode reboot %s of session %s: %w", r.ID, s.ID, err)
	}
	backAt, _ := r.At(session.PhaseBack)
	return &rebootRow{
		id: r.ID, machine: s.PC.MachineID, kind: string(r.Kind), phase: string(r.Phase), outcome: string(r.Outcome),
		doc: doc, adopted: r.Adopted, requestedAt: nanos(r.RequestedAt), backAt: nanos(backAt),
		endedAt: nanos(r.EndedAt), offFor: int64(r.OffFor()),
	}, nil
}

// name says what the transition is, for the hooks around COMMIT.
func (p *transition) name() string {
	if len(p.audit) > 0 {
		return "transition:" + p.audit[0].action
	}
	return "transition"
}

// write is the transition in the writer's transaction. All conditions come before the first write.
func (p *transition) write(t *tx) error {
	done, err := p.writeQuickly(t)
	if err == nil && !done {
		err = p.writeFully(t)
	}
	if err != nil {
		return err
	}
	if err := p.writeOutbox(t); err != nil {
		return err
	}
	if err := p.writeChat(t); err != nil {
		return err
	}
	return t.audit(p.audit...)
}

// writeQuickly is the way of most transitions: the face is what it was, and one statement both checks and writes.
func (p *transition) writeQuickly(t *tx) (done bool, err error) {
	if p.Before == 0 || p.IssueCode != nil || p.RedeemCode != nil {
		return false, nil
	}
	r := &p.row
	n, err := t.exec(`UPDATE sessions SET revision = ?, deadline = ?, doc = ?, acked_seq = ? WHERE id = ? AND revision = ? AND face = ?`,
		p.After.Revision, r.deadline, r.doc, r.ackedSeq, r.id, p.Before, r.face)
	return n == 1, err
}

func (p *transition) writeFully(t *tx) error {
	if err := p.check(t); err != nil {
		return err
	}
	if p.IssueCode != nil {
		if err := p.codeFree(t); err != nil {
			return err
		}
	}
	if p.RedeemCode != nil {
		if err := p.redeem(t); err != nil {
			return err
		}
	}
	if err := p.writeSession(t); err != nil {
		return err
	}
	if err := p.issueCode(t); err != nil {
		return err
	}
	return p.writeReboot(t)
}

// check holds the transition against the stored revision.
func (p *transition) check(t *tx) error {
	var revision int64 // stays 0 for a session that is not there
	err := t.row(`SELECT revision FROM sessions WHERE id = ?`, []any{p.row.id}, &revision)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if revision != p.Before {
		return hub.ErrConflict
	}
	return nil
}

func (p *transition) writeSession(t *tx) error {
	r := &p.row
	if p.Before == 0 {
		_, err := t.exec(`INSERT INTO sessions (id, revision, state, technician, machine, created_at, joined_at, ended_at,
				code_expires_at, search, face, acked_seq, deadline, doc)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.id, p.After.Revision, r.state, r.technician, r.machine, r.createdAt, r.joinedAt, r.endedAt,
			r.codeExpiresAt, r.search, r.face, r.ackedSeq, r.deadline, r.doc)
		return err
	}
	return one(t.exec(`UPDATE sessions SET revision = ?, state = ?, machine = ?, joined_at = ?, ended_at = ?,
			code_expires_at = ?, search = ?, face = ?, acked_seq = ?, deadline = ?, doc = ? WHERE id = ? AND revision = ?`,
		p.After.Revision, r.state, r.machine, r.joinedAt, r.endedAt,
		r.codeExpiresAt, r.search, r.face, r.ackedSeq, r.deadline, r.doc, r.id, p.Before))
}

// one insists that a statement changed exactly one row.
func one(n int64, err error) error {
	if err == nil && n != 1 {
		return hub.ErrConflict
	}
	return err
}

func (p *transition) writeChat(t *tx) error {
	for _, m := range p.Chat {
		_, err := t.exec(`INSERT INTO chat (session, seq, at, actor_kind, actor_id, actor_name, text)
			VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM chat WHERE session = ?1), ?2, ?3, ?4, ?5, ?6)`,
			p.row.id, nanos(m.At), string(m.From.Kind), m.From.ID, m.From.Name, m.Text)
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepEvery is how many commands of a session share one sweep of what its agent has acknowledged.
const sweepEvery = 16

// writeOutbox adds commands, and sweeps out what the agent has acknowledged where it is time for that.
func (p *transition) writeOutbox(t *tx) error {
	sweep := p.After.State == session.StateEnded
	for _, c := range p.Commands {
		sweep = sweep || c.Seq%sweepEvery == 0
	}
	if sweep && p.row.ackedSeq > 0 {
		if _, err := t.exec(`DELETE FROM outbox WHERE session = ? AND seq <= ?`, p.row.id, p.row.ackedSeq); err != nil {
			return err
		}
	}
	for _, c := range p.Commands {
		if c.Seq <= p.row.ackedSeq {
			continue
		}
		body := c.Body
		if body == nil {
			body = []byte{} // a nil slice would be NULL
		}
		if _, err := t.exec(`INSERT INTO outbox (session, seq, type, body) VALUES (?, ?, ?, ?)`,
			p.row.id, c.Seq, c.Type, body); err != nil {
			return err
		}
	}
	return nil
}

// writeReboot brings the ledger's row up to date, where there is news.
func (p *transition) writeReboot(t *tx) error {
	r := p.reboot
	if r == nil {
		return nil
	}
	_, err := t.exec(`INSERT INTO reboots (session, id, machine, kind, adopted, phase, outcome, requested_at, back_at,
			ended_at, off_for, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (session, id) DO UPDATE SET machine = excluded.machine, kind = excluded.kind, adopted = excluded.adopted,
			phase = excluded.phase, outcome = excluded.outcome, requested_at = excluded.requested_at,
			back_at = excluded.back_at, ended_at = excluded.ended_at, off_for = excluded.off_for, doc = excluded.doc
		WHERE doc <> excluded.doc`,
		p.row.id, r.id, r.machine, r.kind, r.adopted, r.phase, r.outcome, r.requestedAt, r.backAt,
		r.endedAt, r.offFor, r.doc)
	return err
}
