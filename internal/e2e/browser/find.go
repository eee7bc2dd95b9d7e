package browser

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Target is something on a page: by its role and name, as a screen reader tells them, or by a CSS selector.
type Target struct{ role, name, css string }

// Role is the only thing of that role and name, such as Role("button", "End session").
func Role(role, name string) Target { return Target{role: role, name: name} }

// CSS is the first element that matches the selector.
func CSS(selector string) Target { return Target{css: selector} }

func (w Target) String() string {
	if w.css != "" {
		return w.css
	}
	return fmt.Sprintf("the %s %q", w.role, w.name)
}

// resolve returns the element, or why there is none.
func (b *Tab) resolve(w Target) (runtime.RemoteObjectID, error) {
	if w.css != "" {
		return b.object("document.querySelector(" + quote(w.css) + ")")
	}
	node, err := b.accessible(w)
	if err != nil {
		return "", err
	}
	world, err := b.ownWorld()
	if err != nil {
		return "", err
	}
	got, err := chromedp.Call(b.ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node.BackendDOMNodeID, ExecutionContextID: world})
	if err != nil {
		return "", err
	}
	return got.Object.ObjectID, nil
}

// object evaluates an expression that gives an element.
func (b *Tab) object(expression string) (runtime.RemoteObjectID, error) {
	o, err := eval[*runtime.RemoteObject](b, expression)
	if err != nil {
		return "", err
	}
	if o.ObjectID == "" {
		return "", errAbsent
	}
	return o.ObjectID, nil
}

type findError string

func (e findError) Error() string { return string(e) }

const (
	errAbsent    = findError("it is not there")
	errAmbiguous = findError("there are several")
)

// accessible asks the accessibility tree.
func (b *Tab) accessible(w Target) (*accessibility.Node, error) {
	root, err := b.object("document.documentElement")
	if err != nil {
		return nil, err
	}
	got, err := chromedp.Call(b.ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root, Role: w.role})
	if err != nil {
		return nil, err
	}
	var found *accessibility.Node
	for _, n := range got.Nodes {
		if n.Ignored || n.BackendDOMNodeID == 0 || squash(axText(n.Name)) != squash(w.name) {
			continue
		}
		if found != nil {
			return nil, errAmbiguous
		}
		found = n
	}
	if found == nil {
		return nil, errAbsent
	}
	return found, nil
}

func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}

// on calls a function with the element as its this.
func on[T any](b *Tab, w Target, function string) (T, error) {
	var zero T
	id, err := b.resolve(w)
	if err != nil {
		return zero, err
	}
	return chromedp.Run(b.ctx, chromedp.CallFunctionOn[T](function, func(p *runtime.CallFunctionOnParams) {
		p.ObjectID = id
	}))
}

// Has tells whether the element is there and can be seen, now.
func (b *Tab) Has(w Target) bool {
	b.t.Helper()
	seen, err := on[bool](b, w, `function() { return this.checkVisibility({ visibilityProperty: true }) && this.getClientRects().length > 0 }`)
	return err == nil && seen
}

// See waits until the element can be seen.
func (b *Tab) See(w Target) {
	b.t.Helper()
	b.Until("see "+w.String(), func() (bool, string) { return b.Has(w), "it is not there" })
}

// Gone waits until the element can't be seen.
func (b *Tab) Gone(w Target) {
	b.t.Helper()
	b.Until("see no more "+w.String(), func() (bool, string) { return !b.Has(w), "it is still there" })
}

// Text is what can be read in the first element that matches the selector, with single spaces; empty if there is none.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	text, err := b.text(selector)
	b.must("reading "+selector, err)
	return text
}

func (b *Tab) text(selector string) (string, error) {
	s, err := eval[string](b, `(document.querySelector(`+quote(selector)+`)?.innerText ?? '')`)
	return squash(s), err
}

// Read waits until the text can be read in the first element that matches the selector.
func (b *Tab) Read(selector, want string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("read %q in %s", want, selector), func() (bool, string) {
		got, err := b.text(selector)
		if err != nil {
			return false, err.Error()
		}
		return strings.Contains(strings.ToLower(got), strings.ToLower(squash(want))), got
	})
}

// Attribute waits until the element's attribute has the value.
func (b *Tab) Attribute(selector, name, want string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("%s of %s to be %q", name, selector, want), func() (bool, string) {
		got, err := eval[string](b, `(document.querySelector(`+quote(selector)+`)?.getAttribute(`+quote(name)+`) ?? '')`)
		if err != nil {
			return false, err.Error()
		}
		return got == want, got
	})
}

// Value is what stands in a field, or in the choice that is made of it.
func (b *Tab) Value(selector string) string {
	b.t.Helper()
	return Eval[string](b, `(document.querySelector(`+quote(selector)+`)?.value ?? '')`)
}

// Watch writes down every value that an attribute takes on, from now on, until another page is loaded. Each returned call
// gives the values so far, without repetitions in a row.
func (b *Tab) Watch(selector, attribute string) func() []string {
	b.t.Helper()
	key := quote(selector + " " + attribute)
	Eval[bool](b, `(() => {
		const seen = ((globalThis.e2eWatched ??= {})[`+key+`] = []);
		const look = () => {
			const now = document.querySelector(`+quote(selector)+`)?.getAttribute(`+quote(attribute)+`) ?? '';
			if (seen.at(-1) !== now) seen.push(now);
		};
		look();
		new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
		return true;
	})()`)
	return func() []string {
		b.t.Helper()
		return Eval[[]string](b, `globalThis.e2eWatched[`+key+`]`)
	}
}

func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(q)
}

// squash makes one space of every run of spaces, the French non-breaking ones too.
func squash(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}
