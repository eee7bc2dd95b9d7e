package winscreen

import (
	"unicode"
	"unicode/utf8"
)

// The keysyms of X11 (X Window System Protocol, appendix A): those below 0x100 are Latin-1, those from 0x01000100 on are
// Unicode itself. The older ones in between are alphabets of up to 256 keysyms each, listed here.

// unicodeKeysym is added to a character's number to make its keysym.
const unicodeKeysym = 0x01000000

// alphabet is a run of keysyms, from first on; a space stands for one that is not used.
type alphabet struct {
	first uint32
	runes string
}

var alphabets = [...]alphabet{
	// Latin 2
	{0x1a1, "Ą˘Ł ĽŚ  ŠŞŤŹ ŽŻ ą˛ł ľśˇ šşťź˝žżŔ  Ă ĹĆ Č Ę Ě  ĎĐŃŇ  Ő  ŘŮ Ű  Ţ ŕ  ă ĺć č ę ě  ďđńň  ő  řů ű  ţ˙"},
	// Latin 3
	{0x2a1, "Ħ    Ĥ  İ ĞĴ    ħ    ĥ  ı ğĵ        ĊĈ              Ġ  Ĝ    ŬŜ      ċĉ              ġ  ĝ    ŭŝ"},
	// Latin 4
	{0x3a2, "ĸŖ ĨĻ   ĒĢŦ      ŗ ĩļ   ēģŧŊ ŋĀ      Į    Ė  Ī ŅŌĶ     Ų   ŨŪ ā      į    ė  ī ņōķ     ų   ũū"},
	// Katakana
	{0x47e, "‾                                  。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜"},
	// Arabic
	{0x5ac, "،              \u061b   \u061f \u0621\u0622\u0623\u0624\u0625\u0626\u0627\u0628\u0629\u062a\u062b\u062c\u062d" +
		"\u062e\u062f\u0630\u0631\u0632\u0633\u0634\u0635\u0636\u0637\u0638\u0639\u063a     \u0640\u0641\u0642\u0643" +
		"\u0644\u0645\u0646\u0647\u0648\u0649\u064a\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"},
	// Cyrillic
	{0x6a1, "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏюабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ"},
	// Greek
	{0x7a1, "ΆΈΉΊΪ ΌΎΫ Ώ  ΅― άέήίϊΐόύϋΰώ     ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ ΤΥΦΧΨΩ       αβγδεζηθικλμνξοπρσςτυφχψω"},
	// technical
	{0x8a1, "⎷┌─⌠⌡│⎡⎣⎤⎦⎛⎝⎞⎠⎨⎬           ≤≠≥∫∴∝∞  ∇  ∼≃   ⇔⇒≡      √   ⊂⊃∩∪∧∨               ∂      ƒ    ←↑→↓"},
	// lines and blocks
	{0x9e0, "◆▒␉␌␍␊  ␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│"},
	// publishing
	{0xaa1, "\u2003\u2002\u2004\u2005\u2007\u2008\u2009\u200a—– ␣ …‥⅓⅔⅕⅖⅗⅘⅙⅚℅  ‒〈.〉    ⅛⅜⅝⅞  ™☓ ◁▷○▯‘’“”℞‰′″ ✝ ▬◀▶●▮◦▫▭△▽☆•" +
		"▪▲▼☜☞♣♦♥ ✠†‡✓✗♯♭♂♀☎⌕℗‸‚„"},
	// APL
	{0xba3, "<  > ∨∧                      ¯ ⊤∩⌊ _   ∘ ⎕ ⊥○   ⌈  ∪ ⊃ ⊂ ⊣                               ⊢"},
	// Hebrew
	{0xcdf, "‗\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05d6\u05d7\u05d8\u05d9\u05da\u05db\u05dc\u05dd\u05de\u05df\u05e0\u05e1" +
		"\u05e2\u05e3\u05e4\u05e5\u05e6\u05e7\u05e8\u05e9\u05ea"},
	// Thai
	{0xda1, "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะ\u0e31าำ\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a    ฿เแโใไๅๆ" +
		"\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d  ๐๑๒๓๔๕๖๗๘๙"},
	// Korean
	{0xea1, "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣᆨᆩᆪᆫᆬᆭᆮᆯᆰᆱᆲᆳᆴᆵᆶᆷᆸᆹᆺᆻᆼᆽᆾᆿᇀᇁᇂㅭㅱㅸㅿㆁㆄㆆㆍㆎᇫᇰᇹ    ₩"},
	// Latin 9
	{0x13bc, "ŒœŸ"},
	// currencies
	{0x20ac, "€"},
}

// character is what a keysym stands for; ok is false for keys that type none.
func character(keysym uint32) (r rune, ok bool) {
	switch {
	case keysym >= 0x20 && keysym <= 0x7e, keysym >= 0xa0 && keysym <= 0xff:
		return rune(keysym), true
	case keysym >= unicodeKeysym+0x20 && keysym <= unicodeKeysym+unicode.MaxRune:
		r = rune(keysym - unicodeKeysym)
		return r, utf8.ValidRune(r) && !unicode.IsControl(r)
	}
	for _, a := range alphabets {
		if keysym < a.first || keysym-a.first > 0xff {
			continue
		}
		n := keysym - a.first
		for _, r := range a.runes {
			if n == 0 {
				return r, r != ' '
			}
			n--
		}
	}
	return 0, false
}
