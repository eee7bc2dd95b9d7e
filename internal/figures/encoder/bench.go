// Package encoder measures package rfb and, in the same run, TigerVNC's server (Debian's tigervnc-standalone-server): bytes,
// quality and CPU per frame of four workloads that are generated from a seed, how soon a key's letter is seen, what an idle
// viewer costs, and the age of what is seen over a customer's line. Both servers draw the same frames and are read by the same
// client, package rfb/client.
package encoder

import "github.com/rejoin/rejoin/internal/figures/gauge"

// Bench is one run.
type Bench struct {
	Report   *gauge.Report
	Seed     uint64 // from which the workloads are generated
	Workload string // of Frames and Link, only this one: typing, scroll, drag, video; idle (of Link). Empty: all
}

// tigerVNC is the baselines' name.
const tigerVNC = "TigerVNC"
