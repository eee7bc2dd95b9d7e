package handlers

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/account"
)

// LinkValid is how long a one-time link is good.
const LinkValid = 24 * time.Hour

// NewToken makes a one-time token: what goes into the link, and what is stored of it. It has 130 random bits.
func NewToken(purpose account.Purpose, user string, now time.Time) (string, account.Token) {
	text := strings.ToLower(rand.Text())
	return text, account.Token{Hash: TokenHash(text), Purpose: purpose, User: user, ExpiresAt: now.Add(LinkValid)}
}

// NewUserID names a new user.
func NewUserID() string { return strings.ToLower(rand.Text()) }
