package launch

import (
	"errors"
	"strings"
)

// Flags are what the program was started with.
type Flags struct {
	Server string // -server: the server's address, in any spelling that [Server] takes
	Code   string // -code: the connect code, in any spelling
	Log    string // -log: the file for the log; empty: the usual place
	Resume bool   // -resume: go on with the session that is under way, if there is one
}

// ParseFlags reads the arguments after the program's name, spelled as package flag takes them: -name VALUE, -name=VALUE, with
// one dash or two. What it does not know is an error, which names it. Package flag itself would add 28 kB to the program.
func ParseFlags(args []string) (Flags, error) {
	var f Flags
	values := map[string]*string{"server": &f.Server, "code": &f.Code, "log": &f.Log}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, dashed := strings.CutPrefix(arg, "-")
		name, value, given := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		target := values[name]
		switch {
		case dashed && name == "resume" && !given:
			f.Resume = true
		case !dashed || target == nil:
			return Flags{}, errors.New(cut(arg) + " is not a flag")
		case given:
			*target = value
		case len(args) == 0:
			return Flags{}, errors.New(cut(arg) + " needs a value")
		default:
			*target, args = args[0], args[1:]
		}
	}
	return f, nil
}

// cut keeps an error short enough to be shown.
func cut(s string) string {
	const longest = 100
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
