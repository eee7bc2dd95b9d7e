// Package windows is the real [machine.Machine]: a Windows 10 or 11 PC, used without administrator's rights. What needs no
// Windows (telling boots apart, words for errors, quoting command lines) is in untagged files and tested anywhere.
//
// Threads: one runs every window of the user interface (package winui), one the hidden window that hears of the Windows
// session's end, so that a busy chat box can't delay that. Everything else is ordinary goroutines.
package windows
