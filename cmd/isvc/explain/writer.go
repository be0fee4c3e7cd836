package explain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minWidth     = 40
	defaultWidth = 100
	// labelWidth is the width of the column of labels, sideWidth that of the
	// origins of values.
	labelWidth = 13
	sideWidth  = 12
	indent     = 2
	// maxLines bounds how many lines one text takes unless all is wanted.
	maxLines = 2
)

// The ANSI sequences of headings and alerts.
const (
	bold      = "\x1b[1m"
	yellow    = "\x1b[33m"
	plainText = "\x1b[0m"
)

// textWriter lays a report out in columns: label, then text that is wrapped below
// itself.
type textWriter struct {
	TextOptions
	out strings.Builder
}

func (w *textWriter) writeHeading(text string) {
	w.out.WriteString(w.inColour(bold, cutToWidth(printableLine(text), w.Width)) + "\n")
}

// writeLine writes a label with a text, on as many lines as are allowed.
func (w *textWriter) writeLine(depth int, label, text string) {
	w.writeLines(depth, label, bold, w.wrapShown(text, w.Width-columnOfDepth(depth)))
}

// writeAlert writes a text that must not be overlooked and is never cut.
func (w *textWriter) writeAlert(label, text string) {
	w.writeLines(0, label, yellow, wrapWords(printableLine(text), w.Width-columnOfDepth(0)))
}

// writeNames writes names behind a label, as many as fit.
func (w *textWriter) writeNames(depth int, label string, names []string) {
	if len(names) > 0 {
		w.writeLines(depth, label, bold, w.fitNames(names, w.Width-columnOfDepth(depth), maxLines))
	}
}

// writeNamesInOneLine writes names on one line, as many as fit.
func (w *textWriter) writeNamesInOneLine(depth int, names []string) {
	if len(names) > 0 {
		w.writeLines(depth, "", "", w.fitNames(names, w.Width-columnOfDepth(depth), 1))
	}
}

// writeOrigin writes values with where they come from.
func (w *textWriter) writeOrigin(label, side, text string) {
	lines := w.wrapShown(text, w.Width-columnOfDepth(2)-sideWidth)
	for i := range lines {
		lines[i] = padToWidth(onFirstLine(i, side), sideWidth) + lines[i]
	}
	w.writeLines(2, label, "", lines)
}

// onFirstLine is a text on the first of several lines.
func onFirstLine(i int, text string) string {
	if i > 0 {
		return ""
	}
	return text
}

// columnOfDepth is where texts of a depth begin.
func columnOfDepth(depth int) int { return labelWidth + indent*depth }

func (w *textWriter) writeLines(depth int, label, colour string, lines []string) {
	for i, line := range lines {
		margin := strings.Repeat(" ", indent*depth)
		head := padToWidth(onFirstLine(i, label), labelWidth)
		if i == 0 && label != "" && colour != "" {
			head = strings.Replace(head, label, w.inColour(colour, label), 1)
		}
		w.out.WriteString(strings.TrimRight(margin+head+line, " ") + "\n")
	}
}

func (w *textWriter) inColour(colour, text string) string {
	if !w.Colour {
		return text
	}
	return colour + text + plainText
}

// wrapShown breaks a text into lines, not more than are allowed.
func (w *textWriter) wrapShown(text string, width int) []string {
	lines := wrapWords(printableLine(text), width)
	if w.All || len(lines) <= maxLines {
		return lines
	}
	lines = lines[:maxLines]
	lines[maxLines-1] = cutToWidth(lines[maxLines-1]+" …", width)
	return lines
}

// fitNames breaks a list of names into at most so many lines and says how many did
// not fit.
func (w *textWriter) fitNames(names []string, width, most int) []string {
	all := wrapWords(printableLine(strings.Join(names, ", ")), width)
	if w.All || len(all) <= most {
		return all
	}
	for shown := len(names) - 1; shown > 0; shown-- {
		text := fmt.Sprintf("%s, and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
		if utf8.RuneCountInString(text) > width*most {
			continue
		}
		if lines := wrapWords(printableLine(text), width); len(lines) <= most {
			return lines
		}
	}
	more := ""
	if len(names) > 1 {
		more = fmt.Sprintf(", and %d more", len(names)-1)
	}
	return []string{cutToWidth(printableLine(names[0]), width-len(more)) + more}
}

// wrapWords breaks a text at spaces; a word that is too long is broken where the
// line ends.
func wrapWords(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && countRunes(line)+1+countRunes(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
		for countRunes(line) > width {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}

func countRunes(text string) int { return utf8.RuneCountInString(text) }

// cutToWidth cuts a text to a width.
func cutToWidth(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

func padToWidth(text string, width int) string {
	if n := width - countRunes(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text + " "
}

// printableLine makes a text safe for a terminal: one line, without control characters.
func printableLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// nameOf is the name of "<kind>/<name>".
func nameOf(object string) string {
	if _, name, found := strings.Cut(object, "/"); found {
		return name
	}
	return object
}
