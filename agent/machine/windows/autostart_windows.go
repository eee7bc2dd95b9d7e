package windows

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/windows/registry"
)

const runOnceKey = `Software\Microsoft\Windows\CurrentVersion\RunOnce`

// runOnceName is the value's name under HKCU …\RunOnce. The star makes it run in Safe Mode too: a customer who chooses Safe
// Mode with Networking by hand comes back as well (Rejoin itself can't switch it on without a service). There is no "!",
// which would have Windows delete the value after the program ran, taking away the registration that the program had
// made anew meanwhile.
// https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys
const runOnceName = "*Rejoin"

// autostart registers a copy of this program, since the download may be deleted, or lie in a folder that is emptied.
type autostart struct {
	root, sid string
	mu        sync.Mutex
}

// Set implements [machine.Autostart].
func (a *autostart) Set() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	exe, err := a.settle()
	if err != nil {
		return fmt.Errorf("keep a copy of the program: %w", err)
	}
	line, err := resumeCommand(exe)
	if err != nil {
		return err
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runOnceKey, registry.SET_VALUE|registry.QUERY_VALUE)
	if err != nil {
		return fmt.Errorf("open RunOnce: %w", err)
	}
	defer k.Close()
	if err := k.SetStringValue(runOnceName, line); err != nil {
		return fmt.Errorf("write RunOnce: %w", err)
	}
	// Windows writes the registry to disk when it likes; a plug pulled just now must not take this along.
	if err := flushKey(k); err != nil {
		return fmt.Errorf("write RunOnce to the disk: %w", err)
	}
	// Security software may undo such a change without a word.
	if got, _, err := k.GetStringValue(runOnceName); err != nil || got != line {
		return errors.New("write RunOnce: it did not stay")
	}
	return nil
}

// Clear implements [machine.Autostart].
func (a *autostart) Clear() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, err := registry.OpenKey(registry.CURRENT_USER, runOnceKey, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open RunOnce: %w", err)
	}
	defer k.Close()
	if err := k.DeleteValue(runOnceName); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("clear RunOnce: %w", err)
	}
	a.tidy("")
	return nil
}

// IsSet implements [machine.Autostart].
func (a *autostart) IsSet() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, runOnceKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open RunOnce: %w", err)
	}
	defer k.Close()
	_, _, err = k.GetStringValue(runOnceName)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read RunOnce: %w", err)
	}
	return true, nil
}

const copiesFolder = "bin"

// settle makes sure that a copy of this very program lies at a place of its own, and returns its path. The folder is
// named after the content, so another version never overwrites one that is registered or running.
func (a *autostart) settle() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the program: %w", err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	sum := sha256.Sum256(program)
	dir := newUserDir(a.root, a.sid, "Rejoin", copiesFolder, hex.EncodeToString(sum[:8]))
	if err := dir.make(); err != nil {
		return "", err
	}
	target := filepath.Join(dir.path, "rejoin.exe")
	if same, err := holds(target, program); err != nil || same {
		return target, err
	}
	if err := dir.replace("rejoin.exe", program); err != nil {
		return "", err
	}
	switch same, err := holds(target, program); {
	case err != nil:
		return "", err
	case !same:
		return "", errors.New("the copy differs from the program")
	}
	a.tidy(dir.path)
	return target, nil
}

// holds tells whether the file at path is a plain one with exactly this content.
func holds(path string, content []byte) (bool, error) {
	f, err := openPlainFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if errors.Is(err, errLink) {
		return false, nil // it will be replaced
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	got, err := io.ReadAll(io.LimitReader(f, int64(len(content))+1))
	if err != nil {
		return false, fmt.Errorf("read the copy: %w", err)
	}
	return bytes.Equal(got, content), nil
}

// tidy removes copies other than keep. One that is running stays: Windows doesn't let go of it; the next session removes it.
func (a *autostart) tidy(keep string) {
	bin := newUserDir(a.root, a.sid, "Rejoin", copiesFolder)
	if bin.check() != nil {
		return
	}
	entries, err := os.ReadDir(bin.path)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(bin.path, e.Name())
		if e.IsDir() && !strings.EqualFold(path, keep) {
			// The file first: if that fails, the folder stays whole.
			if err := os.Remove(filepath.Join(path, "rejoin.exe")); err == nil || errors.Is(err, fs.ErrNotExist) {
				_ = os.Remove(path)
			}
		}
	}
}
