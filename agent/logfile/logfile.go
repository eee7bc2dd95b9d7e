// Package logfile keeps a program's log small: a file and the one before it.
package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// File is an io.Writer for whole records. It may be used by several goroutines.
type File struct {
	mu    sync.Mutex
	path  string
	limit int64
	f     *os.File
	size  int64
}

// Open goes on with the log at path, or begins it. A file that would grow over limit bytes becomes path + ".1", in place of
// an older one, so that there are never more than about two limits on the disk. The folder is made if need be.
func Open(path string, limit int64) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the log's folder: %w", err)
	}
	l := &File{path: path, limit: limit}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *File) open() error {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log: %w", err), f.Close())
	}
	if !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("open the log: %s is no plain file", l.path), f.Close())
	}
	l.f, l.size = f, info.Size()
	return nil
}

// Write implements io.Writer. A record longer than the limit is cut.
func (l *File) Write(record []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := len(record)
	if int64(whole) > l.limit {
		record = append(record[:l.limit-1:l.limit-1], '\n')
	}
	if l.size+int64(len(record)) > l.limit {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	if l.f == nil {
		return 0, fs.ErrClosed
	}
	n, err := l.f.Write(record)
	l.size += int64(n)
	if err != nil {
		return n, err
	}
	return whole, nil
}

func (l *File) rotate() error {
	if l.f != nil {
		if err := l.f.Close(); err != nil {
			return fmt.Errorf("close the log: %w", err)
		}
		l.f = nil
	}
	// Should another program hold the old file open, the log starts over rather than grow.
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		if err := os.Truncate(l.path, 0); err != nil {
			return fmt.Errorf("start the log over: %w", err)
		}
	}
	return l.open()
}

// Close closes the file.
func (l *File) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	f := l.f
	l.f, l.limit, l.size = nil, 1<<62, 0
	return f.Close()
}
