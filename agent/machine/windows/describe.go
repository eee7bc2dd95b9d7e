package windows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// osWords names the edition. The registry's ProductName still says "Windows 10" on Windows 11, which begins with build 22000.
// https://learn.microsoft.com/windows/release-health/windows11-release-information
func osWords(product, display string, build, revision uint32) string {
	if product == "" {
		product = "Windows"
	}
	if build >= 22000 {
		product = strings.Replace(product, "Windows 10", "Windows 11", 1)
	}
	words := product
	if display != "" {
		words += " " + display
	}
	if build != 0 {
		words += fmt.Sprintf(" (%d.%d)", build, revision)
	}
	return words
}

// machineID makes a name for the PC out of Windows' own, from which that can't be found again. Other programs that hash
// it get another name.
func machineID(machineGUID string) string {
	sum := sha256.Sum256([]byte("rejoin machine v1\x00" + strings.ToLower(machineGUID)))
	return hex.EncodeToString(sum[:16])
}
