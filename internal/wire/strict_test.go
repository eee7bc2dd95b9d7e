package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func decodeCode(frame string) (ErrorCode, string) {
	_, _, err := Decode([]byte(frame))
	if err == nil {
		return "", ""
	}
	var e *Error
	if !errors.As(err, &e) {
		return "not a *wire.Error", ""
	}
	return e.Code, e.Type
}

func TestStrict(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		name, frame string
		want        ErrorCode
	}{
		{"nothing", ``, ErrMalformed},
		{"not JSON", `hello`, ErrMalformed},
		{"not an object", `[]`, ErrMalformed},
		{"null", `null`, ErrVersion},
		{"two frames", `{"v":1,"type":"beat","body":{}}{}`, ErrMalformed},
		{"not UTF-8", "{\"v\":1,\"type\":\"customer.chat\",\"seq\":1,\"body\":{\"text\":\"\xff\"}}", ErrMalformed},
		{"unknown member of the envelope", `{"v":1,"type":"beat","body":{},"x":1}`, ErrMalformed},
		{"envelope's member in other case", `{"V":1,"type":"beat","body":{}}`, ErrMalformed},
		{"duplicate member of the envelope", `{"v":1,"v":1,"type":"beat","body":{}}`, ErrMalformed},
		{"unknown member", `{"v":1,"type":"reboot.prepared","seq":1,"body":{"reboot":"r1","x":1}}`, ErrMalformed},
		{"member in other case", `{"v":1,"type":"reboot.prepared","seq":1,"body":{"Reboot":"r1"}}`, ErrMalformed},
		{"duplicate member", `{"v":1,"type":"reboot.prepared","seq":1,"body":{"reboot":"r1","reboot":"r2"}}`, ErrMalformed},
		{"nested unknown member", `{"v":1,"type":"welcome","body":{"policy":{"x":1}}}`, ErrMalformed},
		{"member of another type", `{"v":1,"type":"reboot.prepared","seq":1,"body":{"reboot":1}}`, ErrMalformed},
		{"no body", `{"v":1,"type":"beat"}`, ErrMalformed},
		{"null for a body", `{"v":1,"type":"beat","body":null}`, ErrMalformed},
		{"a list for a body", `{"v":1,"type":"beat","body":[]}`, ErrMalformed},
		{"fractional number", `{"v":1,"type":"beat","ack":1.5,"body":{}}`, ErrMalformed},
		{"number out of range", `{"v":1,"type":"beat","ack":9223372036854775808,"body":{}}`, ErrMalformed},
		{"no version", `{"type":"beat","body":{}}`, ErrVersion},
		{"newer version", `{"v":2,"type":"beat","body":{}}`, ErrVersion},
		{"no type", `{"v":1,"body":{}}`, ErrUnknown},
		{"unknown type", `{"v":1,"type":"reboot.now","seq":1,"body":{}}`, ErrUnknown},
		{"event without a number", `{"v":1,"type":"signed_in","body":{"boot_id":"b1"}}`, ErrNumber},
		{"event with number 0", `{"v":1,"type":"signed_in","seq":0,"body":{"boot_id":"b1"}}`, ErrNumber},
		{"event with a negative number", `{"v":1,"type":"signed_in","seq":-1,"body":{"boot_id":"b1"}}`, ErrNumber},
		{"command without a number", `{"v":1,"type":"reboot.go","body":{"reboot":"r1","boot_id":"b1"}}`, ErrNumber},
		{"number where none belongs", `{"v":1,"type":"beat","seq":1,"body":{}}`, ErrNumber},
		{"negative number where none belongs", `{"v":1,"type":"beat","seq":-1,"body":{}}`, ErrNumber},
		{"negative acknowledgement", `{"v":1,"type":"beat","ack":-1,"body":{}}`, ErrNumber},
		{"unknown answer", `{"v":1,"type":"reboot.consent","seq":1,"body":{"reboot":"r1","answer":"maybe"}}`, ErrInvalid},
		{"unknown source", `{"v":1,"type":"reboot.consent","seq":1,"body":{"reboot":"r1","answer":"yes","source":"server"}}`, ErrInvalid},
		{"unknown answer about sharing", `{"v":1,"type":"share.answer","seq":1,"body":{"prompt":"p1","answer":""}}`, ErrInvalid},
		{"empty chat", `{"v":1,"type":"customer.chat","seq":1,"body":{"text":""}}`, ErrInvalid},
		{"long chat", `{"v":1,"type":"customer.chat","seq":1,"body":{"text":"` + strings.Repeat("é", MaxChat+1) + `"}}`, ErrInvalid},
		{"many apps", `{"v":1,"type":"reboot.blocked","seq":1,"body":{"boot_id":"b1","apps":[` + strings.Repeat(`"a",`, 20) + `"a"]}}`, ErrInvalid},
		{"blocked in no boot", `{"v":1,"type":"reboot.blocked","seq":1,"body":{"apps":[]}}`, ErrInvalid},
		{"going down in no boot", `{"v":1,"type":"reboot.going_down","seq":1,"body":{"reboot":"r1"}}`, ErrInvalid},
		{"going down in a long boot", `{"v":1,"type":"reboot.going_down","seq":1,"body":{"boot_id":"` + long + `"}}`, ErrInvalid},
		{"signed in to no boot", `{"v":1,"type":"signed_in","seq":1,"body":{}}`, ErrInvalid},
		{"largest frame", sized(MaxFrame), ErrInvalid},
		{"too large a frame", sized(MaxFrame + 1), ErrTooLarge},
	} {
		if got, _ := decodeCode(c.frame); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

// sized is a well-formed frame of n bytes, whose text is too long.
func sized(n int) string {
	const before, after = `{"v":1,"type":"customer.chat","seq":1,"body":{"text":"`, `"}}`
	return before + strings.Repeat("x", n-len(before)-len(after)) + after
}

// TestWrongLengths breaks the members of fixed or bounded length of what opens a connection.
func TestWrongLengths(t *testing.T) {
	hello := Hello{Purpose: PurposeJoin, Nonce: nonce, Version: "1"}
	challenge := Challenge{Nonce: nonce, ServerKey: publicKey, Proof: signature}
	join := Join{Code: "0123456789", PublicKey: publicKey, BootID: "b1", Instance: "i1", PC: somePC, Proof: signature}
	rejoin := Rejoin{Session: "s1", Generation: 1, BootID: "b1", Instance: "i1", PC: somePC, Proof: signature}
	long := strings.Repeat("x", 65)
	bad := map[string]Message{}
	add := func(name string, m Message) { bad[name] = m }
	for _, n := range [][]byte{nil, nonce[1:], append(bytes.Clone(nonce), 0)} {
		add(fmt.Sprint("hello nonce ", len(n)), Hello{Purpose: PurposeJoin, Nonce: n})
		c := challenge
		c.Nonce = n
		add(fmt.Sprint("challenge nonce ", len(n)), c)
	}
	for _, p := range []Purpose{"", "server", "Join"} {
		h := hello
		h.Purpose = p
		add("hello purpose "+string(p), h)
	}
	for _, n := range []int{0, 31, 33} {
		key := bytes.Repeat([]byte{1}, n)
		c, j := challenge, join
		c.ServerKey, j.PublicKey = key, key
		add(fmt.Sprint("challenge key ", n), c)
		add(fmt.Sprint("join key ", n), j)
	}
	for _, n := range []int{0, 63, 65} {
		sig := bytes.Repeat([]byte{1}, n)
		c, j, r := challenge, join, rejoin
		c.Proof, j.Proof, r.Proof = sig, sig, sig
		add(fmt.Sprint("challenge proof ", n), c)
		add(fmt.Sprint("join proof ", n), j)
		add(fmt.Sprint("rejoin proof ", n), r)
	}
	for _, code := range []string{"", "123456789", "01234567890", "12345 6789", "012345678x", "0123456é8"} {
		j := join
		j.Code = code
		add("join code "+code, j)
	}
	for _, id := range []string{"", long} {
		j, j2, r, r2, r3 := join, join, rejoin, rejoin, rejoin
		j.BootID, j2.Instance, r.BootID, r2.Instance, r3.Session = id, id, id, id, id
		add("join boot "+id, j)
		add("join instance "+id, j2)
		add("rejoin boot "+id, r)
		add("rejoin instance "+id, r2)
		add("rejoin session "+id, r3)
	}
	for name, change := range map[string]func(*Rejoin){
		"rejoin generation 0":  func(r *Rejoin) { r.Generation = 0 },
		"rejoin generation -1": func(r *Rejoin) { r.Generation = -1 },
		"rejoin acked -1":      func(r *Rejoin) { r.Acked = -1 },
	} {
		r := rejoin
		change(&r)
		add(name, r)
	}
	for _, good := range []Message{hello, challenge, join, rejoin} {
		if code, _ := decodeCode(string(frameOf(t, good))); code != "" {
			t.Errorf("%s: %s", good.Type(), code)
		}
	}
	for name, m := range bad {
		if code, typ := decodeCode(string(frameOf(t, m))); code != ErrInvalid || typ != m.Type() {
			t.Errorf("%s: %q of %q", name, code, typ)
		}
	}
}

// TestTornFrames cuts each frame everywhere and breaks each of its bytes: never a panic, never more than an error.
func TestTornFrames(t *testing.T) {
	for _, m := range samples {
		frame := frameOf(t, m)
		for i := range frame {
			if _, _, err := Decode(frame[:i]); err == nil {
				t.Errorf("%s: taken although cut at %d", m.Type(), i)
			}
			broken := bytes.Clone(frame)
			broken[i] ^= 0x80
			if _, _, err := Decode(broken); err == nil {
				t.Errorf("%s: taken although byte %d is not UTF-8", m.Type(), i)
			}
		}
	}
}

// TestErrorNamesMessage: an error says which message was bad, in words of bounded length.
func TestErrorNamesMessage(t *testing.T) {
	for _, c := range []struct{ frame, want string }{
		{`{`, "wire: frame: malformed: "},
		{`{"v":1,"type":"signed_in","body":{}}`, "wire: signed_in: number"},
		{`{"v":7,"type":"signed_in","body":{}}`, "wire: signed_in: version: version 7, not 1"},
		{`{"v":1,"type":"` + strings.Repeat("x", 1000) + `","body":{}}`, "wire: " + strings.Repeat("x", 40) + ": unknown_type"},
	} {
		_, _, err := Decode([]byte(c.frame))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, not %s", err, c.want)
		}
	}
	_, _, err := Decode([]byte(`{`))
	var e *Error
	if !errors.As(err, &e) || e.Unwrap() == nil {
		t.Errorf("%v does not say what JSON said", err)
	}
}

func TestFinal(t *testing.T) {
	for code, want := range map[RefusalCode]bool{
		RefusedVersion: false, RefusedCode: false, RefusedBusy: false, RefusedProof: false, RefusedInvalid: false,
		RefusedUnknown: true, RefusedExpired: true, RefusedEnded: true, RefusedSuperseded: true,
	} {
		if code.Final() != want {
			t.Errorf("%s: final %v", code, !want)
		}
	}
}

// FuzzDecode: no frame panics, and what is taken says the same when it is sent on.
func FuzzDecode(f *testing.F) {
	for _, m := range samples {
		f.Add(frameOf(f, m))
	}
	f.Add([]byte(`{"v":1,"type":"reboot.blocked","seq":1,"body":{"boot_id":"b1","apps":[]}}`))
	f.Add([]byte(`{"v":1,"type":"welcome","body":{"history":null}}`))
	f.Add([]byte(`{"type":"chat","body":{"at":"0001-01-01T00:00:00Z"},"seq":9223372036854775807,"v":1}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, env, err := Decode(frame)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := Encode(m, env.Seq, env.Ack)
		if err != nil {
			var e *Error
			if errors.As(err, &e) && e.Code == ErrTooLarge {
				return // escaping may make a frame longer
			}
			t.Fatalf("decoded, but can't be encoded: %v", err)
		}
		m2, env2, err := Decode(again)
		if err != nil {
			t.Fatalf("%s\n%s: %v", frame, again, err)
		}
		one, _ := json.Marshal(m)
		two, _ := json.Marshal(m2)
		if !bytes.Equal(one, two) || env2.Seq != env.Seq || env2.Ack != env.Ack {
			t.Fatalf("%s\n%s", frame, again)
		}
	})
}
