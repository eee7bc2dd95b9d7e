package winui

import (
	"slices"
	"unsafe"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// transcript is the conversation, to read and to copy. Names are bold and what is said is not, so that a line's text can't
// pass for another person's line. Text goes in as plain characters only: no RTF, no links, no objects.
type transcript struct {
	frame *frame
	hwnd  win32.HWND
	rich  bool
	lines []machine.Line
}

func (f *frame) addTranscript() *transcript {
	t := &transcript{frame: f, rich: true}
	style := uint32(win32.WSChild | win32.WSVisible | win32.WSVScroll | win32.WSTabStop | win32.ESMultiline | win32.ESReadOnly | win32.ESAutoVScroll)
	h, err := win32.CreateWindow("RICHEDIT50W", "", style, 0, 0, 0, 0, 0, f.hwnd, 0)
	if err != nil {
		t.rich = false
		if h, err = win32.CreateWindow("EDIT", "", style, 0, 0, 0, 0, 0, f.hwnd, 0); err != nil {
			f.err = err
			return t
		}
	}
	t.hwnd = h
	f.tabs = append(f.tabs, h)
	if t.rich {
		win32.SendMessage(h, win32.EMSetBkgndColor, 0, uintptr(f.theme.well))
		win32.SendMessage(h, win32.EMExLimitText, 0, 4<<20)
		win32.SendMessage(h, win32.EMAutoURLDetect, 0, 0)
	} else {
		win32.SendMessage(h, win32.EMSetLimitText, 4<<20, 0)
	}
	win32.SendMessage(h, win32.WMSetFont, uintptr(f.theme.body), 0)
	return t
}

// show brings the conversation up to date; usually by adding to it.
func (t *transcript) show(lines []machine.Line) {
	if len(lines) >= len(t.lines) && slices.Equal(lines[:len(t.lines)], t.lines) {
		if len(lines) == len(t.lines) {
			return
		}
		added := lines[len(t.lines):]
		first := len(t.lines) == 0
		t.lines = slices.Clone(lines)
		t.add(added, first)
		return
	}
	t.lines = slices.Clone(lines)
	t.rebuild()
}

func (t *transcript) rebuild() {
	if t.rich {
		win32.SendMessage(t.hwnd, win32.EMSetBkgndColor, 0, uintptr(t.frame.theme.well))
	}
	win32.SendMessage(t.hwnd, win32.WMSetFont, uintptr(t.frame.theme.body), 0)
	win32.SetText(t.hwnd, "")
	t.add(t.lines, true)
}

func (t *transcript) add(lines []machine.Line, first bool) {
	for _, l := range lines {
		if !first {
			t.write("\r\n", false, false, 0)
		}
		t.space(first)
		first = false
		at := ""
		if !l.At.IsZero() {
			at = l.At.Local().Format("15:04")
		}
		if l.Note {
			t.write(cut(plain(l.Text), 4000)+"  "+at, false, true, t.frame.theme.muted)
			continue
		}
		t.write(cut(oneLine(l.From), 120), true, false, t.frame.theme.text)
		t.write("  "+at+"\r\n", false, false, t.frame.theme.muted)
		t.space(true)
		t.write(cut(plain(l.Text), 4000), false, false, t.frame.theme.text)
	}
	t.bottom()
}

// write adds text at the end.
func (t *transcript) write(s string, bold, italic bool, color uint32) {
	end := uintptr(0x7fffffff)
	win32.SendMessage(t.hwnd, win32.EMSetSel, end, end)
	if t.rich {
		cf := win32.CharFormat{Mask: win32.CFMBold | win32.CFMItalic | win32.CFMColor | win32.CFMSize | win32.CFMFace,
			TextColor: color, FaceName: t.frame.theme.face, CharSet: 1}
		cf.Size = uint32(unsafe.Sizeof(cf))
		cf.Height = int32(t.frame.theme.bodyPx * 1440 / t.frame.theme.dpi) // twips
		if bold {
			cf.Effects |= win32.CFEBold
		}
		if italic {
			cf.Effects |= win32.CFEItalic
		}
		win32.SendStruct(t.hwnd, win32.EMSetCharFormat, win32.SCFSelection, &cf)
	}
	win32.SendText(t.hwnd, win32.EMReplaceSel, 0, s)
}

// space sets the distance to the paragraph above.
func (t *transcript) space(none bool) {
	if !t.rich {
		return
	}
	pf := win32.ParaFormat{Mask: win32.PFMSpaceBefore}
	pf.Size = uint32(unsafe.Sizeof(pf))
	if !none {
		pf.SpaceBefore = 150 // twips: 10 px at 96 DPI
	}
	win32.SendStruct(t.hwnd, win32.EMSetParaFormat, 0, &pf)
}

// bottom scrolls to the last line.
func (t *transcript) bottom() {
	win32.SendMessage(t.hwnd, win32.WMVScroll, win32.SBBottom, 0)
}
