// Package e2e holds the tests that prove Rejoin as people use it: the real server binary as a process, pages in a real
// browser, and on the customer's side either the demo PC's page or the real .exe on a Wine PC, with real mouse and
// keyboard. Package browser and package program are its tools.
//
// Without a browser or without Wine the tests are skipped, and say so; REJOIN_REQUIRE_BROWSER=1 and REJOIN_REQUIRE_WINE=1
// make that a failure. REJOIN_PICTURES names a folder: the tests then keep pictures of what they see there, those for the
// README among them.
package e2e
