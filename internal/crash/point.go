package crash

import (
	"fmt"
	"net/rpc"
	"os"
	"syscall"
)

// Point is a moment in a process: before or after something that outlives it.
type Point struct {
	Side string // "server" or "agent"
	What string // "commit", "send" or "save"
	When string // "before" or "after"
	Name string // of what is written or sent
}

func (p Point) String() string { return fmt.Sprintf("%s, %s %s of %s", p.Side, p.When, p.What, p.Name) }

// Reporter tells the test about points, and kills the process where the test says so.
type Reporter struct {
	client *rpc.Client
	side   string
}

// NewReporter reports for a side.
func NewReporter(client *rpc.Client, side string) *Reporter { return &Reporter{client, side} }

// At makes a hook that is called with a name at one kind of point.
func (r *Reporter) At(what, when string) func(name string) {
	return func(name string) {
		var die bool
		err := r.client.Call("Control.Reach", Point{Side: r.side, What: what, When: when, Name: name}, &die)
		if err != nil || die { // without the test there is nobody to work for
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}
