package winui

import (
	"slices"

	"github.com/rejoin/rejoin/agent/machine"
)

// choice is a window that may be hidden.
type choice struct {
	id, label string
	hidden    bool
}

// choicesLimit bounds the list; nobody goes through more.
const choicesLimit = 200

// choices is the list of windows to choose from, in the order given, and those that are hidden already. One of these that
// isn't in the list now (it may be on another virtual desktop) stays hidden and isn't shown.
func choices(all []machine.Window, hidden []string) []choice {
	var out []choice
	for _, w := range all {
		if len(out) == choicesLimit {
			break
		}
		label := cut(oneLine(w.Title), 80)
		if app := oneLine(w.App); app != "" {
			label += "  (" + cut(app, 40) + ")"
		}
		out = append(out, choice{w.ID, label, slices.Contains(hidden, w.ID)})
	}
	return out
}

// unlisted are the hidden windows that the list doesn't show.
func unlisted(listed []choice, hidden []string) []string {
	var out []string
	for _, id := range hidden {
		if !slices.ContainsFunc(listed, func(c choice) bool { return c.id == id }) {
			out = append(out, id)
		}
	}
	return out
}
