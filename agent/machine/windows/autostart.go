package windows

import (
	"errors"
	"fmt"
	"strings"
)

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
