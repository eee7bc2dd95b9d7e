package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/figures/simpc"
)

// pcDoes is what a customer's PC in a process of its own is told to do.
type pcDoes string

const (
	pcYes  pcDoes = "yes"  // waits for a question that was not answered yet, and says Yes
	pcStop pcDoes = "stop" // "Stop sharing"
	pcLose pcDoes = "lose" // the network swallows everything from now on
	pcFind pcDoes = "find" // and no more
)

// pcDid answers a pcDoes.
type pcDid struct {
	At    time.Time `json:"at"` // right before it was done
	Error string    `json:"error,omitzero"`
}

// customer is a PC with the real agent and a simulated desktop in a process of its own.
type customer struct{ *child }

// startCustomer starts the n-th session's PC.
func (p *product) startCustomer(n int) (customer, error) {
	dir, err := p.writePC(n)
	if err != nil {
		return customer{}, err
	}
	c, err := spawn("viewer-pc", "-dir", dir, "-cert", p.cert)
	return customer{c}, err
}

// do returns when it was done.
func (c customer) do(what pcDoes) (time.Time, error) {
	var did pcDid
	if err := c.call(what, &did); err != nil {
		return time.Time{}, err
	}
	if did.Error != "" {
		return time.Time{}, fmt.Errorf("the customer can't %q: %s", what, did.Error)
	}
	return did.At, nil
}

// runViewerPC is the process: whoever sits at the PC signs in by themselves after a restart, and obeys.
func runViewerPC(args []string) error {
	flags := flag.NewFlagSet("viewer-pc", flag.ContinueOnError)
	dir, cert := flags.String("dir", "", "the PC's disk"), flags.String("cert", "", "certificate to trust")
	if err := flags.Parse(args); err != nil {
		return err
	}
	roots, err := trust(*cert)
	if err != nil {
		return err
	}
	pc, err := simpc.Start(simpc.Config{Dir: *dir, Roots: roots, SignsIn: true})
	if err != nil {
		return err
	}
	defer pc.Close()
	pc.Desktop() // drawn before anybody measures
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(ready{}); err != nil {
		return err
	}
	answered := make(map[string]bool)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var what pcDoes
		if err := json.Unmarshal(lines.Bytes(), &what); err != nil {
			return err
		}
		at, err := obey(pc, what, answered)
		did := pcDid{At: at}
		if err != nil {
			did.Error = err.Error()
		}
		if err := out.Encode(did); err != nil {
			return err
		}
	}
	return nil
}

func obey(pc *sim.PC, what pcDoes, answered map[string]bool) (time.Time, error) {
	if what == pcYes {
		return sayYes(pc, answered)
	}
	at := time.Now()
	switch what {
	case pcStop:
		return at, pc.StopShare()
	case pcLose, pcFind:
		pc.Lose(what == pcLose)
		return at, nil
	}
	return at, errors.New("unknown")
}

func sayYes(pc *sim.PC, answered map[string]bool) (time.Time, error) {
	timeout := time.After(30 * time.Second)
	for {
		s, changed := pc.Snapshot()
		if s.Prompt != nil && !answered[s.Prompt.ID] {
			answered[s.Prompt.ID] = true
			at := time.Now()
			return at, pc.Answer(s.Prompt.ID, machine.AnswerYes)
		}
		select {
		case <-changed:
		case <-timeout:
			return time.Time{}, errors.New("nobody asks")
		}
	}
}
