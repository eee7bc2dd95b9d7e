// Package server wires Rejoin's server together and runs it: configuration, keys, transport security, listeners, start and
// graceful stop. It is the only place that knows store, hub and handlers at once. What the command line looks like is
// internal/command's.
package server
