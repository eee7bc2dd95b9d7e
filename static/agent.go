package static

import "io/fs"

// Agent opens the program for the customer's PC, the same for everybody, and tells its size in bytes. ok is false when it
// was not there when this binary was built. The caller closes it.
func Agent() (program fs.File, size int64, ok bool) {
	f, err := files.Open("dist/agent/rejoin.exe")
	if err != nil {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // of a file in memory
		return nil, 0, false
	}
	return f, info.Size(), true
}
