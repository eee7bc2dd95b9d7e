//go:build !race

package motion

var lineHeights = []int{12, 14, 16, 20, 24}
