// Package win32 wraps the few calls of user32, gdi32 and kernel32 that golang.org/x/sys/windows leaves out, with Go types.
// Every DLL is loaded from System32 only. Window functions must be called on the thread that made the window; the package
// keeps no state of its own and checks nothing that Windows checks.
package win32
