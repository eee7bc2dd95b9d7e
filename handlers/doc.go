// Package handlers is Rejoin's edge: what browsers and agents reach over HTTP and WebSockets.
//
// Every route stands in routes.go with the role it needs; what is not listed there does not exist, and what names no role
// does not compile. Each action has a file of its own. An action returns an error instead of writing one: [Site.fail] in
// errors.go is the one place that turns errors into a status, words and a request ID.
//
// A request passes, in this order: request ID, access log, panic guard, answer headers, where it came from (proxies),
// transport and Host, path form, body limit, origin; then the router, and there sign-in and role. Everything before the
// router applies to errors and unknown paths too.
package handlers
