package encoder

import "net"

// peer is a server with something that draws on its screen.
type peer interface {
	name() string
	load(w *workload) error // draws the workload's first picture
	step(k int) error       // draws frame k; it is drawn when step returns
	keys(on bool) error     // from now on, the server's side draws a letter at each key that goes down
	address() string
	pid() int
	close()
}

func dial(p peer) (net.Conn, error) { return net.Dial("tcp", p.address()) }

// letterAt is where the n-th key's letter is drawn.
func letterAt(n int) (x, y int) { return 40 + n%80*14, 100 + n/80%30*20 }
