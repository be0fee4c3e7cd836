package printable

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLine(t *testing.T) {
	assert.Equal(t, "a b  c d", Line("a b\r\nc\td"))
	assert.Equal(t, "\uFFFD[31mred\uFFFD", Line("\x1b[31mred\x00"))
	assert.Equal(t, "right\uFFFDleft", Line("right\u202eleft"), "what turns the direction of text")
	assert.Equal(t, "größer 大", Line("größer 大"))
}

func TestLineOfWords(t *testing.T) {
	assert.Equal(t, "a b c�", LineOfWords("  a\n\n b \t c\x07 "))
	assert.Empty(t, LineOfWords(" \n"))
}

func TestWrapWords(t *testing.T) {
	assert.Equal(t, []string{"a bc", "def"}, WrapWords("a  bc def", 4))
	assert.Equal(t, []string{"abcd", "ef g"}, WrapWords("abcdef g", 4))
	assert.Equal(t, []string{"größ", "er"}, WrapWords("größer", 4))
	assert.Equal(t, []string{""}, WrapWords(" ", 4))
}
