//go:build race

package motion

// lineHeights are those of the texts that are scrolled. The race detector makes looking at pictures thirty times slower, and there is nothing
// concurrent here to detect.
var lineHeights = []int{16}
