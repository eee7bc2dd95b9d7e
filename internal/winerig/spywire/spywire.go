// Package spywire is what the rig and its spy inside Windows say to each other, one JSON document a line.
package spywire

// Request asks the spy for something.
type Request struct {
	Do string // "windows", "processes", "kill", "reg.get", "reg.set", "reg.delete", "inject.click", "inject.key", "post", "clipboard", "restart", "uptime"

	Pid        uint32 `json:",omitempty"` // kill
	Root, Path string `json:",omitempty"` // reg: "HKCU" or "HKLM", key
	Name       string `json:",omitempty"` // reg
	Value      string `json:",omitempty"` // reg.set, clipboard
	X, Y       int    `json:",omitempty"` // inject.click
	Key        uint16 `json:",omitempty"` // inject.key
	Window     uint64 `json:",omitempty"` // post
	Message    uint32 `json:",omitempty"`
	W, L       uint64 `json:",omitempty"`
}

// Reply answers it.
type Reply struct {
	Error     string    `json:",omitempty"`
	Windows   []Window  `json:",omitempty"`
	Processes []Process `json:",omitempty"`
	Value     string    `json:",omitempty"`
	Found     bool      `json:",omitempty"`
	Uptime    int64     `json:",omitempty"` // ms
}

// Process is a running program.
type Process struct {
	Pid  uint32
	Name string // of the file
}

// Window is a top-level window or, in Controls, a part of one. X, Y, W, H are on the screen.
type Window struct {
	Handle      uint64
	Pid         uint32 `json:",omitempty"`
	Class, Text string
	X, Y, W, H  int
	Visible     bool
	Enabled     bool
	Focus       bool     `json:",omitempty"`
	Controls    []Window `json:",omitempty"`
}
