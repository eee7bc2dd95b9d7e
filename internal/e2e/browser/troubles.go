package browser

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// troubles is what went wrong behind the page's face.
type troubles struct {
	mu       sync.Mutex
	seen     []string
	forgiven []*regexp.Regexp
	urls     map[network.RequestID]string
	judged   int // so many of seen were judged already
}

// hear collects troubles. It runs inside the loop that reads the browser's messages.
func (tr *troubles) hear(ev any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		tr.add("uncaught exception: %s", exceptionText(ev.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if t := ev.Type; t == runtime.ConsoleAPICalledTypeError || t == runtime.ConsoleAPICalledTypeAssert || t == runtime.ConsoleAPICalledTypeWarning {
			tr.add("console.%s: %s", t, argsText(ev.Args))
		}
	case *log.EventEntryAdded:
		// Failed requests come as network events too, with more about them.
		if e := ev.Entry; e.Source != log.EntrySourceNetwork && (e.Level == log.EntryLevelError || e.Level == log.EntryLevelWarning) {
			tr.add("browser's log: %s: %s %s", e.Level, e.Text, e.URL)
		}
	case *audits.EventIssueAdded:
		if d := ev.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			c := d.ContentSecurityPolicyIssueDetails
			tr.add("content security policy: %s violated by %q", c.ViolatedDirective, c.BlockedURL)
		}
	case *network.EventRequestWillBeSent:
		if tr.urls == nil {
			tr.urls = map[network.RequestID]string{}
		}
		tr.urls[ev.RequestID] = ev.Request.Method + " " + ev.Request.URL
	case *network.EventResponseReceived:
		if ev.Response.Status >= 400 {
			tr.add("request refused: %d %s", ev.Response.Status, tr.urls[ev.RequestID])
		}
	case *network.EventLoadingFailed:
		if !ev.Canceled { // a page that is left lets its requests go
			tr.add("request failed: %s %s", ev.ErrorText, tr.urls[ev.RequestID])
		}
	case *page.EventJavascriptDialogOpening:
		tr.add("a script's dialog opened: %s", ev.Message)
	}
}

func (tr *troubles) add(format string, args ...any) {
	tr.seen = append(tr.seen, fmt.Sprintf(format, args...))
}

func exceptionText(d *runtime.ExceptionDetails) string {
	text := d.Text
	if d.Exception != nil && d.Exception.Description != "" {
		text += " " + d.Exception.Description
	}
	return fmt.Sprintf("%s (%s:%d)", text, d.URL, d.LineNumber+1)
}

func argsText(args []*runtime.RemoteObject) string {
	parts := make([]string, len(args))
	for i, a := range args {
		if parts[i] = a.Description; parts[i] == "" {
			parts[i] = string(a.Value)
		}
	}
	return strings.Join(parts, " ")
}

// Forgive says that troubles which match the regular expression are meant to happen, from the start of the tab on.
func (b *Tab) Forgive(why, expression string) {
	b.t.Helper()
	re, err := regexp.Compile(expression)
	if err != nil {
		b.t.Fatalf("forgiving %s: %v", why, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = append(b.forgiven, re)
}

// unforgiven returns the troubles that nobody forgave and that were not returned before.
func (tr *troubles) unforgiven() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var out []string
next:
	for _, s := range tr.seen[tr.judged:] {
		for _, re := range tr.forgiven {
			if re.MatchString(s) {
				continue next
			}
		}
		out = append(out, s)
	}
	tr.judged = len(tr.seen)
	return out
}

// verdict fails the test if anything went wrong behind the page's face.
func (b *Tab) verdict() {
	for _, s := range b.unforgiven() {
		b.t.Errorf("behind the page: %s", s)
	}
}
