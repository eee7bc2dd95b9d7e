package wire

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"
)

// Hello is the agent's first frame.
type Hello struct {
	Purpose Purpose `json:"purpose"`
	Nonce   []byte  `json:"nonce"`
	Version string  `json:"version"` // of the agent
}

// Challenge is the server's answer to hello.
type Challenge struct {
	Nonce     []byte            `json:"nonce"`
	ServerKey ed25519.PublicKey `json:"server_key"`
	Proof     []byte            `json:"proof"` // see [SignChallenge]
}

// PC is what the agent says about its machine.
type PC struct {
	Name      string     `json:"name"`
	OS        string     `json:"os"`
	Platform  string     `json:"platform"`
	User      string     `json:"user"`
	Locale    string     `json:"locale"`
	MachineID string     `json:"machine_id"`
	Service   bool       `json:"service"`
	Reboot    Capability `json:"reboot"`
	SafeMode  Capability `json:"safe_mode"`
}

// Capability tells whether the PC can do something, and if not, why not.
type Capability struct {
	Available bool   `json:"available"`
	Why       string `json:"why,omitzero"`
}

// Join asks to be let into a waiting session with a connect code and a fresh key. A lost answer is retried with the same
// code and key; the server then answers the same again.
type Join struct {
	Code      string            `json:"code"` // ten digits
	PublicKey ed25519.PublicKey `json:"public_key"`
	BootID    string            `json:"boot_id"`
	Instance  string            `json:"instance"`
	SignedIn  bool              `json:"signed_in"`
	PC        PC                `json:"pc"`
	Proof     []byte            `json:"proof"` // of a Claim with PurposeJoin
}

// Rejoin asks to be let into the session this agent belongs to.
type Rejoin struct {
	Session    string `json:"session"`
	Generation int64  `json:"generation"` // the last one noted
	BootID     string `json:"boot_id"`
	Instance   string `json:"instance"`
	SignedIn   bool   `json:"signed_in"`
	Acked      int64  `json:"acked"` // the last command durably applied
	PC         PC     `json:"pc"`
	Proof      []byte `json:"proof"` // of a Claim with PurposeRejoin
}

// Policy is the consent policy as the agent pins and enforces it.
type Policy struct {
	AskBeforeReboot  bool `json:"ask_before_reboot"`
	PromptSeconds    int  `json:"prompt_seconds"`
	RebootOnNoReply  bool `json:"reboot_on_no_reply"`
	AskBeforeSharing bool `json:"ask_before_sharing"`
	AskBeforeControl bool `json:"ask_before_control"`
	PhoneCancel      bool `json:"phone_cancel"`
	WindowMinutes    int  `json:"window_minutes"`
}

// ChatLine is one line of the conversation.
type ChatLine struct {
	From string    `json:"from"` // a name; empty for the customer
	Mine bool      `json:"mine"` // the customer's own
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Welcome lets the agent in. It notes Generation on disk before it sends anything else.
type Welcome struct {
	Session    string     `json:"session"`
	Generation int64      `json:"generation"`
	Acked      int64      `json:"acked"` // the server has durably taken events up to here
	Technician string     `json:"technician"`
	Company    string     `json:"company"`
	Phone      bool       `json:"phone"` // phone mode
	Policy     Policy     `json:"policy"`
	History    []ChatLine `json:"history"` // the last lines, oldest first
}

// Refused turns the agent away. The code decides what it tells its user and whether it tries again.
type Refused struct {
	Code       RefusalCode `json:"code"`
	RetryAfter int         `json:"retry_after,omitzero"` // seconds; 0: do not try again
}

// RefusalCode is a stable word.
type RefusalCode string

const (
	RefusedVersion    RefusalCode = "version"    // download the program again
	RefusedCode       RefusalCode = "code"       // wrong, used or expired: not told apart
	RefusedBusy       RefusalCode = "busy"       // too many tries, or the server is short of something
	RefusedProof      RefusalCode = "proof"      // the signature does not fit
	RefusedUnknown    RefusalCode = "unknown"    // no such session
	RefusedExpired    RefusalCode = "expired"    // the PC was not back in time
	RefusedEnded      RefusalCode = "ended"      // by technician or customer
	RefusedSuperseded RefusalCode = "superseded" // another PC went on with this session
	RefusedInvalid    RefusalCode = "invalid"
)

// Final tells whether the agent's session is over, so that it cleans up after itself.
func (c RefusalCode) Final() bool {
	switch c {
	case RefusedUnknown, RefusedExpired, RefusedEnded, RefusedSuperseded:
		return true
	}
	return false
}

// Hold says that another live connection proved the same key; a technician chooses. The agent waits.
type Hold struct{}

// Beat asks for a sign of life; either side may send it.
type Beat struct{}

// BeatOK answers a beat.
type BeatOK struct{}

// Ack carries an acknowledgement (Envelope.Ack) when nothing else does.
type Ack struct{}

// GoingAway announces that the server stops; the agent comes back after the given time.
type GoingAway struct {
	BackIn int `json:"back_in"` // milliseconds
}

// Trouble names a frame that could not be taken. The sender closes the connection after it.
type Trouble struct {
	Message string    `json:"message"` // its type
	Code    ErrorCode `json:"code"`
}

func (m *Hello) check() error {
	if m.Purpose != PurposeJoin && m.Purpose != PurposeRejoin {
		return fmt.Errorf("purpose %.20q", m.Purpose)
	}
	if len(m.Nonce) != NonceSize {
		return fmt.Errorf("nonce of %d bytes", len(m.Nonce))
	}
	return nil
}

func (m *Challenge) check() error {
	if len(m.Nonce) != NonceSize || len(m.ServerKey) != ed25519.PublicKeySize || len(m.Proof) != ed25519.SignatureSize {
		return fmt.Errorf("lengths")
	}
	return nil
}

func (m *Join) check() error {
	if len(m.Code) != 10 || strings.Trim(m.Code, "0123456789") != "" || len(m.PublicKey) != ed25519.PublicKeySize || len(m.Proof) != ed25519.SignatureSize {
		return fmt.Errorf("lengths")
	}
	return checkIDs(m.BootID, m.Instance)
}

func (m *Rejoin) check() error {
	if m.Session == "" || len(m.Session) > 64 || m.Generation < 1 || m.Acked < 0 || len(m.Proof) != ed25519.SignatureSize {
		return fmt.Errorf("lengths")
	}
	return checkIDs(m.BootID, m.Instance)
}

func checkIDs(ids ...string) error {
	for _, id := range ids {
		if id == "" || len(id) > 64 {
			return fmt.Errorf("identifier of %d bytes", len(id))
		}
	}
	return nil
}
