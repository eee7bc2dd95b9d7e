package win32

// Messages, styles and flags, as in winuser.h, wingdi.h and richedit.h.
const (
	WMCreate          = 0x0001
	WMDestroy         = 0x0002
	WMSize            = 0x0005
	WMActivate        = 0x0006
	WMSetFocus        = 0x0007
	WMKillFocus       = 0x0008
	WMPaint           = 0x000F
	WMClose           = 0x0010
	WMQueryEndSession = 0x0011
	WMEraseBkgnd      = 0x0014
	WMEndSession      = 0x0016
	WMSettingChange   = 0x001A
	WMSetFont         = 0x0030
	WMGetMinMaxInfo   = 0x0024
	WMDrawItem        = 0x002B
	WMSetIcon         = 0x0080
	WMGetDlgCode      = 0x0087
	WMKeyDown         = 0x0100
	WMKeyUp           = 0x0101
	WMChar            = 0x0102
	WMSysKeyDown      = 0x0104
	WMSysChar         = 0x0106
	WMCommand         = 0x0111
	WMSysCommand      = 0x0112
	WMTimer           = 0x0113
	WMCtlColorEdit    = 0x0133
	WMCtlColorBtn     = 0x0135
	WMCtlColorStatic  = 0x0138
	WMMouseMove       = 0x0200
	WMLButtonDown     = 0x0201
	WMLButtonUp       = 0x0202
	WMLButtonDblClk   = 0x0203
	WMMouseActivate   = 0x0021
	WMCaptureChanged  = 0x0215
	WMDisplayChange   = 0x007E
	WMMouseLeave      = 0x02A3
	WMDpiChanged      = 0x02E0
	WMUser            = 0x0400
	WMApp             = 0x8000

	WSChild        = 0x40000000
	WSVisible      = 0x10000000
	WSClipChildren = 0x02000000
	WSPopup        = 0x80000000
	WSCaption      = 0x00C00000
	WSSysMenu      = 0x00080000
	WSThickFrame   = 0x00040000
	WSMinimizeBox  = 0x00020000
	WSTabStop      = 0x00010000
	WSVScroll      = 0x00200000
	WSDisabled     = 0x08000000

	WSExTopmost    = 0x00000008
	WSExToolWindow = 0x00000080
	WSExAppWindow  = 0x00040000
	WSExNoActivate = 0x08000000

	BSOwnerDraw = 0x0000000B
	SSNoPrefix  = 0x00000080
	SSCenterImg = 0x00000200
	SSEndEllip  = 0x00004000

	ESMultiline   = 0x0004
	ESAutoHScroll = 0x0080
	ESAutoVScroll = 0x0040
	ESReadOnly    = 0x0800
	ESNoHideSel   = 0x0100

	EMSetSel         = 0x00B1
	EMReplaceSel     = 0x00C2
	EMSetLimitText   = 0x00C5
	EMSetMargins     = 0x00D3
	EMScrollCaret    = 0x00B7
	EMSetCueBanner   = 0x1501
	EMSetCharFormat  = WMUser + 68
	EMSetParaFormat  = WMUser + 71
	EMSetBkgndColor  = WMUser + 67
	EMExLimitText    = WMUser + 53
	EMSetEventMask   = WMUser + 69
	EMSetTextMode    = WMUser + 89
	EMAutoURLDetect  = WMUser + 91
	EMSetOLECallback = WMUser + 70
	EMHideSelection  = WMUser + 63
	WMVScroll        = 0x0115
	SBBottom         = 7
	SCFSelection     = 1
	CFMBold          = 0x00000001
	CFMItalic        = 0x00000002
	CFMColor         = 0x40000000
	CFMSize          = 0x80000000
	CFMFace          = 0x20000000
	CFEBold          = 0x00000001
	CFEItalic        = 0x00000002
	PFMSpaceBefore   = 0x00000040
	PFMSpaceAfter    = 0x00000080
	PFMOffset        = 0x00000004

	SCKeyMenu = 0xF100

	SWHide           = 0
	SWShowNormal     = 1
	SWMinimize       = 6
	SWShowNoActivate = 4
	SWRestore        = 9

	SWPNoSize     = 0x0001
	SWPNoMove     = 0x0002
	SWPNoZOrder   = 0x0004
	SWPNoActivate = 0x0010

	VKTab    = 0x09
	VKReturn = 0x0D
	VKShift  = 0x10
	VKMenu   = 0x12
	VKEscape = 0x1B
	VKSpace  = 0x20
	VKF6     = 0x75

	DTCenter      = 0x0001
	DTVCenter     = 0x0004
	DTWordBreak   = 0x0010
	DTSingleLine  = 0x0020
	DTCalcRect    = 0x0400
	DTNoPrefix    = 0x0800
	DTEditControl = 0x2000
	DTEndEllipsis = 0x8000
	DTHidePrefix  = 0x00100000

	ODSSelected = 0x0001
	ODSDisabled = 0x0004
	ODSFocus    = 0x0010

	SPIGetNonClientMetrics = 0x0029
	SPIGetHighContrast     = 0x0042

	SMCxIcon       = 11
	SMCxSmIcon     = 49
	SMCleanBoot    = 67
	SMShuttingDown = 0x2000

	FlashTray      = 0x2
	FlashUntilFore = 0xC

	// OriginHardware is IMO_HARDWARE: a device, or a program with UIAccess (on-screen keyboard, assistive technology).
	OriginHardware = 1

	EndSessionLogoff   = 0x80000000
	EndSessionCloseApp = 0x00000001
)
