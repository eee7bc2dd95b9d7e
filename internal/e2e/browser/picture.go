package browser

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"

	"github.com/chromedp/chromedp"
)

// PicturesEnv names the environment variable with the folder that pictures are kept in; without it, those of failed tests
// go to the system's temporary folder.
const PicturesEnv = "REJOIN_PICTURES"

// Picture takes a picture of what can be seen of the page and, if [PicturesEnv] is set, keeps it as NAME.png.
func (b *Tab) Picture(name string) image.Image {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must("taking a picture", err)
	img, err := png.Decode(bytes.NewReader(data))
	b.must("reading a picture", err)
	if dir := os.Getenv(PicturesEnv); dir != "" {
		b.must("keeping a picture", WritePNG(filepath.Join(dir, name+".png"), img))
	}
	return img
}

// WritePNG writes a picture as small as PNG allows without loss.
func WritePNG(path string, img image.Image) error {
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&buf, Few(img)); err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the pictures' folder: %w", err)
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// keepPicture keeps a picture of a page that something is wrong with, and says where.
func (b *Tab) keepPicture() string {
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return "no picture: " + err.Error()
	}
	dir := os.Getenv(PicturesEnv)
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "rejoin-failures")
	}
	path := filepath.Join(dir, "failed-"+unfit.ReplaceAllString(b.t.Name(), "_")+".png")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "no picture: " + err.Error()
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return "no picture: " + err.Error()
	}
	return "picture: " + path
}
