package agent

import (
	"errors"
	"fmt"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
)

// consent is what the customer has agreed to on this PC, as it is stored. Only the [guard] reads or changes it. There is
// at most one grant of each kind: a new question revokes the old answer.
type consent struct {
	// Standing is the answer to a policy that asks less than the default: "" (not asked, or not answered), "yes", "no".
	Standing string `json:"standing,omitzero"`
	// AskShare: the customer stopped the sharing, so a standing Yes no longer covers it.
	AskShare   bool          `json:"ask_share,omitzero"`
	AskControl bool          `json:"ask_control,omitzero"` // the same for mouse and keyboard
	Reboot     *rebootGrant  `json:"reboot,omitzero"`
	Share      *shareGrant   `json:"share,omitzero"`
	Control    *controlGrant `json:"control,omitzero"`
}

// rebootGrant allows one restart: of this session's reboot, in this boot, of this kind.
type rebootGrant struct {
	Session  string `json:"session"`
	Reboot   string `json:"reboot"`
	BootID   string `json:"boot_id"`
	Kind     string `json:"kind"` // of the wire: "normal", "safe_mode"
	Source   string `json:"source"`
	Prepared bool   `json:"prepared,omitzero"`
}

// Answers and their sources, as the wire spells them.
const (
	answerYes      = "yes"
	answerNo       = "no"
	answerNoReply  = "no_reply"
	answerAbsent   = "absent"
	answerNotShown = "not_shown"

	sourceCustomer = "customer"
	sourcePrior    = "prior"
	sourceTimeout  = "timeout"
)

// guard decides what may be done to this PC. It works on one document in one boot; a change counts once the document is
// saved. Grants come from the customer's answers alone: no method takes anything that a server says for one.
type guard struct {
	d      *document
	bootID string
}

func (d *document) guard(bootID string) guard { return guard{d, bootID} }

// asksLess tells whether a policy needs the customer's standing Yes.
func asksLess(p wire.Policy) bool {
	return !p.AskBeforeReboot || p.RebootOnNoReply || !p.AskBeforeSharing || !p.AskBeforeControl
}

// policy is the one in force: what was pinned at join, but never asking less than the default unless the customer agreed.
func (g guard) policy() wire.Policy {
	p := g.d.Policy
	if g.d.Consent.Standing != answerYes {
		p.AskBeforeReboot, p.RebootOnNoReply, p.AskBeforeSharing, p.AskBeforeControl = true, false, true, true
	}
	if g.d.Consent.AskShare {
		p.AskBeforeSharing = true
	}
	if g.d.Consent.AskControl {
		p.AskBeforeControl = true
	}
	return p
}

// answerStanding notes the answer to the policy's prompt. Whatever is not a Yes is a No.
func (g guard) answerStanding(a machine.Answer) {
	g.d.Consent.Standing = answerNo
	if a == machine.AnswerYes {
		g.d.Consent.Standing = answerYes
	}
}

// grantedBefore gives the grant for a reboot if the customer agreed in advance; false means that they must be asked.
func (g guard) grantedBefore(reboot, kind string) bool {
	g.d.Consent.Reboot = nil
	if g.policy().AskBeforeReboot {
		return false
	}
	g.grantReboot(reboot, kind, sourcePrior)
	return true
}

// answerReboot turns what came of the reboot prompt into the answer that is sent; a Yes leaves a grant behind.
func (g guard) answerReboot(reboot, kind string, a machine.Answer) (answer, source string) {
	g.d.Consent.Reboot = nil
	switch a {
	case machine.AnswerYes:
		g.grantReboot(reboot, kind, sourceCustomer)
		return answerYes, sourceCustomer
	case machine.AnswerTimeout:
		if g.policy().RebootOnNoReply {
			g.grantReboot(reboot, kind, sourceTimeout)
			return answerYes, sourceTimeout
		}
	}
	return unanswered(a), ""
}

// unanswered spells what was not a Yes.
func unanswered(a machine.Answer) string {
	switch a {
	case machine.AnswerNo:
		return answerNo
	case machine.AnswerTimeout:
		return answerNoReply
	case machine.AnswerAbsent:
		return answerAbsent
	}
	return answerNotShown
}

func (g guard) grantReboot(reboot, kind, source string) {
	g.d.Consent.Reboot = &rebootGrant{
		Session: g.d.Session, Reboot: reboot, BootID: g.bootID, Kind: kind, Source: source,
	}
}

// errNoGrant says that the customer has not agreed to it, or no longer.
var errNoGrant = errors.New("no consent on this PC")

// errOtherBoot says that a command was meant for another boot.
var errOtherBoot = errors.New("meant for another boot")

// reboot returns the grant for a reboot in the boot that the server names, if there is one.
func (g guard) reboot(reboot, bootID string) (*rebootGrant, error) {
	r := g.d.Consent.Reboot
	switch {
	case bootID != g.bootID:
		return nil, errOtherBoot
	case r == nil, r.Reboot != reboot, r.Session == "", r.Session != g.d.Session, r.BootID != g.bootID:
		return nil, errNoGrant
	}
	return r, nil
}

// prepare notes that ticket and start registration of a granted reboot are made.
func (g guard) prepare(reboot, bootID string) error {
	r, err := g.reboot(reboot, bootID)
	if err != nil {
		return err
	}
	r.Prepared = true
	return nil
}

// spend uses up the grant of a prepared reboot and returns the kind of restart it allows. The caller saves the document
// before it restarts anything: killed in between, the PC stays up; it is never restarted twice.
func (g guard) spend(reboot, bootID string) (machine.RestartKind, error) {
	r, err := g.reboot(reboot, bootID)
	if err != nil {
		return "", err
	}
	if !r.Prepared {
		return "", fmt.Errorf("%w: not prepared", errNoGrant)
	}
	g.d.Consent.Reboot = nil
	if r.Kind == string(machine.RestartSafeMode) {
		return machine.RestartSafeMode, nil
	}
	return machine.RestartNormal, nil
}

// revokeReboot takes back the grant for a reboot; "" takes back any.
func (g guard) revokeReboot(reboot string) {
	if r := g.d.Consent.Reboot; r != nil && (reboot == "" || r.Reboot == reboot) {
		g.d.Consent.Reboot = nil
	}
}
