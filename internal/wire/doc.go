// Package wire is what server and agent say to each other over their one WebSocket: every message, the envelope they
// travel in, and what is signed when an agent joins or rejoins. It has no I/O. docs/protocol.md tells the same in prose,
// testdata/ holds one golden file per message.
//
// Each frame is a text frame with one JSON [Envelope]. Decoding is strict: unknown members, duplicate names, other
// versions, unknown types and frames over [MaxFrame] are errors that name the message.
//
// The conversation:
//
//	agent                          server
//	hello  (purpose, nonce)  →
//	                         ←     challenge (nonce, the server's key and signature)
//	join | rejoin (proof)    →
//	                         ←     welcome | refused | hold (then welcome or refused)
//	ack (confirms the generation)  →
//
// after which commands flow to the agent and events to the server, both numbered from 1 without gaps over the whole
// session, each side acknowledging cumulatively what it has written to disk. After a reconnect each side sends again
// what the other has not acknowledged. Every [HeartbeatEvery] the agent sends a beat, which the server answers; either side
// that has received nothing for [SilentAfter] takes the connection for lost. What was sent counts for nothing.
//
// # History
//
//   - 1 (2026-11-23): first version.
//   - 1 (2026-11-26), before any release: viewers, and the consent to use mouse and keyboard.
package wire

import "time"

// Version of the protocol. A peer with another one is refused with [RefusedVersion].
const Version = 1

// Path is where the server takes agents' WebSockets.
const Path = "/agent/link"

const (
	// MaxFrame is the largest frame either side reads, in bytes.
	MaxFrame = 64 << 10
	// MaxChat is the longest chat line, in characters.
	MaxChat = 4000
	// MaxMessage is the longest message in a reboot prompt, in characters.
	MaxMessage = 300
	// MaxName is the longest name of a person, company, PC or program, in characters; longer ones are cut.
	MaxName = 120
	// MaxHistory is how many chat lines a welcome carries at most.
	MaxHistory = 50

	// HeartbeatEvery is how often the agent sends a beat.
	HeartbeatEvery = 5 * time.Second
	// SilentAfter is how long a side may receive nothing before it takes the connection for lost.
	SilentAfter = 12 * time.Second
	// HandshakeWithin is how long the handshake may take before the server hangs up.
	HandshakeWithin = 10 * time.Second
)
