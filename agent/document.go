package agent

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/internal/wire"
)

// documentName is what the document is called in [machine.Sealed].
const documentName = "session"

// documentVersion is the only version that this program reads and writes.
const documentVersion = 1

const (
	maxOutbox      = 500       // events that wait for the server; then the chat waits
	maxOutboxBytes = 256 << 10 // of their bodies
	maxNotes       = 20
)

// document is the agent's durable state: everything about the session this PC is in. It is saved as a whole; after a
// crash the agent goes on from the last one saved.
type document struct {
	Version int    `json:"version"`
	Server  string `json:"server"` // its URL
	Key     []byte `json:"key"`    // seed of the Ed25519 key that proves that this is the session's PC

	// Code is the connect code, until the session is joined: a join whose answer got lost is tried again with the same
	// code and key. CodeHash tells later whether the program was started with that code again.
	Code     string `json:"code,omitzero"`
	CodeHash []byte `json:"code_hash,omitzero"`

	ServerKey  []byte      `json:"server_key,omitzero"` // pinned at join
	Session    string      `json:"session,omitzero"`    // empty until joined
	Generation int64       `json:"generation,omitzero"`
	Technician string      `json:"technician,omitzero"`
	Company    string      `json:"company,omitzero"`
	Phone      bool        `json:"phone,omitzero"`
	Policy     wire.Policy `json:"policy,omitzero"` // pinned at join
	BootID     string      `json:"boot_id"`         // the boot in which this document was last at work

	Applied    int64        `json:"applied,omitzero"` // the last command applied
	Emitted    int64        `json:"emitted,omitzero"` // the last event numbered
	Outbox     []outEvent   `json:"outbox,omitzero"`  // events that the server has not acknowledged
	Consent    consent      `json:"consent,omitzero"`
	Controller *controller  `json:"controller,omitzero"` // who uses mouse and keyboard, where the customer agreed
	Hidden     []string     `json:"hidden,omitzero"`     // windows that the customer keeps to themselves, in this boot
	Ticket     *ticket      `json:"ticket,omitzero"`
	Going      *going       `json:"going,omitzero"`
	Prompts    []openPrompt `json:"prompts,omitzero"` // questions not answered yet, in the order they are asked
	Notes      []note       `json:"notes,omitzero"`
	Leaving    bool         `json:"leaving,omitzero"` // the customer has ended the session; the server has not heard of it yet
	Over       overReason   `json:"over,omitzero"`    // why the session is over; what is left is to clean up
}

// outEvent is an event as it is sent, and sent again until it is acknowledged.
type outEvent struct {
	Seq  int64          `json:"seq"`
	Type string         `json:"type"`
	Body jsontext.Value `json:"body"`
	At   time.Time      `json:"at"`
}

// ticket is a restart that was asked for and agreed to: what the agent has to know when it comes back.
type ticket struct {
	Reboot     string    `json:"reboot"`
	BootID     string    `json:"boot_id"` // the boot that ends
	Generation int64     `json:"generation"`
	Until      time.Time `json:"until"`              // the end of the window, by this PC's clock
	Commanded  time.Time `json:"commanded,omitzero"` // when Windows was told to restart; never a second time
}

// going is Windows ending its session, announced to the server.
type going struct {
	Reboot string    `json:"reboot,omitzero"` // empty: not asked for by us
	BootID string    `json:"boot_id"`
	At     time.Time `json:"at"`
}

// controller is the technician who uses mouse and keyboard, as the server says.
type controller struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// openPrompt is a question to the customer.
type openPrompt struct {
	Kind    promptKind `json:"kind"`
	ID      string     `json:"id"` // of the reboot or the prompt
	By      string     `json:"by,omitzero"`
	Message string     `json:"message,omitzero"`
	Restart string     `json:"restart,omitzero"` // a wire kind, of promptReboot
	Again   bool       `json:"again,omitzero"`   // of promptShare
	Control bool       `json:"control,omitzero"` // of promptShare: mouse and keyboard too
	Until   time.Time  `json:"until,omitzero"`
}

// note is a line in the chat box that nobody said.
type note struct {
	Kind  string    `json:"kind"` // a text key
	Arg   string    `json:"arg,omitzero"`
	At    time.Time `json:"at"`
	After time.Time `json:"after,omitzero"` // the time of the last line before it, by the server's clock
}

// errVersion says that another version of the program wrote the document.
var errVersion = errors.New("agent: the saved session is of another version")

// parseDocument reads a stored document.
func parseDocument(data []byte) (*document, error) {
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("agent: read the saved session: %w", err)
	}
	if v.Version != documentVersion {
		return nil, fmt.Errorf("%w: %d", errVersion, v.Version)
	}
	d := new(document)
	if err := json.Unmarshal(data, d, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("agent: read the saved session: %w", err)
	}
	if len(d.Key) != keySize || d.Session == "" && d.Code == "" {
		return nil, errors.New("agent: read the saved session: it is incomplete")
	}
	return d, nil
}

// clone copies everything that a change may touch.
func (d *document) clone() *document {
	next := *d
	next.Outbox = slices.Clone(d.Outbox)
	next.Prompts = slices.Clone(d.Prompts)
	next.Notes = slices.Clone(d.Notes)
	next.Ticket = copied(d.Ticket)
	next.Going = copied(d.Going)
	next.Consent.Reboot = copied(d.Consent.Reboot)
	next.Consent.Share = copied(d.Consent.Share)
	next.Consent.Control = copied(d.Consent.Control)
	next.Controller = copied(d.Controller)
	next.Hidden = slices.Clone(d.Hidden)
	return &next
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// emit numbers an event and puts it into the outbox.
func (d *document) emit(ev wire.Message, now time.Time) {
	body, err := json.Marshal(ev)
	if err != nil {
		panic("agent: an event that can't be encoded: " + err.Error()) // plain structs: a test walks all
	}
	d.Emitted++
	d.Outbox = append(d.Outbox, outEvent{Seq: d.Emitted, Type: ev.Type(), Body: body, At: now})
}

// full tells whether the outbox takes no more chat.
func (d *document) full() bool {
	size := 0
	for _, ev := range d.Outbox {
		size += len(ev.Body)
	}
	return len(d.Outbox) >= maxOutbox || size >= maxOutboxBytes
}

// trim drops the events that the server has.
func (d *document) trim(acked int64) {
	d.Outbox = slices.DeleteFunc(d.Outbox, func(ev outEvent) bool { return ev.Seq <= acked })
}

// settle makes the outbox right for a new connection, on which the server says that it has the events up to acked. They
// are numbered anew from there: a server that was restored from a backup is behind of what it once acknowledged.
func (d *document) settle(acked int64) {
	d.trim(acked)
	d.Emitted = acked
	for i := range d.Outbox {
		d.Emitted++
		d.Outbox[i].Seq = d.Emitted
	}
}

// arrive makes the document right for a boot. What was asked and granted in an earlier one is void.
func (d *document) arrive(bootID string) (restarted bool) {
	if d.BootID == bootID {
		return false
	}
	d.BootID = bootID
	d.Prompts, d.Ticket, d.Going = nil, nil, nil
	d.Consent.Reboot, d.Consent.Share, d.Consent.Control = nil, nil, nil
	d.Controller, d.Hidden = nil, nil
	return true
}

// addNote appends a line that nobody said.
func (d *document) addNote(n note) {
	d.Notes = append(d.Notes, n)
	if len(d.Notes) > maxNotes {
		d.Notes = slices.Delete(d.Notes, 0, len(d.Notes)-maxNotes)
	}
}
