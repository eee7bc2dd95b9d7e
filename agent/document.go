package agent

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/internal/wire"
)

// documentName is what the document is called in [machine.Sealed].
const documentName = "session"

// documentVersion is the only version that this program reads and writes.
const documentVersion = 1

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

	Applied int64        `json:"applied,omitzero"` // the last command applied
	Emitted int64        `json:"emitted,omitzero"` // the last event numbered
	Outbox  []outEvent   `json:"outbox,omitzero"`  // events that the server has not acknowledged
	Consent consent      `json:"consent,omitzero"`
	Ticket  *ticket      `json:"ticket,omitzero"`
	Prompts []openPrompt `json:"prompts,omitzero"` // questions not answered yet, in the order they are asked
	Notes   []note       `json:"notes,omitzero"`
	Leaving bool         `json:"leaving,omitzero"` // the customer has ended the session; the server has not heard of it yet
	Over    string       `json:"over,omitzero"`    // why the session is over; what is left is to clean up
}

// outEvent is an event as it is sent, and sent again until it is acknowledged.
type outEvent struct {
	Seq  int64          `json:"seq"`
	Type string         `json:"type"`
	Body jsontext.Value `json:"body"`
	At   time.Time      `json:"at"`
}

// ticket is a restart that was asked for: what the agent has to know when it comes back.
type ticket struct {
	Reboot     string    `json:"reboot"`
	BootID     string    `json:"boot_id"` // the boot that ends
	Generation int64     `json:"generation"`
	Until      time.Time `json:"until"`              // the end of the window, by this PC's clock
	Commanded  time.Time `json:"commanded,omitzero"` // when Windows was told to restart; never a second time
	Announced  bool      `json:"announced,omitzero"` // Windows has begun to end the session, and the server is told
}

// openPrompt is a question to the customer.
type openPrompt struct {
	ID      string    `json:"id"`   // of the reboot or the prompt
	Kind    string    `json:"kind"` // promptReboot, …
	By      string    `json:"by,omitzero"`
	Message string    `json:"message,omitzero"`
	Restart string    `json:"restart,omitzero"` // a wire kind, of promptReboot
	Again   bool      `json:"again,omitzero"`   // of promptShare
	Until   time.Time `json:"until,omitzero"`
}

// note is a line in the chat box that nobody said.
type note struct {
	Kind  string    `json:"kind"` // a text key
	At    time.Time `json:"at"`
	After time.Time `json:"after,omitzero"` // the time of the last line before it, by the server's clock
}
