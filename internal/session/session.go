package session

import "time"

// ID names a session. It is not a secret.
type ID string

// State is how far a session has come.
type State string

const (
	// StateWaiting is a session whose connect code is out and that no PC has joined yet.
	StateWaiting State = "waiting"
	// StateActive is a session with a PC, connected or not.
	StateActive State = "active"
	// StateEnded is final.
	StateEnded State = "ended"
)

// EndReason tells why a session ended.
type EndReason string

const (
	EndByTechnician       EndReason = "by_technician"
	EndByCustomer         EndReason = "by_customer"
	EndExpired            EndReason = "expired"             // the PC was not back inside the window
	EndReconnectCancelled EndReason = "reconnect_cancelled" // the customer declined to come back (phone mode)
	EndIdle               EndReason = "idle"                // nobody did anything for the policy's idle limit
)

// Mode is how technician and customer talk beside the session.
type Mode string

const (
	ModeStandard Mode = "standard"
	ModePhone    Mode = "phone" // they are on the phone; the customer may cancel a reconnection if the policy allows it
)

// ActorKind is who did something.
type ActorKind string

const (
	ActorTechnician ActorKind = "technician"
	ActorCustomer   ActorKind = "customer"
	ActorAgent      ActorKind = "agent"  // the program on the customer's PC, by itself
	ActorServer     ActorKind = "server" // a deadline, a restart of the server
)

// Actor is who did something, as the audit line and the chat show them.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id,omitempty"`
	Name string    `json:"name,omitempty"`
}

// Session is everything that is decided about one session. It is stored as a whole; its serialised form is part of the
// database's schema, so fields are added, never renamed.
type Session struct {
	ID         ID        `json:"id"`
	Revision   int64     `json:"revision"` // counts committed transitions
	State      State     `json:"state"`
	Mode       Mode      `json:"mode"`
	Policy     Policy    `json:"policy"`     // pinned at the start
	Technician Actor     `json:"technician"` // who started it
	Company    string    `json:"company"`    // as the customer's prompts name it
	Customer   string    `json:"customer"`   // the customer's name, as the technician typed it; may be empty
	CreatedAt  time.Time `json:"created_at"`
	JoinedAt   time.Time `json:"joined_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	EndReason  EndReason `json:"end_reason,omitempty"`
	EndedBy    Actor     `json:"ended_by,omitzero"`

	CodeExpiresAt time.Time `json:"code_expires_at,omitzero"` // of the newest connect code
	PC            PC        `json:"pc,omitzero"`
	PublicKey     []byte    `json:"public_key,omitempty"` // Ed25519; whoever has the private key is the PC
	Link          Link      `json:"link,omitzero"`
	Sharing       Sharing   `json:"sharing,omitzero"`
	Control       Control   `json:"control,omitzero"`
	Reboot        *Reboot   `json:"reboot,omitempty"` // the live one, else the last one
	Reboots       int       `json:"reboots,omitempty"`
	Rival         *Rival    `json:"rival,omitempty"`
	Settled       Settled   `json:"settled,omitzero"`

	CommandSeq    int64     `json:"command_seq,omitempty"`   // number of the last command issued to the agent
	AckedSeq      int64     `json:"acked_seq,omitempty"`     // the agent has durably applied commands up to here
	EventSeq      int64     `json:"event_seq,omitempty"`     // number of the last agent event applied
	ActiveAt      time.Time `json:"active_at"`               // when a person last did something
	CreditedUntil time.Time `json:"credited_until,omitzero"` // server downtime up to here has been credited
}

// PC is what the agent says about its machine. All of it is hostile input: shown, never trusted.
type PC struct {
	Name      string     `json:"name"`
	OS        string     `json:"os"`
	Platform  string     `json:"platform"` // "windows"; others can't be rebooted
	User      string     `json:"user"`
	Locale    string     `json:"locale"`
	MachineID string     `json:"machine_id"` // groups earlier boots for the ETA
	Version   string     `json:"version"`    // of the agent
	Service   bool       `json:"service"`    // the agent runs as a service
	Reboot    Capability `json:"reboot"`
	SafeMode  Capability `json:"safe_mode"`
}

// Capability tells whether a PC can do something, and if not, why not (a stable word the catalogues translate).
type Capability struct {
	Available bool   `json:"available"`
	Why       string `json:"why,omitempty"` // WhyNeedsService, …
}

// Reasons for a missing [Capability].
const (
	WhyNeedsService = "needs_service" // Safe Mode with Networking starts services, not a user's programs
	WhyPlatform     = "platform"      // e.g. a Mac
)

// Link is the connection to the agent.
type Link struct {
	Online      bool      `json:"online"`
	Since       time.Time `json:"since"`                 // online or offline since
	Generation  int64     `json:"generation"`            // counts admissions; the agent proves that it knows it
	Admitted    int64     `json:"admitted"`              // the generation the present connection was let in with
	Known       int64     `json:"known"`                 // the last generation that the agent has shown to know
	ConfirmSeq  int64     `json:"confirm_seq,omitempty"` // it knows Generation once it has acknowledged this command
	BootID      string    `json:"boot_id"`               // of the boot the agent was last heard from
	Instance    string    `json:"instance"`              // of the agent's process; lives in its memory only
	WindowUntil time.Time `json:"window_until,omitzero"` // offline: the session expires after this
	Extended    int       `json:"extended,omitempty"`    // minutes that technicians added to this outage's window
}

// SharingState is whether the customer shares the screen.
type SharingState string

const (
	SharingOff      SharingState = ""         // never asked, or over because the PC restarted
	SharingAsking   SharingState = "asking"   // the prompt is on the customer's screen
	SharingOn       SharingState = "on"       // granted locally
	SharingRefused  SharingState = "refused"  // No
	SharingNoReply  SharingState = "no_reply" // the prompt ran out
	SharingNotShown SharingState = "not_shown"
	SharingAbsent   SharingState = "absent"
	SharingStopped  SharingState = "stopped" // by the customer or a technician
)

// Sharing is the consent to show the screen.
type Sharing struct {
	State    SharingState `json:"state,omitempty"`
	PromptID string       `json:"prompt_id,omitempty"`
	Until    time.Time    `json:"until,omitzero"` // the prompt's end, while asking
	Since    time.Time    `json:"since,omitzero"`
	Prior    bool         `json:"prior,omitempty"`   // it was on when the PC went down, and has not been asked about since
	Control  bool         `json:"control,omitempty"` // while asking: the question is about mouse and keyboard too, see Control.Prior
	Paused   bool         `json:"paused,omitempty"`  // while on: the customer holds the picture back
}

// Rival is a second live connection that proved the same key: the agent's state was copied, or a disk was cloned. Both
// are held until a technician chooses.
type Rival struct {
	PC         PC        `json:"pc"`
	Address    string    `json:"address"`
	Generation int64     `json:"generation"` // the last one it noted
	BootID     string    `json:"boot_id"`
	Instance   string    `json:"instance"`
	At         time.Time `json:"at"`
}

// Settled is a technician's choice between two PCs with one key: of those that know no more than this generation, only
// the one with this instance is let in, or, should its process have died meanwhile, the one in this boot.
type Settled struct {
	Generation int64  `json:"generation"`
	Instance   string `json:"instance"`
	BootID     string `json:"boot_id"`
}

// ChatMessage is one line of the conversation.
type ChatMessage struct {
	Seq  int64     `json:"seq"` // order within the session, given by the store
	From Actor     `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// AuditLine is one fact of the session's history. Action is one of the Audit constants; Params are shown, never parsed.
type AuditLine struct {
	Seq    int64             `json:"seq"` // order over the whole database, given by the store
	At     time.Time         `json:"at"`
	Actor  Actor             `json:"actor"`
	Action Action            `json:"action"`
	Reboot string            `json:"reboot,omitempty"` // the reboot it belongs to
	Params map[string]string `json:"params,omitempty"`
}
