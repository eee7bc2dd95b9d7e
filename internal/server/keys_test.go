package server

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysAreMadeOnceAndForUsAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := LoadKeys(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadKeys(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Identity.Equal(again.Identity) || !bytes.Equal(first.Code, again.Code) {
		t.Error("a second start found other keys")
	}
	for path, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, identityFile): 0o600, filepath.Join(dir, codeFile): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".key-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestOpenPermissionsAreClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := LoadKeys(dir, false); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, codeFile)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(key, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(dir, false); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, key: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, want mode %o", path, info.Mode(), want)
		}
	}
}

func TestADatabaseWithoutItsKeysIsNotGivenNewOnes(t *testing.T) {
	for _, lost := range []string{identityFile, codeFile} {
		dir := t.TempDir()
		if _, err := LoadKeys(dir, false); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, DatabaseFile), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		_, err := LoadKeys(dir, false)
		if !errors.Is(err, ErrKeysMissing) || !strings.Contains(err.Error(), lost) {
			t.Errorf("without %s: %v", lost, err)
		}
		if _, err := LoadKeys(dir, true); err != nil {
			t.Errorf("renewing %s: %v", lost, err)
		}
	}
}

func TestADamagedKeyIsNamed(t *testing.T) {
	for _, name := range []string{identityFile, codeFile} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("c2hvcnQ=\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeys(dir, false); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("damaged %s: %v", name, err)
		}
	}
}
