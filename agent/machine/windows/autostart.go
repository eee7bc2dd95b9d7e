package windows

import (
	"errors"
	"fmt"
	"strings"
)

// runOnceName is the value's name under HKCU …\RunOnce. The star makes it run in Safe Mode too: a customer who chooses Safe
// Mode with Networking by hand comes back as well (Rejoin itself can't switch it on without a service). There is no "!",
// which would have Windows delete the value after the program ran, taking away the registration that the program had
// made anew meanwhile.
// https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys
const runOnceName = "*Rejoin"

// runOnceLimit is how long a RunOnce command line may be, in characters (same page).
const runOnceLimit = 260

// resumeCommand is the command line that starts exe again. The path is always quoted: an unquoted one with a space runs
// another program if there is one in the way.
func resumeCommand(exe string) (string, error) {
	if exe == "" || strings.ContainsAny(exe, "\"\r\n\x00") {
		return "", errors.New("the program's path can't be quoted")
	}
	line := `"` + exe + `" -resume`
	if n := len([]rune(line)); n > runOnceLimit {
		return "", fmt.Errorf("the command line to start again has %d characters, Windows takes %d", n, runOnceLimit)
	}
	return line, nil
}
