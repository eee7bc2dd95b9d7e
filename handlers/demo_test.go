package handlers

import (
	"context"
	"net/url"

	"github.com/rejoin/rejoin/web"
)

// stillPC is a demo PC on which nothing happens.
type stillPC struct{ done []web.DemoAction }

func (*stillPC) View() web.DemoPC { return web.DemoPC{Name: "DEMO", State: web.DemoDesktop} }

func (*stillPC) Watch() (<-chan struct{}, func()) { return make(chan struct{}), func() {} }

func (p *stillPC) Do(_ context.Context, a web.DemoAction, _ url.Values) error {
	p.done = append(p.done, a)
	return nil
}

func (*stillPC) Speak(string) {}

func withDemo(s *rigSetup) { s.demo = &stillPC{} }
