// Command pc is a PC's agent as a process of its own: the real agent's code on a simulated machine.
package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rejoin/rejoin/internal/figures/simpc"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pc:", err)
		os.Exit(1)
	}
}

// run goes on until standard input ends. Whenever the agent is let in it prints how long that took since it dialled.
func run() error {
	dir, cert := flag.String("dir", "", "the PC's disk"), flag.String("cert", "", "certificate to trust")
	flag.Parse()
	pem, err := os.ReadFile(*cert)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return errors.New("no certificate in the file")
	}
	pc, err := simpc.Start(simpc.Config{Dir: *dir, Roots: roots, Online: func(took time.Duration) {
		json.NewEncoder(os.Stdout).Encode(map[string]time.Duration{"took": took})
	}})
	if err != nil {
		return err
	}
	defer pc.Close()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
