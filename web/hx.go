package web

import (
	"context"

	"github.com/a-h/templ"
)

// posts makes a form post by script: the answer's problems appear in the element target, its successes on the stream.
// The nonce vouches for the attributes: htmx strips them from elements without it.
func posts(ctx context.Context, path, target string) templ.Attributes {
	return templ.Attributes{
		"method": "post", "action": path,
		"hx-post": path, "hx-target": target, "hx-swap": "innerHTML", "hx-nonce": templ.GetNonce(ctx),
	}
}

// listens connects an element to a stream whose messages are the content of target.
func listens(ctx context.Context, path, target string) templ.Attributes {
	nonce := templ.GetNonce(ctx)
	return templ.Attributes{
		"hx-sse:connect": path, "hx-trigger": "load, rejoin:connect", "hx-target": target, "hx-swap": "innerMorph",
		"hx-headers": `{"` + NonceHeader + `":"` + nonce + `"}`, "hx-nonce": nonce,
	}
}

// morphs makes a form post by script and take the answer's place: a refused form comes back with what was typed and what
// is wrong with it.
func morphs(ctx context.Context, path, target string) templ.Attributes {
	a := posts(ctx, path, target)
	a["hx-swap"] = "outerMorph"
	return a
}
