package browser

import (
	"github.com/chromedp/cdproto/input"
)

// ClickAt clicks a point of the window, in CSS pixels.
func (b *Tab) ClickAt(x, y float64) {
	b.t.Helper()
	b.must("clicking a point", b.clickAt(x, y))
}

// Drag presses the left button at one point and moves through some points to another. Drop lets go.
func (b *Tab) Drag(x, y, toX, toY float64) {
	b.t.Helper()
	const steps = 6
	b.mouse(input.DispatchMouseEventTypeMouseMoved, x, y, 0)
	b.mouse(input.DispatchMouseEventTypeMousePressed, x, y, 1)
	for i := 1.0; i <= steps; i++ {
		b.mouse(input.DispatchMouseEventTypeMouseMoved, x+(toX-x)*i/steps, y+(toY-y)*i/steps, 1)
	}
}

// DragOn moves on with the button held down.
func (b *Tab) DragOn(x, y float64) {
	b.t.Helper()
	b.mouse(input.DispatchMouseEventTypeMouseMoved, x, y, 1)
}

// Drop lets go of the left button.
func (b *Tab) Drop(x, y float64) {
	b.t.Helper()
	b.mouse(input.DispatchMouseEventTypeMouseReleased, x, y, 0)
}

func (b *Tab) mouse(typ input.DispatchMouseEventType, x, y float64, down int64) {
	b.t.Helper()
	b.must("the mouse", call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: typ, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: down, ClickCount: 1,
	}))
}

// Wheel turns the mouse's wheel at a point; down is positive, in CSS pixels.
func (b *Tab) Wheel(x, y, down float64) {
	b.t.Helper()
	b.must("the wheel", call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: input.DispatchMouseEventTypeMouseWheel, X: x, Y: y, DeltaX: 0.001, DeltaY: down, // a zero would not be sent, and is asked for
	}))
}

// Char presses a key that makes a character on the technician's own layout, whatever it is called there.
func (b *Tab) Char(code, key string) {
	b.t.Helper()
	for _, typ := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: typ, Key: key, Code: code, Modifiers: b.held}
		if typ == input.DispatchKeyEventTypeKeyDown {
			p.Text = key
		}
		b.must("pressing "+key, call(b, input.DispatchKeyEvent, p))
	}
}
