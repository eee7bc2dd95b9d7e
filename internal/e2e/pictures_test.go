package e2e

import (
	"os"

	"github.com/rejoin/rejoin/internal/e2e/browser"
)

// picturesDir is where pictures are kept; empty if none are wanted.
func picturesDir() string { return os.Getenv(browser.PicturesEnv) }
