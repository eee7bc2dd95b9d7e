package wire

import (
	"bytes"
	"crypto/ed25519"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata anew")

var (
	someTime  = time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)
	somePC    = PC{Name: "DESK-7", OS: "Windows 11 24H2", Platform: "windows", User: "Ada", Locale: "fr-CH", MachineID: "m-1f2e", Service: true, Reboot: Capability{Available: true}, SafeMode: Capability{Why: "needs_service"}}
	nonce     = bytes.Repeat([]byte{0xa5}, NonceSize)
	publicKey = ed25519.PublicKey(bytes.Repeat([]byte{0x17}, ed25519.PublicKeySize))
	signature = bytes.Repeat([]byte{0x5a}, ed25519.SignatureSize)
)

// samples has one message of each type, every member set.
var samples = []Message{
	&Hello{Purpose: PurposeRejoin, Nonce: nonce, Version: "1.0.0"},
	&Challenge{Nonce: nonce, ServerKey: publicKey, Proof: signature},
	&Join{Code: "0123456789", PublicKey: publicKey, BootID: "b1", Instance: "i1", SignedIn: true, PC: somePC, Proof: signature},
	&Rejoin{Session: "s1", Generation: 3, BootID: "b2", Instance: "i2", SignedIn: true, Acked: 7, PC: somePC, Proof: signature},
	&Welcome{
		Session: "s1", Generation: 4, Acked: 9, Technician: "Jonas", Company: "Bits AG", Phone: true,
		Policy:  Policy{AskBeforeReboot: true, PromptSeconds: 60, RebootOnNoReply: true, AskBeforeSharing: true, AskBeforeControl: true, PhoneCancel: true, WindowMinutes: 10},
		History: []ChatLine{{From: "Jonas", Text: "Bonjour", At: someTime}, {Mine: true, Text: "Enchantée", At: someTime}},
	},
	&Refused{Code: RefusedBusy, RetryAfter: 60},
	&Hold{}, &Beat{}, &BeatOK{}, &Ack{},
	&Regenerate{Generation: 5},
	&GoingAway{BackIn: 1500},
	&Trouble{Message: "chat", Code: ErrInvalid},
	&OpenViewer{Viewer: "v1", Ticket: nonce, TechnicianID: "u1", Technician: "Jonas", Monitor: "\\\\.\\DISPLAY2", Keyboard: KeyboardCharacter},
	&CloseViewer{Viewer: "v1"},
	&ViewerRefused{Viewer: "v1", Code: ViewerNoConsent},
	&ViewerHello{Viewer: "v1", Ticket: nonce},
	&AskReboot{Reboot: "r1", Kind: "normal", BootID: "b1", By: "Jonas", Message: "Back soon", Seconds: 60},
	&ClosePrompt{ID: "r1"},
	&PrepareReboot{Reboot: "r1", BootID: "b1", WindowMinutes: 10},
	&GoReboot{Reboot: "r1", BootID: "b1"},
	&AbortReboot{Reboot: "r1"},
	&AskReturn{Reboot: "r1", By: "Jonas", Seconds: 15},
	&AskShare{Prompt: "p4", By: "Jonas", Seconds: 60, Again: true, Control: true},
	&EndShare{},
	&AskControl{Prompt: "p5", By: "Jonas", Seconds: 60},
	&SetControl{ID: "u1", Name: "Jonas"},
	&Chat{From: "Jonas", Text: "<b>“Hello”</b>\n", At: someTime},
	&EndSession{Reason: "by_technician"},
	&ConsentAnswered{Reboot: "r1", Answer: "yes", Source: "customer"},
	&RebootPrepared{Reboot: "r1"},
	&RebootFailed{Reboot: "r1", Step: "restart", Detail: "error 1115"},
	&GoingDown{Reboot: "r1", BootID: "b1"},
	&RestartBlocked{Reboot: "r1", BootID: "b1", Apps: []string{"Editor", "Table"}},
	&SignedIn{BootID: "b2"},
	&ReturnAnswered{Reboot: "r1", Cancel: true},
	&ShareAnswered{Prompt: "p4", Answer: "no_reply", Source: ""},
	&ShareStopped{},
	&SharePaused{Paused: true},
	&ControlAnswered{Prompt: "p5", Answer: "yes", Source: "customer"},
	&ControlStopped{},
	&CustomerChat{Text: "Ça marche ?"},
	&CustomerEnded{},
}

// numbersOf are the numbers that the sample travels with: in the handshake there are none.
func numbersOf(m Message) (seq, ack int64) {
	if Numbered(m) {
		return 12, 34
	}
	if slices.Index(Types, m.Type()) < slices.Index(Types, "beat") {
		return 0, 0
	}
	return 0, 34
}

// frameOf is a sample as it travels.
func frameOf(t testing.TB, m Message) []byte {
	t.Helper()
	seq, ack := numbersOf(m)
	frame, err := Encode(m, seq, ack)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// TestGolden compares each message with its file: a difference is a change of the protocol, which needs a new version
// unless no released peer can meet it.
func TestGolden(t *testing.T) {
	var names []string
	for _, m := range samples {
		names = append(names, m.Type())
		file := filepath.Join("testdata", m.Type()+".json")
		frame := append(frameOf(t, m), '\n')
		if *update {
			if err := os.WriteFile(file, frame, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(frame, want) {
			t.Errorf("%s\nwant %s\n got %s", file, want, frame)
		}
		got, env, err := Decode(bytes.TrimSpace(want))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if seq, ack := numbersOf(m); !reflect.DeepEqual(got, m) || env.Seq != seq || env.Ack != ack {
			t.Errorf("%s: read as %+v in %+v", file, got, env)
		}
	}
	slices.Sort(names)
	types := slices.Sorted(slices.Values(Types))
	if !slices.Equal(names, types) {
		t.Errorf("samples of %v\n   types %v", names, types)
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(Types) {
		t.Errorf("%d golden files for %d types: %v", len(files), len(Types), err)
	}
}

// TestSamplesAreFull: a member that is zero in its sample is not held by a golden file.
func TestSamplesAreFull(t *testing.T) {
	for _, m := range samples {
		v := reflect.ValueOf(m).Elem()
		for i := range v.NumField() {
			if v.Field(i).IsZero() && v.Type().Field(i).Name != "Source" {
				t.Errorf("%s: %s is not set", m.Type(), v.Type().Field(i).Name)
			}
		}
	}
}

func TestNew(t *testing.T) {
	for _, typ := range Types {
		if m := New(typ); m == nil || m.Type() != typ {
			t.Errorf("New(%q) is %v", typ, m)
		}
	}
	if m := New("nonsense"); m != nil {
		t.Errorf("nonsense is a %T", m)
	}
	for _, m := range samples {
		value := reflect.ValueOf(m).Elem().Interface().(Message)
		if Numbered(m) != Numbered(value) || IsCommand(m) != IsCommand(value) || IsEvent(m) != IsEvent(value) {
			t.Errorf("%s: value and pointer differ", m.Type())
		}
		if IsCommand(m) && IsEvent(m) || Numbered(m) != (IsCommand(m) || IsEvent(m)) {
			t.Errorf("%s: both command and event, or numbered without being either", m.Type())
		}
	}
}

func TestEncodeTooLarge(t *testing.T) {
	_, err := Encode(Chat{Text: strings.Repeat("x", MaxFrame), At: someTime}, 1, 0)
	if e, ok := err.(*Error); !ok || e.Code != ErrTooLarge {
		t.Errorf("got %v", err)
	}
	if _, err := Encode(Chat{Text: "\xff", At: someTime}, 1, 0); err == nil {
		t.Error("what is not UTF-8 can't be decoded again")
	}
}

// TestEncodeRaw: a stored command is sent as if it had just been encoded.
func TestEncodeRaw(t *testing.T) {
	m := &GoReboot{Reboot: "r1", BootID: "b1"}
	want, err := Encode(m, 12, 34)
	if err != nil {
		t.Fatal(err)
	}
	got, err := EncodeRaw(m.Type(), []byte(`{"reboot":"r1","boot_id":"b1"}`), 12, 34)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s, not %s: %v", got, want, err)
	}
	if _, err := EncodeRaw(m.Type(), []byte(`{"reboot":`), 12, 34); err == nil {
		t.Error("a torn body was framed")
	}
}
