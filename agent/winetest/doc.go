// Package winetest holds the tests of the customer's real .exe: it runs under Wine (see internal/winerig), talks to a
// scripted server over a real WebSocket, and is clicked and typed at with a real mouse and keyboard. There is no code here
// outside the tests.
package winetest
