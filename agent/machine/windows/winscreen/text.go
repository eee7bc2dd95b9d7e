package winscreen

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rejoin/rejoin/agent/machine"
)

// setLimit is how much text is put on the clipboard, in bytes of UTF-8.
const setLimit = 16 << 20

// fromClipboard is the text of a clipboard, which ends at the first 0: UTF-8 of at most limit bytes with LF line ends. Halves of
// surrogate pairs become U+FFFD.
func fromClipboard(units []uint16, limit int) (string, error) {
	var b []byte
	for i := 0; i < len(units) && units[i] != 0; i++ {
		r := rune(units[i])
		switch {
		case r == '\r' && i+1 < len(units) && units[i+1] == '\n':
			continue
		case r == '\r':
			r = '\n'
		case utf16.IsSurrogate(r):
			low := rune(0)
			if i+1 < len(units) {
				low = rune(units[i+1])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i++
			}
		}
		if b = utf8.AppendRune(b, r); len(b) > limit {
			return "", machine.ErrTooLong
		}
	}
	return string(b), nil
}

// toClipboard is text as Windows' programs want it: CRLF line ends, a 0 at the end and none before it.
func toClipboard(text string) ([]uint16, error) {
	if len(text) > setLimit {
		return nil, machine.ErrTooLong
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	units := make([]uint16, 0, len(text)+1)
	for _, r := range text {
		switch r {
		case 0:
			continue
		case '\n':
			units = append(units, '\r')
		}
		units = utf16.AppendRune(units, r)
	}
	return append(units, 0), nil
}
