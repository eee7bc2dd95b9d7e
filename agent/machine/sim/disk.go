package sim

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// disk is what outlives a boot: the PC's own state and the agent's documents, in files or in memory.
type disk struct {
	dir   string
	state diskState
	docs  map[string][]byte // in memory
}

// diskState is the PC's own; its file is part of the demo's data folder.
type diskState struct {
	Machine   string   `json:"machine"`
	Boots     int      `json:"boots"`
	Power     Power    `json:"power"`
	Autostart bool     `json:"autostart"`
	Running   bool     `json:"running"`           // the agent
	Restarts  bool     `json:"restarts,omitzero"` // it is off, or about to be, for a restart
	Blockers  []string `json:"blockers,omitzero"`
	Locale    string   `json:"locale,omitzero"` // if it was changed
	Notes     string   `json:"notes,omitzero"`  // the editor's file
}

func openDisk(dir string) (*disk, error) {
	d := &disk{dir: dir, docs: make(map[string][]byte)}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(d.file("pc"))
		if err == nil {
			err = json.Unmarshal(data, &d.state)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the PC's state: %w", err)
		}
	}
	if d.state.Machine == "" {
		id := make([]byte, 8)
		rand.Read(id) // never fails (crypto/rand)
		d.state.Machine = "sim-" + hex.EncodeToString(id)
	}
	return d, nil
}

func (d *disk) file(name string) string { return filepath.Join(d.dir, filepath.Base(name)+".json") }

// save writes the PC's own state.
func (d *disk) save() error {
	if d.dir == "" {
		return nil
	}
	data, err := json.Marshal(d.state)
	if err != nil {
		return err
	}
	return writeWhole(d.file("pc"), data)
}

func (d *disk) load(name string) (data []byte, ok bool, err error) {
	if d.dir == "" {
		data, ok = d.docs[name]
		return append([]byte(nil), data...), ok, nil
	}
	data, err = os.ReadFile(d.file("sealed-" + name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (d *disk) store(name string, data []byte) error {
	if d.dir == "" {
		d.docs[name] = append([]byte(nil), data...)
		return nil
	}
	return writeWhole(d.file("sealed-"+name), data)
}

func (d *disk) remove(name string) error {
	if d.dir == "" {
		delete(d.docs, name)
		return nil
	}
	err := os.Remove(d.file("sealed-" + name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeWhole replaces a file in one piece: after a crash it is the old one or the new one.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
