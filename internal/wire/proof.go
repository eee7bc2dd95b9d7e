package wire

import (
	"crypto/ed25519"
	"encoding/binary"
)

// Purpose separates what is signed for different ends, so that a proof for one is worthless for another.
type Purpose string

const (
	PurposeJoin   Purpose = "join"
	PurposeRejoin Purpose = "rejoin"
	purposeServer Purpose = "server" // the server's own signature in a challenge
)

// NonceSize is the length of a nonce in bytes.
const NonceSize = 32

// Claim is what an agent signs to be let in: nobody else's nonce, session, generation, boot or server.
type Claim struct {
	Purpose     Purpose
	ServerNonce []byte
	AgentNonce  []byte
	Session     string // empty when joining
	Generation  int64
	BootID      string
	Instance    string
	ServerKey   ed25519.PublicKey // the server's identity
	Code        string            // only when joining
}

// Bytes is the claim as it is signed: each part with its length before it, so that no two claims look alike.
func (c Claim) Bytes() []byte {
	b := []byte("rejoin link v1\n")
	for _, part := range [][]byte{
		[]byte(c.Purpose), c.ServerNonce, c.AgentNonce, []byte(c.Session),
		binary.BigEndian.AppendUint64(nil, uint64(c.Generation)),
		[]byte(c.BootID), []byte(c.Instance), c.ServerKey, []byte(c.Code),
	} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Sign makes the proof for a claim.
func (c Claim) Sign(key ed25519.PrivateKey) []byte { return ed25519.Sign(key, c.Bytes()) }

// Verify checks a proof; it is false for keys and proofs of a wrong length.
func (c Claim) Verify(key ed25519.PublicKey, proof []byte) bool {
	return len(key) == ed25519.PublicKeySize && len(proof) == ed25519.SignatureSize && ed25519.Verify(key, c.Bytes(), proof)
}

// SignChallenge is the server's signature over both nonces: an agent that knows the server's key from joining will not
// rejoin a server that has another one.
func SignChallenge(key ed25519.PrivateKey, serverNonce, agentNonce []byte) []byte {
	return ed25519.Sign(key, serverClaim(key.Public().(ed25519.PublicKey), serverNonce, agentNonce))
}

// VerifyChallenge checks the server's signature.
func VerifyChallenge(key ed25519.PublicKey, serverNonce, agentNonce, proof []byte) bool {
	return len(key) == ed25519.PublicKeySize && len(proof) == ed25519.SignatureSize &&
		ed25519.Verify(key, serverClaim(key, serverNonce, agentNonce), proof)
}

func serverClaim(key ed25519.PublicKey, serverNonce, agentNonce []byte) []byte {
	return Claim{Purpose: purposeServer, ServerNonce: serverNonce, AgentNonce: agentNonce, ServerKey: key}.Bytes()
}
