package wire

import "fmt"

// ScreenPath is where the server takes the sockets that carry the screen. Each belongs to one technician's viewer: the agent
// opens it when it is told to by [OpenViewer], sends one text frame with [ViewerHello], and from then on binary frames carry
// RFB both ways, the agent being its server. Nobody between the agent and the technician's browser looks into them.
const ScreenPath = "/agent/screen"

// TicketSize is the length of a viewer's ticket, in bytes.
const TicketSize = 32

// The messages about viewers. They carry no number: a viewer lives as long as its connections, and is opened anew after
// any loss.
type (
	// OpenViewer tells the agent that a technician wants to look. It opens a socket only while the screen may be shown.
	OpenViewer struct {
		Viewer       string   `json:"viewer"`
		Ticket       []byte   `json:"ticket"` // shows, once and within seconds, that the socket is this viewer's
		TechnicianID string   `json:"technician_id"`
		Technician   string   `json:"technician"`
		Monitor      string   `json:"monitor,omitzero"` // a machine's monitor; empty or unknown: the primary one
		Keyboard     Keyboard `json:"keyboard"`
	}
	// CloseViewer ends a viewer from the server's side.
	CloseViewer struct {
		Viewer string `json:"viewer"`
	}
	// ViewerRefused says that the agent opens no socket, and why.
	ViewerRefused struct {
		Viewer string      `json:"viewer"`
		Code   ViewerError `json:"code"`
	}
	// ViewerHello is the first frame on a screen's socket.
	ViewerHello struct {
		Viewer string `json:"viewer"`
		Ticket []byte `json:"ticket"`
	}
)

// Keyboard is how a viewer's keys are typed on the PC.
type Keyboard string

const (
	KeyboardRemote    Keyboard = "remote"    // as if pressed on the PC's own keyboard: its layout decides
	KeyboardCharacter Keyboard = "character" // the characters that the technician's layout makes
)

// ViewerError is a stable word for why there is no picture.
type ViewerError string

const (
	ViewerNoConsent ViewerError = "no_consent" // there is no local grant to show the screen
	ViewerCrowded   ViewerError = "crowded"    // [MaxViewers] watch already
	ViewerNoCapture ViewerError = "no_capture" // the screen can't be captured
	ViewerHidden    ViewerError = "hidden"     // the customer keeps every monitor to themselves
)

// MaxViewers is how many viewers one PC serves at once.
const MaxViewers = 8

func checkViewer(id string, ticket []byte) error {
	if len(ticket) != TicketSize {
		return fmt.Errorf("ticket of %d bytes", len(ticket))
	}
	return checkIDs(id)
}

func (m *OpenViewer) check() error {
	if m.TechnicianID == "" || len(m.TechnicianID) > 64 || len(m.Monitor) > MaxName {
		return fmt.Errorf("lengths")
	}
	if m.Keyboard != KeyboardRemote && m.Keyboard != KeyboardCharacter {
		return fmt.Errorf("keyboard %.20q", m.Keyboard)
	}
	return checkViewer(m.Viewer, m.Ticket)
}

func (m *CloseViewer) check() error { return checkIDs(m.Viewer) }

func (m *ViewerRefused) check() error {
	switch m.Code {
	case ViewerNoConsent, ViewerCrowded, ViewerNoCapture, ViewerHidden:
		return checkIDs(m.Viewer)
	}
	return fmt.Errorf("code %.20q", m.Code)
}

func (m *ViewerHello) check() error { return checkViewer(m.Viewer, m.Ticket) }
