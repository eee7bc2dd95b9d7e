// Rejoin's server: self-hosted remote support in the browser whose sessions survive the customer's reboot.
package main

import (
	"os"

	"github.com/rejoin/rejoin/internal/command"
)

func main() {
	os.Exit(command.Main(os.Args, command.Streams{Out: os.Stdout, Err: os.Stderr}))
}
