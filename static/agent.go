package static

import "io/fs"

// Agent opens the program for the customer's PC; ok is false if it was not there when this binary was built. The caller
// closes it. The file can be read and seeked in without being copied.
func Agent() (f fs.File, ok bool) {
	f, err := files.Open("dist/agent/rejoin.exe")
	return f, err == nil
}
