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

// writer lays a report out in columns: label, then text that is wrapped below
// itself.
type writer struct {
	TextOptions
	out strings.Builder
}

func (w *writer) heading(text string) {
	w.out.WriteString(w.coloured(bold, clip(clean(text), w.Width)) + "\n")
}

// line writes a label with a text, on as many lines as are allowed.
func (w *writer) line(depth int, label, text string) {
	w.lines(depth, label, bold, w.wrap(text, w.Width-column(depth)))
}

// alert writes a text that must not be overlooked and is never cut.
func (w *writer) alert(label, text string) {
	w.lines(0, label, yellow, wrapped(clean(text), w.Width-column(0)))
}

// list writes names behind a label, as many as fit.
func (w *writer) list(depth int, label string, names []string) {
	if len(names) > 0 {
		w.lines(depth, label, bold, w.fit(names, w.Width-column(depth), maxLines))
	}
}

// names writes names on one line, as many as fit.
func (w *writer) names(depth int, names []string) {
	if len(names) > 0 {
		w.lines(depth, "", "", w.fit(names, w.Width-column(depth), 1))
	}
}

// origin writes values with where they come from.
func (w *writer) origin(label, side, text string) {
	lines := w.wrap(text, w.Width-column(2)-sideWidth)
	for i := range lines {
		lines[i] = pad(first(i, side), sideWidth) + lines[i]
	}
	w.lines(2, label, "", lines)
}

// first is a text on the first of several lines.
func first(i int, text string) string {
	if i > 0 {
		return ""
	}
	return text
}

// column is where texts of a depth begin.
func column(depth int) int { return labelWidth + indent*depth }

func (w *writer) lines(depth int, label, colour string, lines []string) {
	for i, line := range lines {
		margin := strings.Repeat(" ", indent*depth)
		head := pad(first(i, label), labelWidth)
		if i == 0 && label != "" && colour != "" {
			head = strings.Replace(head, label, w.coloured(colour, label), 1)
		}
		w.out.WriteString(strings.TrimRight(margin+head+line, " ") + "\n")
	}
}

func (w *writer) coloured(colour, text string) string {
	if !w.Colour {
		return text
	}
	return colour + text + plainText
}

// wrap breaks a text into lines, not more than are allowed.
func (w *writer) wrap(text string, width int) []string {
	lines := wrapped(clean(text), width)
	if w.All || len(lines) <= maxLines {
		return lines
	}
	lines = lines[:maxLines]
	lines[maxLines-1] = clip(lines[maxLines-1]+" …", width)
	return lines
}

// fit breaks a list of names into at most so many lines and says how many did
// not fit.
func (w *writer) fit(names []string, width, most int) []string {
	all := wrapped(clean(strings.Join(names, ", ")), width)
	if w.All || len(all) <= most {
		return all
	}
	for shown := len(names) - 1; shown > 0; shown-- {
		text := fmt.Sprintf("%s, and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
		if utf8.RuneCountInString(text) > width*most {
			continue
		}
		if lines := wrapped(clean(text), width); len(lines) <= most {
			return lines
		}
	}
	more := ""
	if len(names) > 1 {
		more = fmt.Sprintf(", and %d more", len(names)-1)
	}
	return []string{clip(clean(names[0]), width-len(more)) + more}
}

// wrapped breaks a text at spaces; a word that is too long is broken where the
// line ends.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && length(line)+1+length(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
		for length(line) > width {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}

func length(text string) int { return utf8.RuneCountInString(text) }

// clip cuts a text to a width.
func clip(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

func pad(text string, width int) string {
	if n := width - length(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text + " "
}

// clean makes a text safe for a terminal: one line, without control characters.
func clean(text string) string {
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
