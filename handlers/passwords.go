package handlers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"

	"github.com/rejoin/rejoin/web"
)

// Bounds of a password's length, in characters. The upper one keeps hashing cheap, not passwords weak.
const (
	MinPassword = web.MinPassword
	MaxPassword = 200
)

// passwordCost is OWASP's first recommendation for Argon2id but with two passes over 32 MiB
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html): about 50 ms on a small server.
var passwordCost = &argon2id.Params{Memory: 32 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// quietAfter is how long after the last computation its memory is given back to the system.
const quietAfter = 5 * time.Second

// Passwords hashes and compares, a few at a time: each takes tens of megabytes, so that a flood of sign-ins would
// otherwise eat the server's memory. It is safe for concurrent use.
type Passwords struct {
	turns chan struct{}
	line  chan struct{} // who may wait for a turn
	dummy string        // compared with when there is no such user, so that the answer takes as long

	mu    sync.Mutex
	quiet *time.Timer // nil until there was a computation
}

// NewPasswords allows so many computations at a time, and a line of as many as eight times that; whoever finds it full is
// turned away.
func NewPasswords(atOnce int) *Passwords {
	return &Passwords{turns: make(chan struct{}, atOnce), line: make(chan struct{}, 9*atOnce), dummy: dummyHash()}
}

// dummyHash is a hash that no password is known for. It is drawn, not computed: a server that starts, and may never need
// it, would take 32 MB and 50 ms.
func dummyHash() string {
	c := passwordCost
	salt, key := make([]byte, c.SaltLength), make([]byte, c.KeyLength)
	rand.Read(salt) // never fails (crypto/rand)
	rand.Read(key)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Iterations, c.Parallelism, text(salt), text(key))
}

// rest gives the memory of computations back once there have been none for a while. The collector would keep it for
// minutes, and most of it for as long as there is little else to do.
func (p *Passwords) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet == nil {
		p.quiet = time.AfterFunc(quietAfter, debug.FreeOSMemory)
		return
	}
	p.quiet.Reset(quietAfter)
}

func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	select {
	case p.line <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case p.turns <- struct{}{}:
		return func() {
			<-p.turns
			<-p.line
			p.rest()
		}, nil
	case <-ctx.Done():
		<-p.line
		return nil, ctx.Err()
	}
}

// Hash returns what to store for a password.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := argon2id.CreateHash(password, passwordCost)
	if err != nil {
		return "", fmt.Errorf("handlers: hash a password: %w", err)
	}
	return hash, nil
}

// Match compares a password with a stored hash. An empty hash (no such user, no password set) never matches, and takes as
// long to say so.
func (p *Passwords) Match(ctx context.Context, password, hash string) (bool, error) {
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // never set, see passwordFault; the comparison is made all the same
	}
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("handlers: compare a password: %w", err)
	}
	return ok && known, nil
}

// passwordFault says what is wrong with a new password; its Code is empty if nothing is.
func passwordFault(password, again string) web.FieldError {
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPassword:
		return web.FieldError{Field: "password", Code: "too_short", Min: MinPassword}
	case n > MaxPassword:
		return web.FieldError{Field: "password", Code: "too_long", Max: MaxPassword}
	case password != again:
		return web.FieldError{Field: "again", Code: "different"}
	}
	return web.FieldError{}
}
