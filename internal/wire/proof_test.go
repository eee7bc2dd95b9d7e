package wire

import (
	"bytes"
	"crypto/ed25519"
	"reflect"
	"testing"
)

// keys are fixed: what they sign must not change.
func keyOf(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func someClaim(p Purpose) Claim {
	return Claim{
		Purpose: p, ServerNonce: bytes.Repeat([]byte{1}, NonceSize), AgentNonce: bytes.Repeat([]byte{2}, NonceSize),
		Session: "s1", Generation: 3, BootID: "b1", Instance: "i1",
		ServerKey: keyOf(9).Public().(ed25519.PublicKey), Code: "0123456789",
	}
}

// TestProofHoldsEachField: a proof for one claim is worthless for a claim that differs in any field.
func TestProofHoldsEachField(t *testing.T) {
	key := keyOf(1)
	public := key.Public().(ed25519.PublicKey)
	claim := someClaim(PurposeRejoin)
	proof := claim.Sign(key)
	if !claim.Verify(public, proof) {
		t.Fatal("a good proof is refused")
	}
	fields := reflect.TypeFor[Claim]()
	for i := range fields.NumField() {
		changed := someClaim(PurposeRejoin)
		switch f := reflect.ValueOf(&changed).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString(f.String() + "x")
		case reflect.Int64:
			f.SetInt(f.Int() + 1)
		case reflect.Slice:
			b := bytes.Clone(f.Bytes())
			b[len(b)-1] ^= 1
			f.SetBytes(b)
		default:
			t.Fatalf("%s: what to change?", fields.Field(i).Name)
		}
		if changed.Verify(public, proof) {
			t.Errorf("%s is not part of what is signed", fields.Field(i).Name)
		}
	}
}

// TestProofBoundaries: moving bytes from one field to the next makes another claim.
func TestProofBoundaries(t *testing.T) {
	for _, c := range [][2]Claim{
		{{Session: "ab", BootID: "c"}, {Session: "a", BootID: "bc"}},
		{{BootID: "ab", Instance: "c"}, {BootID: "a", Instance: "bc"}},
		{{ServerNonce: []byte("ab"), AgentNonce: []byte("c")}, {ServerNonce: []byte("a"), AgentNonce: []byte("bc")}},
		{{Instance: "x"}, {Code: "x"}},
		{{Purpose: "a", ServerNonce: []byte("b")}, {Purpose: "ab"}},
	} {
		if bytes.Equal(c[0].Bytes(), c[1].Bytes()) {
			t.Errorf("%+v looks like %+v", c[0], c[1])
		}
	}
}

// TestProofPurposes: what is signed for one end is worthless for the others, the server's own signature included.
func TestProofPurposes(t *testing.T) {
	key := keyOf(1)
	public := key.Public().(ed25519.PublicKey)
	purposes := []Purpose{PurposeJoin, PurposeRejoin, purposeServer}
	for _, signed := range purposes {
		proof := someClaim(signed).Sign(key)
		for _, wanted := range purposes {
			if got := someClaim(wanted).Verify(public, proof); got != (signed == wanted) {
				t.Errorf("signed to %s, taken to %s: %v", signed, wanted, got)
			}
		}
	}
	server, client := bytes.Repeat([]byte{1}, NonceSize), bytes.Repeat([]byte{2}, NonceSize)
	asAgent := Claim{Purpose: PurposeRejoin, ServerNonce: server, AgentNonce: client, ServerKey: public}
	if VerifyChallenge(public, server, client, asAgent.Sign(key)) {
		t.Error("an agent's proof is taken for the server's")
	}
	if asAgent.Verify(public, SignChallenge(key, server, client)) {
		t.Error("the server's proof is taken for an agent's")
	}
}

func TestChallengeProof(t *testing.T) {
	key := keyOf(9)
	public := key.Public().(ed25519.PublicKey)
	server, client := bytes.Repeat([]byte{1}, NonceSize), bytes.Repeat([]byte{2}, NonceSize)
	proof := SignChallenge(key, server, client)
	if !VerifyChallenge(public, server, client, proof) {
		t.Fatal("a good proof is refused")
	}
	other := keyOf(8).Public().(ed25519.PublicKey)
	for name, ok := range map[string]bool{
		"another server":       VerifyChallenge(other, server, client, proof),
		"another server nonce": VerifyChallenge(public, client, client, proof),
		"another agent nonce":  VerifyChallenge(public, server, server, proof),
		"nonces exchanged":     VerifyChallenge(public, client, server, proof),
		"no key":               VerifyChallenge(nil, server, client, proof),
		"short key":            VerifyChallenge(public[:31], server, client, proof),
		"no proof":             VerifyChallenge(public, server, client, nil),
		"short proof":          VerifyChallenge(public, server, client, proof[:63]),
		"zero proof":           VerifyChallenge(public, server, client, make([]byte, 64)),
	} {
		if ok {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestVerifyBadLengths: keys and proofs of a wrong length are false, not a panic.
func TestVerifyBadLengths(t *testing.T) {
	key := keyOf(1)
	public := key.Public().(ed25519.PublicKey)
	claim := someClaim(PurposeJoin)
	proof := claim.Sign(key)
	for name, ok := range map[string]bool{
		"no key":     claim.Verify(nil, proof),
		"short key":  claim.Verify(public[:31], proof),
		"long key":   claim.Verify(append(bytes.Clone(public), 0), proof),
		"no proof":   claim.Verify(public, nil),
		"long proof": claim.Verify(public, append(bytes.Clone(proof), 0)),
		"other key":  claim.Verify(keyOf(2).Public().(ed25519.PublicKey), proof),
	} {
		if ok {
			t.Errorf("%s: taken", name)
		}
	}
}
