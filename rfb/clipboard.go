package rfb

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// The flags of ExtendedClipboard's messages. Of the formats, only text is known here.
const (
	clipText    = 1 << 0
	clipCaps    = 1 << 24
	clipRequest = 1 << 25
	clipPeek    = 1 << 26
	clipNotify  = 1 << 27
	clipProvide = 1 << 28

	clipFormats = 1<<16 - 1
	clipActions = 0xff << 24
)

// clipMessage is one of ExtendedClipboard's messages.
type clipMessage struct {
	action  uint32
	formats uint32
	actions uint32 // of clipCaps
	size    uint32 // of clipCaps: how long a text the viewer takes unasked
	text    string // of clipProvide, in UTF-8 with LF line ends
}

// parseClipboard reads what follows the length of an extended ClientCutText. What is longer than limit is ignored.
func parseClipboard(b []byte, limit int) (message, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("%w: a clipboard message of %d bytes", ErrMalformed, len(b))
	}
	flags := binary.BigEndian.Uint32(b)
	m := clipMessage{formats: flags & clipFormats, actions: flags & clipActions}
	b = b[4:]
	if flags&clipCaps != 0 {
		m.action = clipCaps
		if flags&clipText != 0 && len(b) >= 4 {
			m.size = binary.BigEndian.Uint32(b) // text is the first of the formats
		}
		return m, nil
	}
	m.action = m.actions
	switch m.action {
	case clipRequest, clipPeek, clipNotify:
		return m, nil
	case clipProvide:
		if flags&clipText == 0 {
			return ignored{}, nil
		}
		text, ok, err := inflateText(b, limit)
		if err != nil {
			return nil, err
		}
		if !ok {
			return ignored{}, nil
		}
		m.text = text
		return m, nil
	}
	return nil, fmt.Errorf("%w: clipboard actions %#x", ErrMalformed, m.actions>>24)
}

// inflateText reads the text, the first of the formats, of a provide message. ok is false if it is longer than limit.
func inflateText(b []byte, limit int) (text string, ok bool, err error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", false, fmt.Errorf("%w: clipboard: %w", ErrMalformed, err)
	}
	defer z.Close()
	var size [4]byte
	if _, err := io.ReadFull(z, size[:]); err != nil {
		return "", false, fmt.Errorf("%w: clipboard: %w", ErrMalformed, unexpected(err))
	}
	n := int64(binary.BigEndian.Uint32(size[:]))
	if n > int64(limit) {
		return "", false, nil
	}
	var out bytes.Buffer // grows with what is there, not with what is announced
	got, err := io.Copy(&out, io.LimitReader(z, n))
	if err != nil || got < n {
		return "", false, fmt.Errorf("%w: clipboard: %d of %d bytes: %w", ErrMalformed, got, n, unexpected(orEOF(err)))
	}
	text, _, _ = strings.Cut(out.String(), "\x00")
	return lineFeeds(strings.ToValidUTF8(text, "\ufffd")), true, nil
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// lineFeeds makes all line ends LF.
func lineFeeds(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func appendClipHeader(dst []byte, flags uint32, body int) []byte {
	dst = append(dst, msgServerCutText, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(-(4 + body)))
	return binary.BigEndian.AppendUint32(dst, flags)
}

// appendClipCaps tells what the server understands. The size of 0 asks for a notification instead of unasked text.
func appendClipCaps(dst []byte) []byte {
	dst = appendClipHeader(dst, clipCaps|clipRequest|clipPeek|clipNotify|clipProvide|clipText, 4)
	return binary.BigEndian.AppendUint32(dst, 0)
}

// appendClipText sends text, which is UTF-8 with LF line ends.
func appendClipText(dst []byte, text string) []byte {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	var body bytes.Buffer
	z := zlib.NewWriter(&body) // a bytes.Buffer does not fail
	z.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text)+1)))
	io.WriteString(z, text)
	z.Write([]byte{0})
	z.Close()
	dst = appendClipHeader(dst, clipProvide|clipText, body.Len())
	return append(dst, body.Bytes()...)
}

// appendCutText sends text to a viewer that knows only Latin-1.
func appendCutText(dst []byte, text string) []byte {
	latin := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		latin = append(latin, byte(r))
	}
	dst = append(dst, msgServerCutText, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(latin)))
	return append(dst, latin...)
}

func fromLatin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return lineFeeds(s.String())
}
