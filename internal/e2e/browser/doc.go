// Package browser drives a headless Chromium as people use one: it finds things by the role and name that the
// accessibility tree gives them, clicks them with a real mouse where they can be seen and nothing covers them, and types on
// a real keyboard. It waits for what is on the page, never for time to pass.
//
// Whatever goes wrong behind the page's face fails the test: an uncaught exception, an error on the console, a breach of the
// Content-Security-Policy, a request that failed or was refused. A test that causes such a thing on purpose says so with
// [Tab.Forgive].
//
// A [Tab] belongs to one goroutine, that of its test.
package browser
