// The gate holds a restart at the point where Windows runs HKLM RunOnce, which is the first thing that runs: it leaves a mark
// and stays. See package winerig.
package main

import (
	"os"
	"time"
)

func main() {
	f, err := os.Create(`C:\rig\gate.mark`)
	if err != nil {
		os.Exit(1)
	}
	f.Close()
	<-time.After(time.Hour) // the rig ends it by switching the power off
}
