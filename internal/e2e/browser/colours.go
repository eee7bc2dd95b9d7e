package browser

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// Few returns the picture with at most 256 colours, which makes its file a third as large. Pages have few colours, and what
// is lost are shades along the edges of letters: the most frequent colours stay as they are, each other one becomes its
// nearest.
func Few(img image.Image) image.Image {
	bounds := img.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[rgba(img.At(x, y))]++
		}
	}
	palette := frequent(count, 256)
	nearest := map[color.RGBA]uint8{}
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := rgba(img.At(x, y))
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// frequent chooses colours by how often they occur, leaving out those that are hardly to be told from a chosen one.
func frequent(count map[color.RGBA]int, most int) color.Palette {
	all := make([]color.RGBA, 0, len(count))
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, near := range []int{9, 0} {
		for _, c := range all {
			if len(palette) == most {
				return palette
			}
			if !slices.ContainsFunc(palette, func(p color.Color) bool { return alike(p.(color.RGBA), c, near) }) {
				palette = append(palette, c)
			}
		}
	}
	return palette
}

func alike(a, b color.RGBA, near int) bool {
	d := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return d(a.R, b.R)+d(a.G, b.G)+d(a.B, b.B) <= near
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }
