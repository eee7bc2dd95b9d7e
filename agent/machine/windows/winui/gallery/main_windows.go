// The gallery shows the customer's windows with sample words, to look at them and to try them by hand:
//
//	gallery [-lang en|fr] chat|banner|hide|reboot|return|share|code|notice
//
// What was answered, typed or pressed is printed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/winui"
)

func main() {
	lang := flag.String("lang", "en", "en or fr")
	flag.Parse()
	w, ok := samples[*lang]
	if !ok {
		fmt.Fprintln(os.Stderr, "gallery: -lang is en or fr")
		os.Exit(2)
	}
	ui, err := winui.New()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
	if err := show(ui, flag.Arg(0), w); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func show(ui *winui.UI, which string, w sample) error {
	ctx := context.Background()
	switch which {
	case "chat":
		return chat(ui, w.chat)
	case "banner", "hide": // with the chat box; F6 leads to the banner, its last button opens the list
		ui.SetWindows(func() ([]machine.Window, error) { return w.windows, nil })
		w.chat.Banner = &w.banner
		return chat(ui, w.chat)
	case "code":
		code, server, ok := ui.AskCode(ctx, w.code)
		fmt.Printf("code %q server %q ok %v\n", code, server, ok)
	case "notice":
		ui.Tell(ctx, w.notice)
		fmt.Println("dismissed")
	default:
		p, ok := w.prompts[which]
		if !ok {
			return fmt.Errorf("no window named %q", which)
		}
		answer, err := ui.Ask(ctx, p)
		if err != nil {
			return err
		}
		fmt.Println("answer", answer)
	}
	return nil
}

// chat adds what is typed to the conversation, as the agent would.
func chat(ui *winui.UI, v machine.View) error {
	ui.Show(v)
	for a := range ui.Actions() {
		fmt.Printf("action %s %q %q\n", a.Kind, a.Text, a.Windows)
		switch a.Kind {
		case machine.ActionSend:
			v.Lines = append(v.Lines[:len(v.Lines):len(v.Lines)], machine.Line{From: v.Lines[1].From, Text: a.Text, At: time.Now()})
		case machine.ActionStopShare:
			v.Sharing, v.Banner = "", nil
		case machine.ActionHide:
			b := *v.Banner
			b.Hidden = a.Windows
			v.Banner = &b
		case machine.ActionEnd:
			ui.Close()
			return nil
		}
		ui.Show(v)
	}
	return nil
}
