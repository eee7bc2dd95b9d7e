package server

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Keys are the server's secrets. They live beside the database and not in it: a copied database opens no code.
type Keys struct {
	Identity ed25519.PrivateKey // what agents know this server by
	Code     []byte             // 32 bytes: connect codes are stored under it
}

const (
	identityFile = "identity.pem"
	codeFile     = "codes.key"
	codeKeySize  = 32
)

// ErrKeysMissing says that there is a database but not the keys it belongs with.
var ErrKeysMissing = errors.New("the data folder has a database but not its key files")

// PrepareData makes sure that dir is there and for this user alone.
func PrepareData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("keep others out of the data folder %s: %w", dir, err)
		}
	}
	return nil
}

// LoadKeys reads the keys in dir. Missing ones are made if there is no database yet, or if renew says that they are lost
// for good. Otherwise they are an [ErrKeysMissing]: with a new identity every agent out there would turn this server away.
func LoadKeys(dir string, renew bool) (Keys, error) {
	if err := PrepareData(dir); err != nil {
		return Keys{}, err
	}
	if !renew {
		if err := refuseLostKeys(dir); err != nil {
			return Keys{}, err
		}
	}
	der, err := secretFile(filepath.Join(dir, identityFile), newIdentity)
	if err != nil {
		return Keys{}, err
	}
	identity, err := parseIdentity(der)
	if err != nil {
		return Keys{}, fmt.Errorf("read %s: %w", filepath.Join(dir, identityFile), err)
	}
	text, err := secretFile(filepath.Join(dir, codeFile), newCodeKey)
	if err != nil {
		return Keys{}, err
	}
	code, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(code) != codeKeySize {
		return Keys{}, fmt.Errorf("read %s: not a key of %d bytes", filepath.Join(dir, codeFile), codeKeySize)
	}
	return Keys{Identity: identity, Code: code}, nil
}

func refuseLostKeys(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, DatabaseFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range []string{identityFile, codeFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is missing; put it back from a backup, or, if it is lost for good, run "+
				"\"rejoin admin new-keys --data %s\": PCs that are in a session now will not come back", ErrKeysMissing, name, dir)
		}
	}
	return nil
}

func newIdentity() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func newCodeKey() ([]byte, error) {
	key := make([]byte, codeKeySize)
	rand.Read(key) // never fails
	return []byte(base64.StdEncoding.EncodeToString(key) + "\n"), nil
}

func parseIdentity(data []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	identity, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return identity, nil
}

// secretFile reads path, or makes it with what create returns: complete and on disk before it has its name, readable by
// this user alone, and never over one that is there.
func secretFile(path string, create func() ([]byte, error)) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		return data, keepPrivate(path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	if data, err = create(); err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if _, err := tmp.Write(data); err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	if err := tmp.Sync(); err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) // another process was first
	} else if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return data, syncFolder(filepath.Dir(path))
}

func keepPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at a key: %w", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("keep others from reading %s: %w", path, err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("write the data folder to disk: %w", err)
	}
	return nil
}

// HasDatabase tells whether dir is the data folder of a server that has run; the error says what it is instead.
func HasDatabase(dir string) error {
	_, err := os.Stat(filepath.Join(dir, DatabaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return configErrorf("there is no database in %s: name the server's data folder with --data", dir)
	}
	return err
}
