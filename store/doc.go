// Package store keeps everything durable in one SQLite file: sessions with their audit lines, chat, codes and commands for
// the agents ([Store] implements hub.Store), and what the console needs besides: users, tokens, web sessions, the consent
// policy and the settings.
//
// Writes go through one goroutine, which commits whatever is queued in one SQLite transaction and answers each caller after
// COMMIT has returned, that is after fsync: under load many transitions share one. Each caller's write stands alone all the
// same: it happens as a whole or not at all, whatever becomes of its neighbours. Reads run beside it on connections of their
// own and see everything that has been acknowledged.
//
// Several processes may have the file open. All times are kept to the nanosecond. Nothing secret is kept in clear:
// codes come hashed and sealed, tokens are hashed here, passwords come hashed.
package store
