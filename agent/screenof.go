package agent

import "github.com/rejoin/rejoin/agent/machine"

func screenOf(m machine.Machine) machine.Screen {
	return m.(interface{ Screen() machine.Screen }).Screen()
}
