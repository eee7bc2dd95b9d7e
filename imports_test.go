package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/rejoin/rejoin"

// mayImport is the table of who may know whom, of our own packages: for each folder (and all below it, unless those have a
// line of their own) the folders it may import; "/..." takes in those below. Tests are not bound by it.
// docs/architecture.md tells why.
var mayImport = map[string][]string{
	"rfb":                   {"rfb/..."}, // a library of its own, for other programs too
	"rfb/client":            {"rfb"},
	"internal/session":      {},
	"internal/wire":         {},
	"internal/version":      {},
	"internal/lobby":        {},
	"internal/account":      {"internal/session"},
	"internal/relay":        {},
	"internal/hub":          {"internal/session", "internal/wire", "internal/relay"},
	"migrations":            {},
	"store":                 {"internal/session", "internal/hub", "internal/account", "migrations"},
	"store/memstore":        {"internal/session", "internal/hub"},
	"store/storetest":       {"internal/session", "internal/hub", "internal/wire", "internal/account"},
	"static":                {},
	"web":                   {"internal/session", "internal/account", "static", "agent/machine"}, // the demo PC shows the agent's windows
	"handlers":              {"internal/session", "internal/wire", "internal/hub", "internal/account", "internal/lobby", "internal/relay", "web"},
	"agent":                 {"internal/wire", "agent/machine", "agent/launch", "agent/logfile", "agent/text", "rfb"},
	"agent/machine":         {"rfb"},
	"agent/machine/sim":     {"agent/machine", "agent/machine/sim/...", "rfb"},
	"agent/machine/windows": {"agent/machine", "agent/machine/windows/...", "rfb"},
	"agent/exe":             {"agent", "agent/launch", "agent/logfile", "agent/text", "agent/machine", "agent/machine/windows", "internal/version"},
	"agent/exe/mkresource":  {"agent/machine/windows/resource"}, // a tool of the build
	"internal/demo":         {"agent", "agent/machine", "agent/machine/sim"},
	"internal/server": {
		"internal/session", "internal/wire", "internal/hub", "internal/account", "internal/lobby", "internal/version",
		"handlers", "web", "static", "store", "internal/demo", "agent/machine", "agent/machine/sim", "rfb", // the demo PC
	},
	"internal/command": {
		"internal/session", "internal/wire", "internal/account", "internal/version", "internal/server", "handlers", "web", "store",
	},
	"": {"internal/command"},
}

// mayImportAnything prove the others, and are in no program.
var mayImportAnything = []string{
	"internal/simulation", "internal/winerig", "internal/e2e", "internal/figures", "internal/crash",
}

// pure packages do no I/O and ask no clock: nothing in them may import these, however far down.
var pure = []string{"internal/session", "internal/wire", "internal/account"}

var impure = []string{
	"net", "net/http", "os", "os/exec", "database/sql", "math/rand", "math/rand/v2", "log", "log/slog", "context", "sync", "syscall",
}

type listedPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func listPackages(t *testing.T, goos string) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Env = append(cmd.Environ(), "GOOS="+goos)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listedPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listedPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestWhoMayKnowWhom(t *testing.T) {
	for _, goos := range []string{"linux", "windows"} {
		for _, p := range listPackages(t, goos) {
			folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
			if under(folder, mayImportAnything) {
				continue
			}
			allowed, listed := row(folder)
			if !listed {
				t.Errorf("%s: the package stands in no row of the table", folder)
				continue
			}
			for _, path := range p.Imports {
				other, ours := strings.CutPrefix(path, module+"/")
				if ours && other != folder && !allows(allowed, other) {
					t.Errorf("%s must not import %s", folder, other)
				}
				if path == "os/exec" && !strings.HasPrefix(folder, "agent") {
					t.Errorf("%s must not start programs", folder)
				}
			}
		}
	}
}

func allows(allowed []string, other string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		root, below := strings.CutSuffix(a, "/...")
		return a == other || below && strings.HasPrefix(other, root+"/")
	})
}

// row finds a folder's row: its own, or that of the nearest folder above.
func row(folder string) ([]string, bool) {
	for name := folder; ; {
		if allowed, ok := mayImport[name]; ok {
			return allowed, name != "" || folder == ""
		}
		i := strings.LastIndex(name, "/")
		if i < 0 {
			return nil, false
		}
		name = name[:i]
	}
}

func under(folder string, roots []string) bool {
	for _, root := range roots {
		if folder == root || strings.HasPrefix(folder, root+"/") {
			return true
		}
	}
	return false
}

func TestTheCoreDoesNoIO(t *testing.T) {
	for _, p := range listPackages(t, "linux") {
		folder := strings.TrimPrefix(p.ImportPath, module+"/")
		if !slices.Contains(pure, folder) {
			continue
		}
		for _, path := range p.Imports {
			if slices.Contains(impure, path) {
				t.Errorf("%s must not import %s", folder, path)
			}
		}
	}
}

// The agent never takes along what belongs to the server, however far down: it would make the program larger and give
// an attacker more to work with.
func TestTheAgentCarriesNothingOfTheServer(t *testing.T) {
	for _, goos := range []string{"linux", "windows"} {
		for _, p := range listPackages(t, goos) {
			if p.ImportPath != module+"/agent" && p.ImportPath != module+"/agent/exe" {
				continue
			}
			for _, dep := range p.Deps {
				for _, bad := range []string{"/store", "/web", "/handlers", "/static", "/migrations", "/internal/hub", "/internal/session", "/internal/server"} {
					if dep == module+bad || strings.HasPrefix(dep, module+bad+"/") {
						t.Errorf("%s (%s) carries %s", p.ImportPath, goos, dep)
					}
				}
				if strings.Contains(dep, "sqlite") || strings.Contains(dep, "a-h/templ") || strings.Contains(dep, "go-chi") {
					t.Errorf("%s (%s) carries %s", p.ImportPath, goos, dep)
				}
			}
		}
	}
}
