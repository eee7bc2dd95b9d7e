// Package static holds what `make` puts into dist: the bundles that browsers load beside the pages (style sheet, scripts
// and icons), and the program for the customer's PC. The bundles' names carry a hash of their content, so browsers may
// keep them for ever.
//
// The program compiles without the bundles: [Built] then says no, and the pages say how to build them.
package static

import (
	"embed"
	"encoding/json"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Prefix is the path under which [Handler] serves.
const Prefix = "/static/"

// The pattern matches dist.md, which is tracked, so it always matches something; the folder dist comes along when it is
// there.
//
//go:embed dist*
var files embed.FS

var manifest = load()

// load reads which file is the present version of each name; it is empty when nothing has been built.
func load() map[string]string {
	m := map[string]string{}
	data, err := files.ReadFile("dist/manifest.json")
	if err != nil {
		return m
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return map[string]string{}
	}
	return m
}

// Built tells whether the bundles are there.
func Built() bool { return len(manifest) > 0 }

// URL is the address of a bundle by its plain name, such as "console.js". Without bundles it leads to a 404.
func URL(name string) string {
	if hashed, ok := manifest[name]; ok {
		return Prefix + hashed
	}
	return Prefix + name
}

// Agent opens the program for the customer's PC, the same for everybody, and tells its size in bytes. ok is false when it
// has not been built.
func Agent() (program io.ReadSeekCloser, size int64, ok bool) {
	f, err := files.Open("dist/agent/rejoin.exe")
	if err != nil {
		return nil, 0, false
	}
	info, err := f.Stat()
	program, seekable := f.(io.ReadSeekCloser)
	if err != nil || !seekable {
		_ = f.Close() // of a file in memory
		return nil, 0, false
	}
	return program, info.Size(), true
}

// encodings that the build makes, the better first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// Handler serves the bundles below [Prefix], compressed where the browser takes it. Only names in the manifest exist:
// anything else is a 404.
func Handler() http.Handler {
	known := map[string]bool{}
	for _, hashed := range manifest {
		known[hashed] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, Prefix)
		if !ok || !known[name] {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		serve(w, r, name)
	})
}

func serve(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Content-Type", mediaType(name))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	file := "dist/" + name
	for _, e := range encodings {
		if !accepts(r.Header.Get("Accept-Encoding"), e.name) {
			continue
		}
		if _, err := fs.Stat(files, file+e.suffix); err == nil {
			h.Set("Content-Encoding", e.name)
			file += e.suffix
			break
		}
	}
	data, err := files.ReadFile(file)
	if err != nil { // the manifest names a file that is not there: a broken build
		h.Del("Content-Encoding")
		h.Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(data) // a browser that went away is no news
}

// mediaType does not ask the operating system, whose table may lack or garble an entry.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// accepts tells whether an Accept-Encoding header takes the coding (RFC 9110, section 12.5.3).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		if !ok {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}
