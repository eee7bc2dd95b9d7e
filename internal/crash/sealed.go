package crash

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/rejoin/rejoin/agent/machine"
)

// Folder is a [machine.Sealed] of plain files, each replaced in one piece and on disk when Save returns.
type Folder string

var _ machine.Sealed = Folder("")

func (f Folder) path(name string) string {
	return filepath.Join(string(f), filepath.Base(name)+".sealed")
}

// Load implements [machine.Sealed].
func (f Folder) Load(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

// Remove implements [machine.Sealed].
func (f Folder) Remove(name string) error { return errors.Join(os.Remove(f.path(name)), f.sync()) }

// Save implements [machine.Sealed].
func (f Folder) Save(name string, data []byte) error {
	tmp, err := os.CreateTemp(string(f), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once it is renamed
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), f.path(name)); err != nil {
		return err
	}
	return f.sync()
}

// sync makes names durable, not just contents.
func (f Folder) sync() error {
	d, err := os.Open(string(f))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
