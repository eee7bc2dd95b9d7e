package desktop

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// layout says which characters the keys of a keyboard have: plain, with Shift, with AltGr. A dead key has a combining
// character, which goes onto the character that is typed next.
type layout struct {
	plain, shift, altgr map[uint32]rune // by scancode of set 1
}

// The keys that have characters, by scancode: the row of digits, the three rows of letters with what stands beside them, and
// the key that American keyboards don't have.
var rows = [...][]uint32{
	span(0x02, 0x0d), span(0x10, 0x1b), span(0x1e, 0x29), {0x2b}, span(0x2c, 0x35), {0x56},
}

func span(from, to uint32) []uint32 {
	var out []uint32
	for k := from; k <= to; k++ {
		out = append(out, k)
	}
	return out
}

// Microsoft's layouts (https://learn.microsoft.com/en-us/globalization/keyboards/kbdus_7, kbdgr_2, kbdfr_2): a line per row
// of rows. A space is a key without a character.
var (
	american = newLayout(
		"1234567890-=\nqwertyuiop[]\nasdfghjkl;'`\n\\\nzxcvbnm,./\n\\",
		"!@#$%^&*()_+\nQWERTYUIOP{}\nASDFGHJKL:\"~\n|\nZXCVBNM<>?\n|", "")
	germanKeys = newLayout(
		"1234567890ß\u0301\nqwertzuiopü+\nasdfghjklöä\u0302\n#\nyxcvbnm,.-\n<",
		"!\"§$%&/()=?\u0300\nQWERTZUIOPÜ*\nASDFGHJKLÖÄ°\n'\nYXCVBNM;:_\n>",
		" ²³   {[]}\\ \n@ €        ~\n            \n \n      µ   \n|")
	frenchKeys = newLayout(
		"&é\"'(-è_çà)=\nazertyuiop\u0302$\nqsdfghjklmù²\n*\nwxcvbn,;:!\n<",
		"1234567890°+\nAZERTYUIOP\u0308£\nQSDFGHJKLM% \nµ\nWXCVBN?./§\n>",
		" \u0303#{[|\u0300\\^@]}\n  €        ¤\n            \n \n          \n ")
)

func newLayout(plain, shift, altgr string) *layout {
	return &layout{keys(plain), keys(shift), keys(altgr)}
}

func keys(drawn string) map[uint32]rune {
	m := map[uint32]rune{}
	for i, row := range strings.Split(drawn, "\n") {
		for j, r := range []rune(row) {
			if r != ' ' {
				m[rows[i][j]] = r
			}
		}
	}
	return m
}

// layoutFor is the keyboard that PCs of a locale are sold with.
func layoutFor(locale string) *layout {
	switch lang, _, _ := strings.Cut(strings.ToLower(locale), "-"); lang {
	case "de":
		return germanKeys
	case "fr":
		return frenchKeys
	}
	return american
}

// char is what a key gives; 0 if it has no character.
func (l *layout) char(scancode uint32, shift, altgr, caps bool) rune {
	if scancode == scanSpace {
		return ' '
	}
	if altgr {
		return l.altgr[scancode]
	}
	if caps && unicode.IsLetter(l.plain[scancode]) && unicode.ToUpper(l.plain[scancode]) == l.shift[scancode] {
		shift = !shift
	}
	if shift {
		return l.shift[scancode]
	}
	return l.plain[scancode]
}

// spacing are dead keys' own characters, for when nothing takes them.
var spacing = map[rune]string{'\u0300': "`", '\u0301': "´", '\u0302': "^", '\u0303': "~", '\u0308': "¨"}

// compose puts a dead key onto the character after it. What does not go together stands side by side, as in Windows.
func compose(dead, r rune) string {
	if r == ' ' {
		return spacing[dead]
	}
	if s := norm.NFC.String(string([]rune{r, dead})); len([]rune(s)) == 1 {
		return s
	}
	return spacing[dead] + string(r)
}
