// Package simulation has no code of its own: its tests let whole sessions run in virtual time, under faults drawn from a
// seed, and check the invariants of the design after every step. A failure prints its seed, and TestSeeds keeps the seeds
// that once failed.
//
// There are two tiers.
//
//   - Tier A (model_test.go, …) drives the real state machine, through the store's and the hub's rules, against a compact
//     model of the agent: no goroutines, no bytes, hundreds of thousands of sessions. The model follows the same rules as
//     the agent (save, then act; number, acknowledge, send again; grants in the guard), but it is not the agent's code.
//   - Tier B runs the real hub, the real agent and the real framing over connections in memory under testing/synctest:
//     thousands of sessions.
//
// What holds tier A together is proved as well: bugs_test.go plants mistakes, one at a time, and each must be caught.
package simulation
