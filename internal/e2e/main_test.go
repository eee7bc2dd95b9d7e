package e2e

import (
	"os"
	"testing"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.CloseShared()
	program.Clean()
	os.Exit(code)
}
