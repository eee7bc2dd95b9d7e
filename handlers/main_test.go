package handlers

import (
	"os"
	"testing"

	"github.com/alexedwards/argon2id"

	browsers "github.com/rejoin/rejoin/internal/e2e/browser"
)

// TestMain makes passwords cheap: the tests sign in hundreds of times, and under the race detector each would take a second.
func TestMain(m *testing.M) {
	passwordCost = &argon2id.Params{Memory: 1 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	code := m.Run()
	browsers.CloseShared()
	os.Exit(code)
}
