package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/web"
)

// mayType tells of a desktop's name whether its viewer has mouse and keyboard.
func mayType(name string) bool { return strings.Contains(name, `"input":true`) }

// marks are when the page came to something, in milliseconds since 1970; 0: it did not.
type marks struct {
	Told  float64 `json:"told"`  // the page knows that the screen may be looked at
	Heard float64 `json:"heard"` // the socket's first bytes
	Drawn float64 `json:"drawn"` // something is on the visible canvas
	Done  float64 `json:"done"`  // the whole picture is, and the page shows it as live; or what else was waited for
}

// measurePage measures with the product's page in Chromium.
func (r *screenRig) measurePage(ctx context.Context, tab *browser) error {
	if err := tab.open(r.server.url + web.SessionURL(r.id)); err != nil {
		return err
	}
	ahead, err := tab.ahead()
	if err != nil {
		return err
	}
	for _, measure := range []func(context.Context, *browser, time.Duration) error{r.pagePictures, r.pageKeys, r.pageIdle, r.pageReboots, r.pageTrouble} {
		if err := measure(ctx, tab, ahead); err != nil {
			return err
		}
	}
	return nil
}

// picture has the page expect a picture, calls yes, which has the customer agree to it, and returns the page's marks since, in
// milliseconds.
func (r *screenRig) picture(tab *browser, ahead time.Duration, yes func() (time.Time, error)) (marks, error) {
	var m marks
	if _, err := ask[bool](tab, `figures.expect('picture')`); err != nil {
		return m, err
	}
	at, err := yes()
	if err != nil {
		return m, err
	}
	if m, err = ask[marks](tab, `figures.came()`); err != nil {
		return m, err
	}
	for _, t := range []*float64{&m.Told, &m.Heard, &m.Drawn, &m.Done} {
		*t = gauge.Millis(pageTime(*t).Sub(at) - ahead)
	}
	return m, nil
}

// pagePictures measures first pictures, and leaves the screen shared.
func (r *screenRig) pagePictures(ctx context.Context, tab *browser, ahead time.Duration) error {
	var all [4][]float64
	for range yesRounds * r.b.runs {
		if err := tab.until(`document.getElementById('viewer-words')?.dataset.watch !== 'on'`); err != nil {
			return err
		}
		m, err := r.picture(tab, ahead, func() (time.Time, error) { return r.agree(ctx, "/share") })
		if err != nil {
			return err
		}
		for i, v := range []float64{m.Told, m.Heard, m.Drawn, m.Done} {
			all[i] = append(all[i], v)
		}
		if len(all[0]) < yesRounds*r.b.runs {
			if _, err := r.pc.do(pcStop); err != nil {
				return err
			}
		}
	}
	done := all[3]
	r.b.report.Add(gauge.Figure{Name: "Yes → first picture in Chromium", Value: gauge.Median(done), Unit: "ms", Goal: gauge.AtMost(150), Note: fmt.Sprintf(
		"p95 %s ms; the first bytes are there after %s ms, the page is told after %s, something is drawn after %s",
		gauge.Short(gauge.Quantile(done, 0.95)), gauge.Short(gauge.Median(all[1])), gauge.Short(gauge.Median(all[0])), gauge.Short(gauge.Median(all[2])))})
	return nil
}

// pageKeys measures keys.
func (r *screenRig) pageKeys(ctx context.Context, tab *browser, _ time.Duration) error {
	if _, err := r.agree(ctx, "/control"); err != nil {
		return err
	}
	const canvas = `document.querySelector('.screen-live canvas[role=application]')`
	if err := tab.until(canvas + ` !== null`); err != nil {
		return err
	}
	if _, err := ask[bool](tab, `figures.type(`+canvas+`)`); err != nil {
		return err
	}
	var took []float64
	for i := range keyRounds * r.b.runs {
		pause(time.Duration(20+i*7%40) * time.Millisecond)
		if _, err := ask[bool](tab, `figures.expectKey()`); err != nil {
			return err
		}
		if err := tab.press(rune('a' + i%26)); err != nil {
			return err
		}
		ms, err := ask[float64](tab, `figures.came()`)
		if err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		took = append(took, ms)
	}
	if _, err := ask[bool](tab, `figures.rest()`); err != nil { // looking for changes would slow everything else down
		return err
	}
	r.b.report.Add(
		gauge.Figure{Name: "key → canvas in Chromium, median", Value: gauge.Median(took), Unit: "ms", Goal: gauge.AtMost(5),
			Note: "from the event's timestamp until the letter's pixels were read back from the visible canvas"},
		gauge.Figure{Name: "key → canvas in Chromium, p95", Value: gauge.Quantile(took, 0.95), Unit: "ms", Goal: gauge.AtMost(10)},
	)
	return nil
}

// pageIdle measures what an open viewer costs while nothing changes.
func (r *screenRig) pageIdle(ctx context.Context, _ *browser, _ time.Duration) error {
	pause(2 * time.Second) // what was typed has been refined
	pids := []int{r.server.cmd.Process.Pid, r.pc.cmd.Process.Pid}
	var used [2]time.Duration
	for i, pid := range pids {
		spent, err := gauge.CPU(pid)
		if err != nil {
			return err
		}
		used[i] = -spent
	}
	pause(idleFor)
	for i, pid := range pids {
		spent, err := gauge.CPU(pid)
		if err != nil {
			return err
		}
		used[i] += spent
	}
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / idleFor.Seconds() }
	r.b.report.Add(gauge.Figure{Name: "open viewer, still desktop: CPU of server and agent", Value: percent(used[0] + used[1]), Unit: "% of a core",
		Goal: gauge.AtMost(0.5), Note: fmt.Sprintf("over %v; server %s %%, agent %s %%", idleFor, gauge.Short(percent(used[0])), gauge.Short(percent(used[1])))})
	return nil
}

// pageReboots measures how soon the picture is back, without a click, once the customer has allowed it after a restart.
func (r *screenRig) pageReboots(ctx context.Context, tab *browser, ahead time.Duration) error {
	var back []float64
	for range rebootRounds * r.b.runs {
		if _, err := r.agreeToReboot(ctx); err != nil {
			return err
		}
		if err := tab.until(`document.querySelector('.screen-live canvas') === null`); err != nil {
			return err
		}
		m, err := r.picture(tab, ahead, func() (time.Time, error) {
			pause(reading)
			return r.pc.do(pcYes)
		})
		if err != nil {
			return err
		}
		back = append(back, m.Done)
	}
	r.b.report.Add(gauge.Figure{Name: "restart: Yes to the screen → picture in Chromium", Value: gauge.Median(back), Unit: "ms",
		Note: fmt.Sprintf("no click of the technician's; the longest of %d %s ms", len(back), gauge.Short(gauge.Quantile(back, 1)))})
	return nil
}

func (r *screenRig) agreeToReboot(ctx context.Context) (time.Time, error) {
	if err := r.technician.post(ctx, web.RebootURL(r.id), url.Values{"kind": {"normal"}, "message": {"A restart, please."}, "reason": {"update"}}); err != nil {
		return time.Time{}, err
	}
	return r.pc.do(pcYes)
}

// pageTrouble measures how soon the page tells that nothing comes any more.
func (r *screenRig) pageTrouble(ctx context.Context, tab *browser, ahead time.Duration) error {
	var took []float64
	for i := range loseRounds {
		if err := tab.until(`document.getElementById('screen').dataset.look === 'live'`); err != nil {
			return err
		}
		pause(time.Second + time.Duration(i)*300*time.Millisecond) // at any time between two signs of life
		if _, err := ask[bool](tab, `figures.expect('trouble')`); err != nil {
			return err
		}
		at, err := r.pc.do(pcLose)
		if err != nil {
			return err
		}
		m, err := ask[marks](tab, `figures.came()`)
		if err != nil {
			return err
		}
		took = append(took, (pageTime(m.Done).Sub(at) - ahead).Seconds())
		if _, err := r.pc.do(pcFind); err != nil {
			return err
		}
	}
	r.b.report.Add(gauge.Figure{Name: "network swallows everything → the page says so", Value: gauge.Quantile(took, 1), Unit: "s", Goal: gauge.AtMost(5),
		Note: fmt.Sprintf("the longest of %d; median %s s", len(took), gauge.Short(gauge.Median(took)))})
	return nil
}
