// Mkresource writes the agent's icon, version and manifest as object files for Go's linker:
//
//	go run ./agent/exe/mkresource -version 1.2.3 -dir agent/exe
//
// The program builds and works without them; it then has no icon in the Explorer.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rejoin/rejoin/agent/machine/windows/resource"
)

func main() {
	version := flag.String("version", "development", "of the program")
	dir := flag.String("dir", "agent/exe", "the program's package")
	flag.Parse()
	for _, arch := range []string{"amd64", "arm64"} {
		object, err := resource.Program(arch, *version)
		if err == nil {
			err = os.WriteFile(filepath.Join(*dir, "resource_windows_"+arch+".syso"), object, 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "mkresource:", err)
			os.Exit(1)
		}
	}
}
