package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// spot is where a person would click: the middle of what can be seen of an element, if nothing covers it.
const spot = `function() {
	const r = this.getClientRects()[0];
	if (!r || r.width < 1 || r.height < 1 || !this.checkVisibility({ visibilityProperty: true })) return { why: 'it can not be seen' };
	if (this.matches(':disabled')) return { why: 'it is disabled' };
	const x = r.left + r.width / 2, y = r.top + r.height / 2;
	const hit = document.elementFromPoint(x, y);
	if (!hit) return { why: 'it is outside the window' };
	const own = this.contains(hit) || hit.closest('label')?.control === this || this.closest('label')?.contains(hit);
	return own ? { x, y } : { why: 'it is covered by ' + hit.outerHTML.slice(0, 80) };
}`

type place struct {
	X   float64 `json:"x"`
	Y   float64 `json:"y"`
	Why string  `json:"why"`
}

// Click clicks the middle of the element with the mouse, once it is there, can be seen, holds still and nothing covers it.
func (b *Tab) Click(w Target) {
	b.t.Helper()
	var last place
	b.Until("click "+w.String(), func() (bool, string) {
		p, err := b.where(w)
		switch {
		case err != nil:
			return false, err.Error()
		case p.Why != "":
			return false, p.Why
		case p != last:
			last = p
			return false, "it moves"
		}
		if err := b.clickAt(p.X, p.Y); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
}

func (b *Tab) where(w Target) (place, error) {
	id, err := b.resolve(w)
	if err != nil {
		return place{}, err
	}
	if _, err := chromedp.Call(b.ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{ObjectID: id}); err != nil {
		return place{}, err
	}
	return chromedp.Run(b.ctx, chromedp.CallFunctionOn[place](spot, func(p *runtime.CallFunctionOnParams) { p.ObjectID = id }))
}

func (b *Tab) clickAt(x, y float64) error {
	if err := call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}); err != nil {
		return err
	}
	return chromedp.Do(b.ctx, chromedp.MouseClickXY(x, y))
}

// Type clicks into a field and types, in place of what stands there.
func (b *Tab) Type(w Target, text string) {
	b.t.Helper()
	b.Click(w)
	b.SelectAll()
	if text == "" {
		b.Press(kb.Delete)
		return
	}
	b.Press(text)
}

// SelectAll presses Ctrl+A.
func (b *Tab) SelectAll() {
	b.t.Helper()
	for _, typ := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: typ, Key: "a", Code: "KeyA", WindowsVirtualKeyCode: 65, NativeVirtualKeyCode: 65, Modifiers: int64(chromedp.ModifierCtrl)}
		if typ == input.DispatchKeyEventTypeRawKeyDown {
			p.Commands = []string{"selectAll"}
		}
		b.must("pressing Ctrl+A", call(b, input.DispatchKeyEvent, p))
	}
}

// Press types on the keyboard, into whatever has the focus. Package kb names the keys that are no characters. The browser
// gets what an operating system sends it: the key goes down, gives a character if it has one, and comes up. (A key event with
// text in it would be taken for two, and Enter that opens a dialog would submit that as well.)
func (b *Tab) Press(keys string) {
	b.t.Helper()
	for _, r := range keys {
		for _, event := range kb.Encode(r) {
			if event.Type == kb.KeyDown {
				event.Type = input.DispatchKeyEventTypeRawKeyDown
			}
			b.must("typing", call(b, input.DispatchKeyEvent, *event))
		}
	}
}

// Choose takes the option with that value of a list.
func (b *Tab) Choose(w Target, value string) {
	b.t.Helper()
	b.Until("choose "+value+" of "+w.String(), func() (bool, string) {
		got, err := on[string](b, w, `function() {
			this.focus();
			this.value = `+quote(value)+`;
			this.dispatchEvent(new Event('input', { bubbles: true }));
			this.dispatchEvent(new Event('change', { bubbles: true }));
			return this.value;
		}`)
		if err != nil {
			return false, err.Error()
		}
		return got == value, fmt.Sprintf("it is %q", got)
	})
}

// TabTo presses the Tab key until the element has the focus, as somebody does who uses no mouse, and makes sure that the
// focus can be seen.
func (b *Tab) TabTo(w Target) {
	b.t.Helper()
	const most = 80
	for range most {
		if has, err := on[bool](b, w, `function() { return this === document.activeElement }`); err == nil && has {
			b.focusShows(w)
			return
		}
		b.Press(kb.Tab)
	}
	b.fail("%s can't be reached with the Tab key (%d times)", w, most)
}

func (b *Tab) focusShows(w Target) {
	b.t.Helper()
	shows, err := on[bool](b, w, `function() {
		const s = getComputedStyle(this);
		const ring = e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none' };
		return ring(this) || !!this.closest('label') && ring(this.closest('label'));
	}`)
	b.must("looking at the focus of "+w.String(), err)
	if !shows {
		b.fail("%s has the focus, but nothing shows it", w)
	}
}

// Hold presses a key and keeps it down, by its code, its name and Windows' number for it; Let lets go of it.
func (b *Tab) Hold(code, key string, vk int) {
	b.t.Helper()
	b.hold(code, key, vk, input.DispatchKeyEventTypeRawKeyDown)
}

// Let lets go of a key.
func (b *Tab) Let(code, key string, vk int) {
	b.t.Helper()
	b.hold(code, key, vk, input.DispatchKeyEventTypeKeyUp)
}

func (b *Tab) hold(code, key string, vk int, typ input.DispatchKeyEventType) {
	b.t.Helper()
	bit := map[string]int64{"Alt": int64(chromedp.ModifierAlt), "Control": int64(chromedp.ModifierCtrl), "Shift": int64(chromedp.ModifierShift)}[key]
	if typ == input.DispatchKeyEventTypeRawKeyDown {
		b.held |= bit
	} else {
		b.held &^= bit
	}
	b.must("holding "+key, call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: typ, Key: key, Code: code, WindowsVirtualKeyCode: int64(vk), NativeVirtualKeyCode: int64(vk), Modifiers: b.held,
	}))
}
