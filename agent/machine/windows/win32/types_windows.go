package win32

import "golang.org/x/sys/windows"

// HWND is a window's handle.
type HWND = windows.HWND

// Point, Size and Rect are in pixels.
type (
	Point struct{ X, Y int32 }
	Rect  struct{ Left, Top, Right, Bottom int32 }
)

// W and H are the rectangle's width and height.
func (r Rect) W() int { return int(r.Right - r.Left) }
func (r Rect) H() int { return int(r.Bottom - r.Top) }

// Msg is MSG.
type Msg struct {
	HWnd    HWND
	Message uint32
	WParam  uintptr
	LParam  uintptr
	Time    uint32
	Pt      Point
	_       uint32
}

// WndClass is WNDCLASSEXW.
type WndClass struct {
	Size, Style                        uint32
	WndProc                            uintptr
	ClsExtra, WndExtra                 int32
	Instance, Icon, Cursor, Background windows.Handle
	MenuName, ClassName                *uint16
	IconSm                             windows.Handle
}

// PaintStruct is PAINTSTRUCT.
type PaintStruct struct {
	DC        windows.Handle
	Erase     int32
	Paint     Rect
	Restore   int32
	IncUpdate int32
	_         [32]byte
}

// LogFont is LOGFONTW.
type LogFont struct {
	Height, Width, Escapement, Orientation, Weight int32
	Italic, Underline, StrikeOut, CharSet          byte
	OutPrecision, ClipPrecision, Quality, Pitch    byte
	FaceName                                       [32]uint16
}

// NonClientMetrics is NONCLIENTMETRICSW.
type NonClientMetrics struct {
	Size                                   uint32
	BorderWidth, ScrollWidth, ScrollHeight int32
	CaptionWidth, CaptionHeight            int32
	CaptionFont                            LogFont
	SmCaptionWidth, SmCaptionHeight        int32
	SmCaptionFont                          LogFont
	MenuWidth, MenuHeight                  int32
	MenuFont, StatusFont, MessageFont      LogFont
	PaddedBorderWidth                      int32
}

// MonitorInfo is MONITORINFO.
type MonitorInfo struct {
	Size          uint32
	Monitor, Work Rect
	Flags         uint32
}

// DrawItem is DRAWITEMSTRUCT.
type DrawItem struct {
	CtlType, CtlID, ItemID, Action, State uint32
	Item                                  HWND
	DC                                    windows.Handle
	Rect                                  Rect
	Data                                  uintptr
}

// MinMaxInfo is MINMAXINFO.
type MinMaxInfo struct{ Reserved, MaxSize, MaxPosition, MinTrack, MaxTrack Point }

// InputSource is INPUT_MESSAGE_SOURCE: what kind of device a message came from, and who put it into the queue.
type InputSource struct{ Device, Origin uint32 }

// CharFormat is CHARFORMAT2W.
type CharFormat struct {
	Size, Mask, Effects uint32
	Height, Offset      int32
	TextColor           uint32
	CharSet, Pitch      byte
	FaceName            [32]uint16
	Weight              uint16
	Spacing             int16
	BackColor           uint32
	LCID, Reserved      uint32
	Style               int16
	Kerning             uint16
	Underline, Anim     byte
	RevAuthor, UnderCol byte
}

// ParaFormat is PARAFORMAT2.
type ParaFormat struct {
	Size, Mask                             uint32
	Numbering, Effects                     uint16
	StartIndent, RightIndent, Offset       int32
	Alignment, TabCount                    uint16
	Tabs                                   [32]int32
	SpaceBefore, SpaceAfter, LineSpacing   int32
	Style                                  int16
	LineRule, OutlineLevel                 byte
	ShadingWeight, ShadingStyle            uint16
	NumberingStart, NumberingStyle, NumTab uint16
	BorderSpace, BorderWidth, Borders      uint16
}
