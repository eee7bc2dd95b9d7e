package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// docOptions are how sessions and reboots are written. What people and PCs have typed may not be UTF-8.
var docOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), json.Deterministic(true))

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
	face
	id, technician, doc string
	createdAt, deadline int64
}

// face is the part of a session's row that seldom changes: what is listed, searched, or has an effect on other tables.
type face struct {
	state, machine, search                     string
	joinedAt, endedAt, codeExpiresAt, ackedSeq int64
}

type rebootRow struct {
	id, machine, kind, phase, outcome, doc string
	adopted                                bool
	requestedAt, backAt, endedAt, offFor   int64
}

// Commit implements hub.Store.
func (s *Store) Commit(ctx context.Context, t hub.Transition) error {
	p, err := newTransition(t)
	if err != nil {
		return err
	}
	return s.write(ctx, p.name(), p.write)
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
	return p, nil
}

func newSessionRow(s *session.Session, deadline int64) (sessionRow, error) {
	doc, err := json.Marshal(s, docOptions)
	if err != nil {
		return sessionRow{}, fmt.Errorf("store: encode session %s: %w", s.ID, err)
	}
	return sessionRow{
		face: face{
			state: string(s.State), machine: s.PC.MachineID, search: searchText(s),
			joinedAt: nanos(s.JoinedAt), endedAt: nanos(s.EndedAt),
			codeExpiresAt: nanos(s.CodeExpiresAt), ackedSeq: s.AckedSeq,
		},
		id: string(s.ID), technician: s.Technician.ID, doc: string(doc),
		createdAt: nanos(s.CreatedAt), deadline: deadline,
	}, nil
}

func newRebootRow(s *session.Session) (*rebootRow, error) {
	r := s.Reboot
	doc, err := json.Marshal(r, docOptions)
	if err != nil {
		return nil, fmt.Errorf("store: encode reboot %s of session %s: %w", r.ID, s.ID, err)
	}
	backAt, _ := r.At(session.PhaseBack)
	return &rebootRow{
		id: r.ID, machine: s.PC.MachineID, kind: string(r.Kind), phase: string(r.Phase), outcome: string(r.Outcome),
		doc: string(doc), adopted: r.Adopted, requestedAt: nanos(r.RequestedAt), backAt: nanos(backAt),
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
	n, old, err := p.check(t)
	if err != nil {
		return err
	}
	if p.RedeemCode != nil {
		if err := p.redeem(t); err != nil {
			return err
		}
	}
	if p.IssueCode != nil {
		if err := p.codeFree(t); err != nil {
			return err
		}
	}
	steps := [...]func(*tx) error{
		func(t *tx) error { return p.writeSession(t, n, old) },
		p.issueCode, p.writeChat, p.writeOutbox, p.writeReboot,
		func(t *tx) error { return t.audit(p.audit...) },
	}
	for _, step := range steps {
		if err := step(t); err != nil {
			return err
		}
	}
	return nil
}

// check holds the transition against the stored revision, and returns the session's row number and what its row says.
func (p *transition) check(t *tx) (n int64, old face, err error) {
	var revision int64
	err = t.row(`SELECT n, revision, state, machine, search, joined_at, ended_at, code_expires_at, acked_seq
		FROM sessions WHERE id = ?`, []any{p.row.id},
		&n, &revision, &old.state, &old.machine, &old.search, &old.joinedAt, &old.endedAt, &old.codeExpiresAt, &old.ackedSeq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if p.Before != 0 {
			return 0, old, hub.ErrConflict
		}
		return 0, old, nil
	case err != nil:
		return 0, old, err
	case p.Before == 0 || revision != p.Before:
		return 0, old, hub.ErrConflict
	}
	return n, old, nil
}

func (p *transition) writeSession(t *tx, n int64, old face) error {
	r := &p.row
	switch {
	case p.Before == 0:
		return p.insertSession(t)
	case old == r.face:
		return one(t.exec(`UPDATE sessions SET revision = ?, deadline = ?, doc = ? WHERE n = ? AND revision = ?`,
			p.After.Revision, r.deadline, r.doc, n, p.Before))
	}
	return p.updateFace(t, n, old)
}

func (p *transition) insertSession(t *tx) error {
	r := &p.row
	_, err := t.exec(`INSERT INTO sessions (id, revision, state, technician, machine, created_at, joined_at, ended_at,
			code_expires_at, acked_seq, search, deadline, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, p.After.Revision, r.state, r.technician, r.machine, r.createdAt, r.joinedAt, r.endedAt,
		r.codeExpiresAt, r.ackedSeq, r.search, r.deadline, r.doc)
	return err
}

// updateFace is the rarer update: that of the listed columns, and of what follows from them.
func (p *transition) updateFace(t *tx, n int64, old face) error {
	r := &p.row
	listed := old
	listed.ackedSeq = r.ackedSeq
	var err error
	if listed == r.face { // only the acknowledgement: leaves the indexes alone
		err = one(t.exec(`UPDATE sessions SET revision = ?, deadline = ?, doc = ?, acked_seq = ? WHERE n = ? AND revision = ?`,
			p.After.Revision, r.deadline, r.doc, r.ackedSeq, n, p.Before))
	} else {
		err = one(t.exec(`UPDATE sessions SET revision = ?, deadline = ?, doc = ?, acked_seq = ?, state = ?, machine = ?,
				search = ?, joined_at = ?, ended_at = ?, code_expires_at = ? WHERE n = ? AND revision = ?`,
			p.After.Revision, r.deadline, r.doc, r.ackedSeq, r.state, r.machine,
			r.search, r.joinedAt, r.endedAt, r.codeExpiresAt, n, p.Before))
	}
	if err != nil {
		return err
	}
	if old.ackedSeq != r.ackedSeq {
		if _, err := t.exec(`DELETE FROM outbox WHERE session = ? AND seq <= ?`, r.id, r.ackedSeq); err != nil {
			return err
		}
	}
	return nil
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

func (p *transition) writeOutbox(t *tx) error {
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
