package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/internal/session"
)

// chain is the end of the audit log's hash chain within a transaction: read when the first line is written.
type chain struct {
	loaded bool
	grown  bool
	seq    int64
	hash   []byte
}

// auditRow is an audit line as it is stored. Everything in it is covered by the hash of its row.
type auditRow struct {
	session string
	at      int64
	actor   session.Actor
	action  string
	reboot  string
	params  string
}

func newAuditRow(id session.ID, l session.AuditLine) (auditRow, error) {
	params, err := encodeParams(l.Params)
	if err != nil {
		return auditRow{}, fmt.Errorf("store: audit line %s: %w", l.Action, err)
	}
	return auditRow{
		session: string(id), at: nanos(l.At), actor: l.Actor, action: string(l.Action), reboot: l.Reboot, params: params,
	}, nil
}

func encodeParams(params map[string]string) (string, error) {
	if len(params) == 0 {
		return "", nil
	}
	b, err := json.Marshal(params, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return string(b), err
}

func decodeParams(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var params map[string]string
	err := json.Unmarshal([]byte(text), &params)
	return params, err
}

// chainVersion separates these hashes from all others, and from those of a later layout.
const chainVersion = "rejoin audit v1\n"

// link computes the row's hash: each part goes in with its length before it, so that nothing can move from one column
// to the next.
func (r *auditRow) link(previous []byte, seq int64) []byte {
	b := make([]byte, 0, 256)
	b = append(b, chainVersion...)
	b = appendPart(b, string(previous))
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.at))
	for _, part := range [...]string{r.session, string(r.actor.Kind), r.actor.ID, r.actor.Name, r.action, r.reboot, r.params} {
		b = appendPart(b, part)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

func appendPart(b []byte, part string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
	return append(b, part...)
}

// audit appends lines to the chain.
func (t *tx) audit(lines ...auditRow) error {
	c := &t.chain
	if !c.loaded {
		if err := t.row(`SELECT seq, hash FROM audit_head`, nil, &c.seq, &c.hash); err != nil {
			return err
		}
		c.loaded = true
	}
	for i := range lines {
		l := &lines[i]
		seq := c.seq + 1
		hash := l.link(c.hash, seq)
		_, err := t.exec(`INSERT INTO audit (seq, session, at, actor_kind, actor_id, actor_name, action, reboot, params, hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			seq, l.session, l.at, string(l.actor.Kind), l.actor.ID, l.actor.Name, l.action, l.reboot, l.params, hash)
		if err != nil {
			return err
		}
		c.seq, c.hash, c.grown = seq, hash, true
	}
	return nil
}

// sealChain writes the chain's new end, once per transaction.
func (t *tx) sealChain() error {
	if !t.chain.grown {
		return nil
	}
	_, err := t.exec(`UPDATE audit_head SET seq = ?, hash = ?`, t.chain.seq, t.chain.hash)
	return err
}
