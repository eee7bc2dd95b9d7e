package main

import (
	"strings"

	"golang.org/x/sys/windows"

	pc "github.com/rejoin/rejoin/agent/machine/windows"
)

// problem is why the program can't even show its own windows.
type problem int

const (
	badFlags problem = iota
	noStart
)

var english = map[problem]string{
	badFlags: "Rejoin was started with something it does not understand:",
	noStart:  "Rejoin can’t start on this PC:",
}

var french = map[problem]string{
	badFlags: "Rejoin a été lancé avec une option inconnue :",
	noStart:  "Rejoin ne peut pas démarrer sur ce PC :",
}

// complain tells the user in a plain message box.
func complain(p problem, err error) {
	words := english
	if language, _, _ := strings.Cut(pc.Locale(), "-"); language == "fr" {
		words = french
	}
	text, convErr := windows.UTF16PtrFromString(words[p] + "\n\n" + strings.ReplaceAll(err.Error(), "\x00", ""))
	title, titleErr := windows.UTF16PtrFromString("Rejoin")
	if convErr == nil && titleErr == nil {
		_, _ = windows.MessageBox(0, text, title, windows.MB_OK|windows.MB_ICONERROR|windows.MB_SETFOREGROUND)
	}
}
