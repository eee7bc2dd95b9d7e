package windows

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// sealed keeps documents encrypted by DPAPI for this user on this PC, in files of a folder that is this user's alone.
type sealed struct {
	dir *userDir
	mu  sync.Mutex // one writer
}

const sealedLimit = 4 << 20 // bytes; larger files are not ours

// Load implements [machine.Sealed].
func (s *sealed) Load(document string) ([]byte, error) {
	name, err := sealedFile(document)
	if err != nil {
		return nil, err
	}
	if err := s.dir.check(); err != nil {
		return nil, err
	}
	box, err := readPlainFile(filepath.Join(s.dir.path, name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", document, err)
	}
	data, err := unprotect(box, document)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", document, err)
	}
	return data, nil
}

// Save implements [machine.Sealed]: a new file is written through to the disk, then takes the old one's place in one step.
func (s *sealed) Save(document string, data []byte) error {
	name, err := sealedFile(document)
	if err != nil {
		return err
	}
	if len(data) > sealedLimit/2 {
		return fmt.Errorf("%s has %d bytes", document, len(data))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.dir.make(); err != nil {
		return err
	}
	box, err := protect(data, document)
	if err != nil {
		return fmt.Errorf("seal %s: %w", document, err)
	}
	if err := s.dir.replace(name, box); err != nil {
		return fmt.Errorf("write %s: %w", document, err)
	}
	return nil
}

// Remove implements [machine.Sealed].
func (s *sealed) Remove(document string) error {
	name, err := sealedFile(document)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.dir.check(); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	// DeleteFile on a link deletes the link.
	if err := os.Remove(filepath.Join(s.dir.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", document, err)
	}
	return nil
}

// replace writes data to a temporary file beside the target and renames it over the target.
func (d *userDir) replace(name string, data []byte) (err error) {
	temp := filepath.Join(d.path, name+"."+rand.Text()[:10]+".new")
	f, err := d.createNew(temp)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Sync() // FlushFileBuffers
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	from, err := windows.UTF16PtrFromString(temp)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(filepath.Join(d.path, name))
	if err != nil {
		return err
	}
	// WRITE_THROUGH: it returns when the rename is on the disk. A link in the target's place is replaced, not followed.
	return windows.MoveFileEx(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// createNew makes a file that only this user may open, and never opens one that is there already.
func (d *userDir) createNew(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	sa, err := d.security()
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, sa, windows.CREATE_NEW,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT|windows.FILE_FLAG_WRITE_THROUGH, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// openPlainFile opens a file for reading, if it is no link of any kind.
func openPlainFile(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(h), path)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "stat", Path: path, Err: err}, f.Close())
	}
	if info.FileAttributes&(windows.FILE_ATTRIBUTE_REPARSE_POINT|windows.FILE_ATTRIBUTE_DIRECTORY) != 0 || info.NumberOfLinks > 1 {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: path, Err: errLink}, f.Close())
	}
	return f, nil
}

// readPlainFile reads a file that is no link of any kind.
func readPlainFile(path string) ([]byte, error) {
	f, err := openPlainFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sealedLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > sealedLimit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("too large to be ours")}
	}
	return data, nil
}

var errLink = errors.New("is a link or a folder, not a plain file")

// protect encrypts with DPAPI, bound to the document's name, so that one can't be passed off as another.
func protect(data []byte, document string) ([]byte, error) {
	return dpapi(data, document, func(in, entropy, out *windows.DataBlob) error {
		return windows.CryptProtectData(in, nil, entropy, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func unprotect(box []byte, document string) ([]byte, error) {
	return dpapi(box, document, func(in, entropy, out *windows.DataBlob) error {
		return windows.CryptUnprotectData(in, nil, entropy, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func dpapi(data []byte, document string, call func(in, entropy, out *windows.DataBlob) error) ([]byte, error) {
	entropy := []byte("rejoin sealed v1 " + document)
	if len(data) == 0 {
		return nil, errors.New("there is nothing to seal or open")
	}
	in := windows.DataBlob{Size: uint32(len(data)), Data: &data[0]}
	salt := windows.DataBlob{Size: uint32(len(entropy)), Data: &entropy[0]}
	var out windows.DataBlob
	if err := call(&in, &salt, &out); err != nil {
		return nil, err
	}
	defer windows.LocalFree(windows.Handle(unsafe.Pointer(out.Data)))
	return append([]byte(nil), unsafe.Slice(out.Data, out.Size)...), nil
}
