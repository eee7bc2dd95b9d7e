// Package crash kills Rejoin's two programs at every point where something outlives the process, and looks whether the
// session goes on. Its test plays a consented reboot's whole story, from the connect code to the end of the session, between
// a real server process and a real agent process: a SQLite file, a loopback WebSocket, a technician on the real pages, a
// customer at a simulated PC. A first run lists the points: each write to the database, each save of the agent's document,
// each frame either side sends, before and after. Then the story is played once for each point; the process dies there by
// its own hand (SIGKILL), is started again, and the story must come to its end: one restart, every line of the chat once,
// nobody asked again whose answer was on disk, the audit log's chain intact.
//
// The PC itself (package agent/machine/sim) lives in the test's process, as Windows does outside of the agent's: killing
// the agent does not stop a restart that is under way. The agent's process reaches it through [Remote].
package crash
