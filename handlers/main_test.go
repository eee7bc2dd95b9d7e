package handlers

import (
	"os"
	"testing"

	"github.com/alexedwards/argon2id"
)

// TestMain makes passwords cheap: the tests sign in hundreds of times, and under the race detector each would take a second.
func TestMain(m *testing.M) {
	passwordCost = &argon2id.Params{Memory: 1 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	os.Exit(m.Run())
}
