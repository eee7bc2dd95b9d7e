package winui

// box is a rectangle in pixels.
type box struct{ x, y, w, h int }

// row is one piece of a column.
type row struct {
	gap    int             // above it, unless it is the first
	height func(w int) int // at a given width; 0 leaves the row and its gap out
	grow   bool            // takes what is left
	place  func(box)
}

// heightOf is how high a column of the given width must be.
func heightOf(rows []row, w int) int {
	total, first := 0, true
	for _, r := range rows {
		h := r.height(w)
		if h == 0 {
			continue
		}
		if !first {
			total += r.gap
		}
		first = false
		total += h
	}
	return total
}

// stack places the rows under each other inside b. Rows that grow share what is left equally.
func stack(rows []row, b box) {
	spare, growing := b.h-heightOf(rows, b.w), 0
	for _, r := range rows {
		if r.grow {
			growing++
		}
	}
	y, first := b.y, true
	for _, r := range rows {
		h := r.height(b.w)
		if h == 0 {
			r.place(box{b.x, y, b.w, 0})
			continue
		}
		if !first {
			y += r.gap
		}
		first = false
		if r.grow && spare > 0 {
			h += spare / growing
		}
		r.place(box{b.x, y, b.w, h})
		y += h
	}
}

// columns splits b into n parts of equal width with a gap between.
func columns(b box, n, gap int) []box {
	parts := make([]box, n)
	x := b.x
	for i := range parts {
		w := (b.x + b.w - x - gap*(n-1-i)) / (n - i)
		parts[i] = box{x, b.y, w, b.h}
		x += w + gap
	}
	return parts
}
