package observed

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// grammar is that of JSON (RFC 8259). Every byte of a request passes here once and
// most are never looked at again, so that this is what reading a request costs.
// Each method takes the position of a part of a text and returns the position
// behind it, or malformed. Of a value it takes and refuses what the JSON library
// does, which the tests compare and which words the errors.
type grammar struct {
	// anyText takes texts that are not UTF-8, and escapes of half a character, as
	// encoding/json does.
	anyText bool
}

// anyText is for what somebody else has read already.
var anyText = grammar{anyText: true}

const (
	malformed = -1
	// maxDepth is the nesting of a value that the JSON library takes.
	maxDepth = 10000
)

// eachMember calls read for each member of the object that starts at i, with the
// positions of its key, without the quotes, and of its value; read returns the
// position behind the value.
func (g grammar) eachMember(text []byte, i int, read func(key, keyEnd, from int) (to int)) int {
	if i >= len(text) || text[i] != '{' {
		return malformed
	}
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == '}' {
		return i + 1
	}
	for {
		end, from := g.skipKey(text, i)
		if end == malformed {
			return malformed
		}
		if i = behindItem(text, read(i+1, end-1, from), '}'); i == malformed || text[i-1] == '}' {
			return i
		}
		i = skipSpace(text, i)
	}
}

// skipKey skips the key at i and its colon: end is behind the key, from where the
// value starts.
func (g grammar) skipKey(text []byte, i int) (end, from int) {
	if i >= len(text) || text[i] != '"' {
		return malformed, malformed
	}
	if end = g.skipString(text, i); end == malformed {
		return malformed, malformed
	}
	if i = skipSpace(text, end); i >= len(text) || text[i] != ':' {
		return malformed, malformed
	}
	return end, skipSpace(text, i+1)
}

// behindItem skips what follows an item that ends at i: a comma, or the bracket
// that closes the list or object.
func behindItem(text []byte, i int, closing byte) int {
	if i == malformed {
		return malformed
	}
	i = skipSpace(text, i)
	if i >= len(text) || text[i] != ',' && text[i] != closing {
		return malformed
	}
	return i + 1
}

// skipValue skips the value at i. Depth is how deep it stands in what it is part of.
func (g grammar) skipValue(text []byte, i, depth int) int {
	if i >= len(text) {
		return malformed
	}
	switch text[i] {
	case '"':
		return g.skipString(text, i)
	case '{':
		return g.skipItems(text, i, depth+1, '}')
	case '[':
		return g.skipItems(text, i, depth+1, ']')
	case 't':
		return skipWord(text, i, "true")
	case 'f':
		return skipWord(text, i, "false")
	case 'n':
		return skipWord(text, i, "null")
	}
	return skipNumber(text, i)
}

// skipItems skips the object or list at i, which ends with the closing bracket: the
// items of an object are values with a key before them.
func (g grammar) skipItems(text []byte, i, depth int, closing byte) int {
	if depth > maxDepth {
		return malformed
	}
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == closing {
		return i + 1
	}
	for {
		if closing == '}' {
			if _, i = g.skipKey(text, i); i == malformed {
				return malformed
			}
		}
		if i = behindItem(text, g.skipValue(text, i, depth), closing); i == malformed || text[i-1] == closing {
			return i
		}
		i = skipSpace(text, i)
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

func skipWord(text []byte, i int, word string) int {
	if end := i + len(word); end <= len(text) && string(text[i:end]) == word {
		return end
	}
	return malformed
}

func (g grammar) skipString(text []byte, i int) int {
	for i++; ; {
		if i = skipPlain(text, i); i >= len(text) {
			return malformed
		}
		switch c := text[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = g.skipEscape(text, i); i == malformed {
				return malformed
			}
		case c < ' ':
			return malformed
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size == 1 && !g.anyText {
				return malformed
			}
			i += size
		}
	}
}

// skipPlain skips ASCII that stands for itself, eight bytes at a time; up to seven
// such bytes may be left.
func skipPlain(text []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	for ; i+8 <= len(text); i += 8 {
		eight := binary.LittleEndian.Uint64(text[i:])
		quotes, backslashes := eight^'"'*ones, eight^'\\'*ones
		// The lowest high bit is that of the first byte that is above ASCII, below a
		// space, a quote (0 in quotes) or a backslash: subtracting borrows there first.
		special := (eight | (eight - ' '*ones) | (quotes-ones)&^quotes | (backslashes-ones)&^backslashes) & highs
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	return i
}

// skipEscape skips the escape at i. The two halves of a character outside the basic
// plane belong together.
func (g grammar) skipEscape(text []byte, i int) int {
	if i+1 >= len(text) {
		return malformed
	}
	switch text[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return malformed
	}
	unit, ok := hexUnit(text, i)
	switch {
	case !ok:
		return malformed
	case g.anyText || unit < 0xD800 || unit > 0xDFFF:
		return i + 6
	case unit >= 0xDC00:
		return malformed
	}
	if unit, ok = hexUnit(text, i+6); !ok || unit < 0xDC00 || unit > 0xDFFF {
		return malformed
	}
	return i + 12
}

// hexUnit reads an escape of the form \u1234.
func hexUnit(text []byte, i int) (unit int, ok bool) {
	if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
		return 0, false
	}
	for _, c := range text[i+2 : i+6] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 + int(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 + int(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return unit, true
}

func skipNumber(text []byte, i int) int {
	if i < len(text) && text[i] == '-' {
		i++
	}
	if i < len(text) && text[i] == '0' {
		i++
	} else {
		i = skipDigits(text, i)
	}
	if i > 0 && i < len(text) && text[i] == '.' {
		i = skipDigits(text, i+1)
	}
	if i > 0 && i < len(text) && text[i]|0x20 == 'e' {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		i = skipDigits(text, i)
	}
	return i
}

// skipDigits skips at least one digit.
func skipDigits(text []byte, i int) int {
	start := i
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	if i == start {
		return malformed
	}
	return i
}
