package winscreen

import "image"

// regionLimit is how many rectangles a region may have before its bounding box stands for it.
const regionLimit = 256

// subtract is what is left of the rectangles without hole.
func subtract(rects []image.Rectangle, hole image.Rectangle) []image.Rectangle {
	var out []image.Rectangle
	for _, r := range rects {
		in := r.Intersect(hole)
		if in.Empty() {
			out = append(out, r)
			continue
		}
		for _, part := range [...]image.Rectangle{
			{r.Min, image.Pt(r.Max.X, in.Min.Y)}, {image.Pt(r.Min.X, in.Max.Y), r.Max},
			{image.Pt(r.Min.X, in.Min.Y), image.Pt(in.Min.X, in.Max.Y)}, {image.Pt(in.Max.X, in.Min.Y), image.Pt(r.Max.X, in.Max.Y)},
		} {
			if part.Min.X < part.Max.X && part.Min.Y < part.Max.Y {
				out = append(out, part)
			}
		}
	}
	return out
}

// subtractAll is what is left of the rectangles without any of the holes.
func subtractAll(rects, holes []image.Rectangle) []image.Rectangle {
	for _, h := range holes {
		if rects = subtract(rects, h); len(rects) == 0 {
			return nil
		}
	}
	return rects
}

// add appends the parts of r that no rectangle of the region covers yet, so that a region never overlaps itself.
func add(region []image.Rectangle, r image.Rectangle) []image.Rectangle {
	if r.Empty() {
		return region
	}
	region = append(region, subtractAll([]image.Rectangle{r}, region)...)
	if len(region) > regionLimit {
		return []image.Rectangle{bounding(region)}
	}
	return region
}

func addAll(region, rects []image.Rectangle) []image.Rectangle {
	for _, r := range rects {
		region = add(region, r)
	}
	return region
}

// clip is what of the rectangles lies within bounds, moved so that bounds begins at the origin.
func clip(rects []image.Rectangle, bounds image.Rectangle) []image.Rectangle {
	var out []image.Rectangle
	for _, r := range rects {
		if r = r.Intersect(bounds); !r.Empty() {
			out = append(out, r.Sub(bounds.Min))
		}
	}
	return out
}

// bounding is the smallest rectangle around all.
func bounding(rects []image.Rectangle) (b image.Rectangle) {
	for _, r := range rects {
		b = b.Union(r)
	}
	return b
}

// overlaps tells whether r and any of the rectangles have a pixel in common.
func overlaps(rects []image.Rectangle, r image.Rectangle) bool {
	for _, other := range rects {
		if other.Overlaps(r) {
			return true
		}
	}
	return false
}
