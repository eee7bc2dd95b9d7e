// Mkresource writes the agent's icon, version and manifest as object files for Go's linker:
//
//	go run ./agent/exe/mkresource -version 1.2.3 -dir agent/exe
//
// The program builds and works without them; it then has no icon in the Explorer.
package main

import (
	"bytes"
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
			err = replace(filepath.Join(*dir, "resource_windows_"+arch+".syso"), object)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "mkresource:", err)
			os.Exit(1)
		}
	}
}

// replace writes a file in one piece, and not at all if it is right already: another build may be reading it.
func replace(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
