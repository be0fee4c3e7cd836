package status

import "unicode/utf8"

// leftOut stands where something is left out. It is one byte, because kubectl counts bytes.
const leftOut = "~"

// What the columns RUNTIME, MODEL and URL of kubectl get have room for. With a NAME of 12 characters, the widest
// words of READY, REASON (ImagePullBackOff) and MODE (MultiNode) and three spaces between columns, a line has
// 120. The room depends on nothing else, because a column is as wide as its widest line.
const (
	roomForName = 11
	roomForURL  = 12
)

// shortenInTheMiddle leaves out what is in the middle of a name that is wider than allowed. The end, which
// tells variants of a model apart, keeps twice as much as the beginning.
func shortenInTheMiddle(name string, width int) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name
	}
	head := (width - 1) / 3
	return string(runes[:head]) + leftOut + string(runes[len(runes)-(width-1-head):])
}

// shortenAtTheEnd leaves out the end of a text that is wider than allowed.
func shortenAtTheEnd(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + leftOut
}
