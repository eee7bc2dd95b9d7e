package agent

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/rejoin/rejoin/agent/machine"
)

// UnderWay tells whether a session is on this PC's disk. A program that Windows starts at the sign-in asks first, so as
// not to ask for a code when there is nothing to go on with. A document that can't be opened is an error, not an answer.
func UnderWay(s machine.Sealed) (bool, error) {
	_, err := s.Load(documentName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a session under way: %w", err)
	}
	return true, nil
}
