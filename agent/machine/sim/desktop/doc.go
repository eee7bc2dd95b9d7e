// Package desktop is the desktop of the simulated PC, drawn in Go: monitors, a wallpaper, a task bar with a clock, icons, and
// windows in which one can type, scroll and drag. It implements [machine.Screen], so that the agent, the viewer and their
// tests have a real picture, mouse, keyboard and clipboard without Windows.
//
// The picture is a function of the desktop's state, so that the same input gives the same pixels. What a [machine.Capturer]
// says of a change is what was drawn: characters, the area a window left, and moves for windows that are dragged and text
// that is scrolled, as DXGI desktop duplication tells them
// (https://learn.microsoft.com/en-us/windows/win32/direct3ddxgi/desktop-dup-api).
//
// Nothing runs by itself. A Capturer that waits sets a timer for the next minute, which the clock shows; otherwise no real
// clock, goroutine or file is involved, so that all of it works in a testing/synctest bubble.
package desktop
