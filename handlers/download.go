package handlers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
)

// Program is the agent's .exe: one, byte for byte the same for everybody.
type Program interface {
	// Open returns the program and its size in bytes; fs.ErrNotExist if this server has none.
	Open() (io.ReadCloser, int64, error)
	// Size is its size in bytes, or the same error.
	Size() (int64, error)
}

// download hands out the program under a name with the server and the code in it. The code comes in the body of a form, so
// that no address with a code in it stands in a log or a history. It is not looked up: a name opens nothing, and looking
// it up would spend a try that the program itself still needs.
func (s *Site) download(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	code, ok := hub.NormalCode(f.Get("code"))
	if !ok {
		return errBadForm
	}
	file, size, err := s.Agent.Open()
	if err != nil {
		return &problem{status: http.StatusServiceUnavailable, what: "no agent program", cause: err}
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", "application/vnd.microsoft.portable-executable")
	h.Set("Content-Disposition", `attachment; filename="`+agentFileName(s.cfg.PublicURL, code)+`"`)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	if err := http.NewResponseController(w).SetWriteDeadline(downloadUntil(size)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("give the download its time: %w", err)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, file) // a browser that went away is no news
	return nil
}

// agentFileName is rejoin_HOST+PORT_CODE.exe, or without +PORT where that follows from the scheme. The agent reads it
// back (agent/launch); the characters are ones that Windows and browsers leave alone. An IPv6 address can't be written in
// such characters: then the agent asks for the code.
func agentFileName(public *url.URL, code string) string {
	host := public.Hostname()
	if strings.Contains(host, ":") {
		return "rejoin.exe"
	}
	if port := public.Port(); port != "" {
		host += "+" + port
	}
	return "rejoin_" + host + "_" + code + ".exe"
}

// downloadUntil gives a slow line its time: 16 kB a second, and a minute on top.
func downloadUntil(size int64) time.Time {
	return time.Now().Add(time.Minute + time.Duration(size/16000)*time.Second)
}
