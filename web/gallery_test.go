package web

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestGallery takes pictures of the pages, to be looked at: GALLERY=folder go test ./web -run Gallery. SCENES is a regular
// expression of scene names, SHOTS of shots (such as "1440-light-en"). Without GALLERY there is nothing to do.
func TestGallery(t *testing.T) {
	folder := os.Getenv("GALLERY")
	if folder == "" {
		t.Skip("set GALLERY to a folder for the pictures")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	heard := complaints(t, ctx)
	scenes := allScenes()
	srv := gallery(t, scenes)
	wanted, shots := regexp.MustCompile(os.Getenv("SCENES")), regexp.MustCompile(os.Getenv("SHOTS"))
	for _, width := range []int64{1440, 360} {
		for _, colours := range []string{"light", "dark"} {
			for _, lang := range languages {
				shot := number(int(width)) + "-" + colours + "-" + lang
				if !shots.MatchString(shot) {
					continue
				}
				do(t, ctx, chromedp.EmulateViewport(width, map[int64]int64{1440: 900, 360: 800}[width]), scheme(colours))
				for _, s := range scenes {
					if !wanted.MatchString(s.name) {
						continue
					}
					do(t, ctx, chromedp.Navigate(srv.URL+"/scene/"+s.name+"/"+lang))
					until(t, ctx, settled)
					until(t, ctx, `!document.querySelector('canvas[data-picture]:not([data-version])')`)
					png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(folder, s.name+"-"+shot+".png"), png, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	for _, c := range heard() {
		t.Error(c)
	}
}
