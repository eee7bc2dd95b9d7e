// Package web is what people see: pages, the live fragments of pages, their texts and their URLs.
//
// Each page has one data struct and one component; handlers fill the struct and render the component. The struct holds
// domain values, not words: formatting, languages and icons are decided here. A live page is a frame with a region
// inside; the region has a component of its own, which the page uses too, so a live update is always the page's own
// markup.
//
// # Rendering
//
// A component finds the CSP nonce in its context (templ.WithNonce); [CSP] is the policy that belongs to it. A fragment
// is a component without a frame: [SessionLive], [SessionsLive], [DemoLive] for streams, [RebootFormView], [SessionFormView] and
// [Problem] for answers to requests that carry the header HX-Request.
//
// # Streams
//
// A live page opens its stream (server-sent events) with the header [NonceHeader], the page's nonce: whoever renders a
// fragment for that stream puts it into the context, after [ValidNonce]. The stream's messages:
//
//   - id: the revision, data: the region's HTML, without an event name. The first message is always a full snapshot, so a
//     reconnect needs no history.
//   - event: beat, data: the server's time in Unix milliseconds, at once and then every 3 seconds. A page that hears
//     nothing for 10 seconds says so and connects anew.
//   - event: gone, without data, before the server closes a stream for good because the viewer signed out or was
//     disabled; the page reloads, which leads to the sign-in page.
//
// # Forms
//
// Every form works without scripts: POST, then 303 to the page. With HX-Request an accepted form is answered by 204 (the
// stream brings what changed), or by HX-Redirect where the form leads to another page. A refused form is answered by its
// own fragment with status 422, or by [Problem] with the status that fits.
package web
