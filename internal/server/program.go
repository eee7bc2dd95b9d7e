package server

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/static"
)

// newProgram is the agent's .exe from a file, or the one that was built in.
func newProgram(path string) handlers.Program {
	if path != "" {
		return fileProgram(path)
	}
	return builtProgram{}
}

// fileProgram is read anew each time, so that it can be replaced while the server runs.
type fileProgram string

func (p fileProgram) Open() (io.ReadCloser, int64, error) {
	f, err := os.Open(string(p))
	if err != nil {
		return nil, 0, fmt.Errorf("open the agent's program: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("open the agent's program: %w", err)
	}
	return f, info.Size(), nil
}

func (p fileProgram) Size() (int64, error) {
	info, err := os.Stat(string(p))
	if err != nil {
		return 0, fmt.Errorf("look at the agent's program: %w", err)
	}
	return info.Size(), nil
}

// builtProgram is in this binary.
type builtProgram struct{}

func (builtProgram) Open() (io.ReadCloser, int64, error) {
	f, size, ok := static.Agent()
	if !ok {
		return nil, 0, fmt.Errorf("the agent's program was not built in: %w", fs.ErrNotExist)
	}
	return f, size, nil
}

func (p builtProgram) Size() (int64, error) {
	f, size, err := p.Open()
	if err != nil {
		return 0, err
	}
	return size, f.Close()
}
