package windows

import "strings"

// topWindow is a top-level window that a user can see, as far as blocking goes.
type topWindow struct {
	Title   string
	Program string // the file's name without path and .exe, if known
	Reason  string // why it asks Windows not to shut down
	Asks    bool   // it does ask (certain)
	Hung    bool   // Windows finds that it doesn't answer
}

// blockerLimit is how many are named at most.
const blockerLimit = 10

// nameBlockers chooses and words the programs that keep Windows from restarting. Programs that ask Windows to wait say
// so themselves: those are certain, and if there are any only they are named. Else it may be one that hangs, and else
// any that is still open: Windows tells nobody which of them said no.
func nameBlockers(windows []topWindow) []string {
	for _, group := range []func(topWindow) bool{
		func(w topWindow) bool { return w.Asks },
		func(w topWindow) bool { return w.Hung },
		func(w topWindow) bool { return true },
	} {
		var names []string
		seen := map[string]bool{}
		for _, w := range windows {
			name := blockerName(w)
			if group(w) && name != "" && !seen[name] && len(names) < blockerLimit {
				seen[name] = true
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// blockerName is what people know a window by: its title, its program if that doesn't show in the title, and its reason.
func blockerName(w topWindow) string {
	clean := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	name, program := clean(w.Title), clean(w.Program)
	switch {
	case name == "":
		name = program
	case program != "" && !strings.Contains(strings.ToLower(name), strings.ToLower(program)):
		name += " (" + program + ")"
	}
	if reason := clean(w.Reason); reason != "" {
		name += ": " + reason
	}
	if r := []rune(name); len(r) > 120 {
		name = string(r[:119]) + "…"
	}
	return name
}
