package browser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeSource is axe-core, as npm installed it.
var axeSource = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(root, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed (npm ci): %w", err)
	}
	return string(data), nil
})

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", errors.New("there is no go.mod above the working folder")
	}
}

type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Where  []string `json:"where"`
}

// Accessible fails the test if axe finds anything serious or critical on the page as it is. where names it in the words of
// the failure.
func (b *Tab) Accessible(where string) {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		b.t.Fatal(err)
	}
	if !Eval[bool](b, `typeof globalThis.axe === 'object'`) {
		id, err := b.ownWorld()
		b.must("preparing axe", err)
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](source, func(p *runtime.EvaluateParams) { p.ContextID = id }))
		b.must("loading axe", err)
	}
	found := Eval[[]finding](b, `axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => ({
		id: v.id, impact: v.impact ?? '', help: v.help,
		where: v.nodes.map(n => n.html.slice(0, 160) + ' · ' + n.failureSummary.replace(/\s+/g, ' ').slice(0, 240)),
	})))`)
	for _, f := range found {
		if f.Impact == "serious" || f.Impact == "critical" {
			b.t.Errorf("axe, %s, %s: %s (%s)\n  %s", where, f.Impact, f.Help, f.ID, strings.Join(f.Where, "\n  "))
		}
	}
}
