// Package screentest proves package winscreen with the real thing: a small program (probe) runs under Wine (see
// internal/winerig), takes pictures, types and points there, and tells what came of it. There is nothing here outside the tests but
// what the two say to each other, one JSON document a line.
package screentest

// Request asks the probe for something.
type Request struct {
	// "monitors", "windows", "exclude", "capture", "wait", "draw", "pixels", "save", "close", "key", "pointer", "cursor",
	// "keystate", "release", "touched", "text", "settext", "change", "cpu", "prompt", "banner", "action"
	Do string

	Monitor  string   `json:",omitempty"`
	Windows  []string `json:",omitempty"` // exclude
	Within   int      `json:",omitempty"` // ms: wait, change, action
	Points   [][2]int `json:",omitempty"` // pixels
	File     string   `json:",omitempty"` // save
	Keysym   uint32   `json:",omitempty"`
	Scancode uint32   `json:",omitempty"`
	Down     bool     `json:",omitempty"`
	ByChar   bool     `json:",omitempty"`
	X, Y     int      `json:",omitempty"`
	Buttons  uint16   `json:",omitempty"`
	VK       int      `json:",omitempty"` // keystate
	Text     string   `json:",omitempty"` // settext
	Max      int      `json:",omitempty"` // text
}

// Reply answers it.
type Reply struct {
	Error    string   `json:",omitempty"`
	Happened bool     `json:",omitempty"` // wait, change: before the time was up; keystate: down
	Took     float64  `json:",omitempty"` // ms
	Names    []string `json:",omitempty"` // monitors, windows: ID, title and program, with tabs between
	Size     [2]int   `json:",omitempty"` // capture
	Rects    [][4]int `json:",omitempty"` // draw
	Unknown  bool     `json:",omitempty"`
	Pointer  [2]int   `json:",omitempty"`
	Cursor   [2]int   `json:",omitempty"` // its size
	Covered  int      `json:",omitempty"`
	Pixels   []uint32 `json:",omitempty"` // 0xRRGGBB
	Text     string   `json:",omitempty"`
	Ago      float64  `json:",omitempty"` // touched: ms, negative for never
	CPU      float64  `json:",omitempty"` // ms of processor time
}
