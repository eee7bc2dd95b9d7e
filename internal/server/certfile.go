package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certFiles serves a certificate from files and follows their renewal without a restart. The files are looked at while
// connections come in, at most once per checkEvery; one that can't be read is reported and the last good one stays in use.
type certFiles struct {
	certPath, keyPath string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	cert    *tls.Certificate
	stamp   [2]fileStamp
	checked time.Time
}

const checkEvery = time.Second

// fileStamp tells one content of a file from the next; symbolic links are followed, as tools that renew swap those.
type fileStamp struct {
	mod  time.Time
	size int64
	info os.FileInfo // for os.SameFile
}

func newCertFiles(certPath, keyPath string, log *slog.Logger) (*certFiles, error) {
	c := &certFiles{certPath: certPath, keyPath: keyPath, log: log, now: time.Now}
	stamp, err := c.look()
	if err != nil {
		return nil, fmt.Errorf("look at the certificate: %w", err)
	}
	cert, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("load the certificate %s with the key %s: %w", certPath, keyPath, err)
	}
	c.cert, c.stamp, c.checked = &cert, stamp, c.now()
	return c, nil
}

// GetCertificate is for tls.Config.
func (c *certFiles) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= checkEvery {
		c.checked = now
		c.reload()
	}
	return c.cert, nil
}

func (c *certFiles) reload() {
	stamp, err := c.look()
	if err != nil {
		c.log.Error("certificate not reloaded, the last one stays in use", "error", err)
		return
	}
	if same(stamp[0], c.stamp[0]) && same(stamp[1], c.stamp[1]) {
		return
	}
	cert, err := tls.LoadX509KeyPair(c.certPath, c.keyPath)
	if err != nil { // e.g. the new certificate is there and its key is not yet: look again
		c.log.Error("certificate not reloaded, the last one stays in use", "error", err)
		return
	}
	c.cert, c.stamp = &cert, stamp
	c.log.Info("certificate reloaded", "file", c.certPath, "valid_until", cert.Leaf.NotAfter)
}

func (c *certFiles) look() ([2]fileStamp, error) {
	var out [2]fileStamp
	for i, path := range []string{c.certPath, c.keyPath} {
		info, err := os.Stat(path)
		if err != nil {
			return out, err
		}
		out[i] = fileStamp{mod: info.ModTime(), size: info.Size(), info: info}
	}
	return out, nil
}

func same(a, b fileStamp) bool {
	return a.mod.Equal(b.mod) && a.size == b.size && os.SameFile(a.info, b.info)
}
