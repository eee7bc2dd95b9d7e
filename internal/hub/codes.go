package hub

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// ErrTooManyGuesses says that an address, or everybody together, tried too many connect codes lately.
var ErrTooManyGuesses = errors.New("hub: too many connect codes tried")

// Guesses limits tries to use a connect code. With ten digits and codes that live for minutes, these figures leave a
// guesser hopeless; the server-wide budget makes everybody wait rather than turning them away at once.
type Guesses struct {
	PerAddress int           // per minute and address (IPv6: /64); 0: 5
	PerServer  int           // per minute; 0: 120
	Patience   time.Duration // how long a try waits for the server's budget; 0: 5 s
}

func (g Guesses) withDefaults() Guesses {
	if g.PerAddress == 0 {
		g.PerAddress = 5
	}
	if g.PerServer == 0 {
		g.PerServer = 120
	}
	if g.Patience == 0 {
		g.Patience = 5 * time.Second
	}
	return g
}

// CodeDigits is the length of a connect code.
const CodeDigits = 10

// NormalCode reduces what people type or paste (spaces, dashes, dots, a group in parentheses) to the ten digits; ok is
// false if that is not what is left.
func NormalCode(typed string) (code string, ok bool) {
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -–—‑.\u00a0\u202f\t()/", r):
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == CodeDigits
}

// codeKeys turn connect codes into what is stored. A plain hash of ten digits could be tried through in seconds, so it
// is keyed; the key is not in the database.
type codeKeys struct {
	hash []byte
	seal cipher.AEAD
}

func newCodeKeys(secret []byte) (codeKeys, error) {
	if len(secret) != 32 {
		return codeKeys{}, errors.New("hub: the key for connect codes must have 32 bytes")
	}
	hashKey, err := hkdf.Key(sha256.New, secret, nil, "rejoin connect code hash", 32)
	if err != nil {
		return codeKeys{}, fmt.Errorf("hub: derive a key: %w", err)
	}
	sealKey, err := hkdf.Key(sha256.New, secret, nil, "rejoin connect code seal", 32)
	if err != nil {
		return codeKeys{}, fmt.Errorf("hub: derive a key: %w", err)
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return codeKeys{}, fmt.Errorf("hub: make a cipher: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return codeKeys{}, fmt.Errorf("hub: make a cipher: %w", err)
	}
	return codeKeys{hash: hashKey, seal: seal}, nil
}

func (k codeKeys) hashOf(code string) []byte {
	m := hmac.New(sha256.New, k.hash)
	m.Write([]byte(code))
	return m.Sum(nil)
}

// issue makes a new code for a session.
func (k codeKeys) issue(id session.ID, expires time.Time) (CodeRecord, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1e10))
	if err != nil {
		return CodeRecord{}, fmt.Errorf("hub: make a code: %w", err)
	}
	code := fmt.Sprintf("%010d", n)
	return CodeRecord{
		Hash: k.hashOf(code), Sealed: k.seal.Seal(nil, nil, []byte(code), []byte(id)), Session: id, ExpiresAt: expires,
	}, nil
}

func (k codeKeys) open(r CodeRecord) (string, error) {
	code, err := k.seal.Open(nil, nil, r.Sealed, []byte(r.Session))
	if err != nil {
		return "", fmt.Errorf("hub: open a sealed code: %w", err)
	}
	return string(code), nil
}

// LookCode finds the waiting session a connect code belongs to, without using it up. It spends one of the address's
// tries. Errors: [ErrCodeGone], [ErrTooManyGuesses].
func (h *Hub) LookCode(ctx context.Context, code, address string) (session.Session, error) {
	record, err := h.tryCode(ctx, code, address)
	if err != nil {
		return session.Session{}, err
	}
	s, err := h.store.Session(ctx, record.Session)
	if err != nil {
		return s, err
	}
	if !record.UsedAt.IsZero() || h.Now().After(s.CodeExpiresAt) || s.State != session.StateWaiting {
		return session.Session{}, ErrCodeGone
	}
	return s, nil
}

// tryCode spends a try and looks the code up; used and expired ones are found too.
func (h *Hub) tryCode(ctx context.Context, code, address string) (CodeRecord, error) {
	if err := h.spendGuess(ctx, address); err != nil {
		h.metrics.guess("limited")
		return CodeRecord{}, err
	}
	record, err := h.store.Code(ctx, h.codes.hashOf(code))
	if errors.Is(err, ErrNotFound) {
		h.metrics.guess("wrong")
		return record, ErrCodeGone
	}
	if err == nil {
		h.metrics.guess("found")
	}
	return record, err
}

func (h *Hub) spendGuess(ctx context.Context, address string) error {
	g := h.opts.Guesses
	ok, err := h.store.SpendGuess(ctx, guessKey(address), h.Now(), g.PerAddress, time.Minute)
	if err != nil {
		return fmt.Errorf("hub: count a try: %w", err)
	}
	if !ok {
		return ErrTooManyGuesses
	}
	patience := time.NewTimer(g.Patience)
	defer patience.Stop()
	for {
		ok, err := h.store.SpendGuess(ctx, "", h.Now(), g.PerServer, time.Minute)
		if err != nil {
			return fmt.Errorf("hub: count a try: %w", err)
		}
		if ok {
			return nil
		}
		again := time.NewTimer(g.Patience / 10)
		select {
		case <-again.C:
		case <-patience.C:
			again.Stop()
			return ErrTooManyGuesses
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		}
	}
}

// guessKey is whom a try counts against: an IPv4 address, or the /64 that an IPv6 subscriber has to themselves.
func guessKey(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		if ap, err2 := netip.ParseAddrPort(address); err2 == nil {
			addr, err = ap.Addr(), nil
		}
	}
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
