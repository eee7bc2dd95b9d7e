// Package winscreen is the real [machine.Screen]: it takes pictures of the monitors, types and points, and holds the
// clipboard, with the rights of the user who runs it.
//
// # Pictures
//
// The desktop duplication of DXGI is used where it works: Windows then tells what changed, and nothing is copied while
// nothing does. Where it doesn't (rotated monitors, too many programs duplicating, old drivers, Wine) GDI copies the
// monitor and the copies are compared, often after input and seldom while nothing happens (type pacer).
//
// # What is not in them
//
// Excluded windows, their menus and what else belongs to them are covered in plain grey, and so are the agent's own
// prompts where Windows can't leave them out by itself. Windows tells where a window is now, while a picture shows where it
// was up to some frames ago, so what is covered is every place where it has been lately (type veil), and while such a window
// opens, closes or changes its size, which Windows animates, the picture stands still. What this can't cover: sounds,
// a window's picture that another program took by itself, and the colours that shine through Windows' blurred materials.
//
// # Files
//
// What needs no Windows (the arithmetic of coordinates, keys, rectangles, pictures, cursors and texts) is in untagged
// files and tested anywhere.
package winscreen
