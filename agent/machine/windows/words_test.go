package windows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNameBlockers(t *testing.T) {
	word := topWindow{Title: "Rechnung.docx – Word", Program: "WINWORD"}
	backup := topWindow{Title: "Backup", Program: "backup", Reason: "Saving to\r\ndisk E:", Asks: true}
	silent := topWindow{Program: "updater", Asks: true} // asks to wait, without a word or a window's title
	hung := topWindow{Title: "Old program", Program: "old", Hung: true}
	tests := []struct {
		name    string
		windows []topWindow
		want    []string
	}{
		{"nothing is open", nil, nil},
		{"what asks Windows to wait is certain, and hides the guesses", []topWindow{word, hung, backup}, []string{"Backup: Saving to disk E:"}},
		{"all that ask, each once", []topWindow{backup, silent, backup}, []string{"Backup: Saving to disk E:", "updater"}},
		{"then what hangs", []topWindow{word, hung}, []string{"Old program"}},
		{"then whatever is open", []topWindow{word, {Title: "Untitled - Notepad", Program: "notepad"}},
			[]string{"Rechnung.docx – Word (WINWORD)", "Untitled - Notepad"}},
		{"windows without any name are left out", []topWindow{{}}, nil},
	}
	for _, tt := range tests {
		if got := nameBlockers(tt.windows); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var many []topWindow
	for i := range 50 {
		many = append(many, topWindow{Title: fmt.Sprintf("%d %s", i, strings.Repeat("é", 300))})
	}
	got := nameBlockers(many)
	if len(got) != blockerLimit || len([]rune(got[0])) != 120 {
		t.Errorf("%d names, the first of %d characters", len(got), len([]rune(got[0])))
	}
}

func TestResumeCommand(t *testing.T) {
	got, err := resumeCommand(`C:\Users\Zoé Müller\AppData\Local\Rejoin\bin\0123456789abcdef\rejoin.exe`)
	if want := `"C:\Users\Zoé Müller\AppData\Local\Rejoin\bin\0123456789abcdef\rejoin.exe" -resume`; err != nil || got != want {
		t.Errorf("resumeCommand = %q, %v", got, err)
	}
	for _, bad := range []string{"", `C:\a"b.exe`, "C:\\a\nb.exe", `C:\` + strings.Repeat("é", 260) + `.exe`} {
		if got, err := resumeCommand(bad); err == nil {
			t.Errorf("resumeCommand(%q) = %q", bad, got)
		}
	}
}

func TestSealedFile(t *testing.T) {
	if got, err := sealedFile("session"); err != nil || got != "rejoin-session.sealed" {
		t.Errorf("sealedFile(session) = %q, %v", got, err)
	}
	for _, bad := range []string{"", "..", `a\b`, "a/b", "a:b", "con.", "Session", "é", "a b", strings.Repeat("a", 41)} {
		if got, err := sealedFile(bad); err == nil {
			t.Errorf("sealedFile(%q) = %q", bad, got)
		}
	}
}

func TestOSWords(t *testing.T) {
	for _, tt := range []struct {
		product, display string
		build, revision  uint32
		want             string
	}{
		{"Windows 10 Pro", "24H2", 26100, 2161, "Windows 11 Pro 24H2 (26100.2161)"},
		{"Windows 10 Home", "22H2", 19045, 5011, "Windows 10 Home 22H2 (19045.5011)"},
		{"Windows Server 2022 Standard", "21H2", 20348, 1, "Windows Server 2022 Standard 21H2 (20348.1)"},
		{"", "", 0, 0, "Windows"},
	} {
		if got := osWords(tt.product, tt.display, tt.build, tt.revision); got != tt.want {
			t.Errorf("osWords = %q, want %q", got, tt.want)
		}
	}
}

func TestMachineID(t *testing.T) {
	const guid = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
	id := machineID(guid)
	if len(id) != 32 || id != machineID(strings.ToUpper(guid)) || id == machineID(guid[1:]) || strings.Contains(id, guid[:8]) {
		t.Errorf("machineID = %q", id)
	}
}

func TestRestartError(t *testing.T) {
	cause := errors.New("code 4711 in words")
	err := error(&restartError{call: "ExitWindowsEx", code: 1115, err: cause})
	if err.Error() != "a restart or shutdown is already in progress" || !errors.Is(err, cause) {
		t.Errorf("known code: %v", err)
	}
	err = &restartError{call: "ExitWindowsEx", code: 4711, err: cause}
	if got := err.Error(); got != "ExitWindowsEx: code 4711 in words" {
		t.Errorf("unknown code: %q", got)
	}
}
