package session

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBranches runs this package's tests on a copy in which every condition, and every operand of && and ||, notes that
// it was true and that it was false, and fails for each that was not both. Statements are counted there as well: fewer
// than all of them fail. (Go's own coverage knows statements only.)
func TestBranches(t *testing.T) {
	if testing.Short() || testing.CoverMode() != "" {
		t.Skip("needs a run of its own")
	}
	dir := t.TempDir()
	n, places := instrument(t, dir)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module branches\n\ngo 1.26\n")
	write("branches.go", fmt.Sprintf(branchSource, n))
	write("branches_test.go", branchTestSource)
	if err := os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-cover", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("coverage: 100.0% of statements")) {
		t.Errorf("not every statement was run:\n%s", out)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report"))
	if err != nil {
		t.Fatal(err)
	}
	for i, place := range places {
		for side, seen := range map[string]byte{"true": report[2*i], "false": report[2*i+1]} {
			if seen == '0' {
				t.Errorf("%s was never %s", place, side)
			}
		}
	}
	t.Logf("%d conditions, each both true and false", n)
}

const branchSource = `package session

var branches [%d][2]bool

func branch(i int, v bool) bool {
	if v {
		branches[i][0] = true
	} else {
		branches[i][1] = true
	}
	return v
}
`

const branchTestSource = `package session

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	var report []byte
	for _, b := range branches {
		for _, seen := range b {
			if seen {
				report = append(report, '1')
			} else {
				report = append(report, '0')
			}
		}
	}
	if err := os.WriteFile("report", report, 0o644); err != nil {
		panic(err)
	}
	os.Exit(code)
}
`

// instrument writes the package to dir with its conditions wrapped, and the tests (but for this file) as they are.
func instrument(t *testing.T, dir string) (n int, places []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name == "branch_test.go" {
			continue
		}
		if strings.HasSuffix(name, "_test.go") {
			copyFile(t, name, filepath.Join(dir, name))
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		w := &wrapper{fset: fset, first: len(places)}
		w.file(file)
		places = append(places, w.places...)
		var out bytes.Buffer
		if err := printer.Fprint(&out, fset, file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return len(places), places
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wrapper replaces conditions c by branch(i, c).
type wrapper struct {
	fset   *token.FileSet
	first  int
	places []string
}

func (w *wrapper) file(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			n.Cond = w.condition(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				n.Cond = w.condition(n.Cond)
			}
		case *ast.SwitchStmt:
			w.cases(n)
		case *ast.BinaryExpr: // conditions that are returned or assigned
			if n.Op == token.LAND || n.Op == token.LOR {
				n.X, n.Y = w.condition(n.X), w.condition(n.Y)
			}
		}
		return true
	})
}

// cases wraps those of a switch without a tag.
func (w *wrapper) cases(n *ast.SwitchStmt) {
	if n.Tag != nil {
		return // its bodies are statements, and every one of them has to be run
	}
	for _, c := range n.Body.List {
		clause := c.(*ast.CaseClause)
		for i, cond := range clause.List {
			clause.List[i] = w.condition(cond)
		}
	}
}

// condition wraps an operand; of && and || the operands are wrapped where they are met.
func (w *wrapper) condition(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.ParenExpr:
		x.X = w.condition(x.X)
		return x
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			return x
		}
	case *ast.CallExpr:
		if name, ok := x.Fun.(*ast.Ident); ok && name.Name == "branch" {
			return x
		}
	}
	var text bytes.Buffer
	_ = printer.Fprint(&text, w.fset, e) // into memory
	w.places = append(w.places, fmt.Sprintf("%s: %s", w.fset.Position(e.Pos()), text.String()))
	index := &ast.BasicLit{Kind: token.INT, Value: fmt.Sprint(w.first + len(w.places) - 1)}
	return &ast.CallExpr{Fun: ast.NewIdent("branch"), Args: []ast.Expr{index, e}}
}
