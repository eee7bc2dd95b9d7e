// Package demo is the customer of "rejoin demo": a simulated Windows PC that runs the real agent, over a real loopback
// WebSocket, against the server it is part of. One person can so play both sides in two tabs. It has no HTTP of its own:
// the page that draws it lives in web and handlers.
package demo
