package plan

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
	"github.com/isvc-io/isvc/sync/effect"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	// Width is the number of columns; with less than 80 it is 80, and 0 stands for 100.
	Width int
	// Full writes every changed field with its values, and every service by itself.
	Full bool
	// Colour marks effects for terminals that understand ANSI sequences.
	Colour bool
}

const (
	leastWidth   = 80
	defaultWidth = 100
	// effectWidth is the width of the column of effects.
	effectWidth = 14
	// maxFields is how many changed fields of an object are listed without Full.
	maxFields = 8
)

// The ANSI sequences of terminals.
const (
	bold      = "\x1b[1m"
	red       = "\x1b[31m"
	yellow    = "\x1b[33m"
	plainText = "\x1b[0m"
)

// Text writes a report for people: the summary in one line, choices that fall in another way, causes
// with the services of each, services with their objects.
func Text(r *Report, options TextOptions) string {
	w := newTextWriter(options)
	for _, line := range r.whatIsMissing() {
		w.write(0, red, line)
	}
	w.write(0, bold, r.SummaryLine())
	if r.From != "" {
		w.write(0, "", fmt.Sprintf("from %s to %s", r.From, r.To))
	}
	w.writeTotals(r.totals())
	w.writeSelections(r.Selections)
	w.writeCauses(r.Causes)
	w.writeServices(r.Services)
	return w.out.String()
}

type textWriter struct {
	TextOptions
	out strings.Builder
}

func newTextWriter(options TextOptions) *textWriter {
	if options.Width == 0 {
		options.Width = defaultWidth
	}
	options.Width = max(options.Width, leastWidth)
	return &textWriter{TextOptions: options}
}

// writeTotals writes a table whose first column is names and whose others are numbers.
func (w *textWriter) writeTotals(rows [][]string) {
	widths := []int{0, 0, 0, 0}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, row := range rows {
		if i == 0 {
			w.out.WriteByte('\n')
		}
		line := fmt.Sprintf("  %-*s", min(widths[0], w.Width/2), row[0])
		for j, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[j+1], cell)
		}
		w.out.WriteString(printable.Line(line) + "\n")
	}
}

func (w *textWriter) writeSelections(all []Selection) {
	for i, s := range all {
		if i == 0 {
			w.out.WriteByte('\n')
		}
		text := fmt.Sprintf("%s of %s/%s: %s → %s", s.What, s.Namespace, s.Name, s.Before, s.After)
		if s.Because != "" {
			text += " because " + s.Because
		}
		w.write(0, yellow, text)
	}
}

// noEdit is said where an edit leaves the input as it is.
const noEdit = "The edit changes no object of the input."

// writeCauses writes what was edited: first what changes services.
func (w *textWriter) writeCauses(all []Cause) {
	if len(all) == 0 {
		w.write(0, "", noEdit)
	}
	for i := range all {
		if c := &all[i]; len(c.Services) > 0 {
			w.out.WriteByte('\n')
			w.write(0, bold, c.inWords()+": "+countOf(len(c.Services), "service", "services"))
			w.writeFields(c.Fields)
			w.writeAffected(c.Services)
		}
	}
	first := true
	for i := range all {
		c := &all[i]
		if len(c.Services) > 0 {
			continue
		}
		if first {
			w.out.WriteByte('\n')
		}
		first = false
		text := "no downstream change: " + c.title()
		if c.Edit != Changed {
			text += ", " + c.Edit + placeInFile(c.File, c.Line)
		}
		w.write(0, "", text)
	}
}

func (w *textWriter) writeFields(fields []Field) {
	for i, field := range fields {
		if i == maxFields && !w.Full && len(fields) > maxFields+1 {
			w.write(1, "", fmt.Sprintf("and %d more fields", len(fields)-i))
			return
		}
		w.write(1, "", field.Path+placeInFile(field.File, field.Line))
		w.writeValues(2, field.Before, field.After)
	}
}

// writeAffected writes the services of a cause, the worst effect first.
func (w *textWriter) writeAffected(services []AffectedService) {
	words, names := byWords(services)
	for _, word := range words {
		w.writeNames(word, names[word])
	}
}

// writeNames writes an effect and names, on two lines at most without Full.
func (w *textWriter) writeNames(label string, names []string) {
	width := w.Width - 2 - effectWidth
	shown := len(names)
	text := strings.Join(names, ", ")
	for !w.Full && shown > 1 && utf8.RuneCountInString(text) > 2*width-8 {
		shown--
		text = fmt.Sprintf("%s, and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	w.writeLabelled(label, text)
}

func (w *textWriter) writeServices(all []Service) {
	var quiet []string
	for i := range all {
		s := &all[i]
		switch {
		case !s.isShown():
		case s.isQuiet() && !w.Full:
			quiet = append(quiet, s.key())
		default:
			w.writeService(s)
		}
	}
	if len(quiet) > 0 {
		w.out.WriteByte('\n')
		w.write(0, bold, fmt.Sprintf("metadata of objects only, which nothing that runs notices: %s", countOf(len(quiet), "service", "services")))
		w.writeNames("metadata", quiet)
	}
}

// isShown reports whether a service is worth a row: it changes, or cannot be resolved.
func (s *Service) isShown() bool { return s.changed || len(s.Problems) > 0 }

// isQuiet reports whether nothing changes but metadata of objects.
func (s *Service) isQuiet() bool {
	return s.Effect == effect.Metadata && !s.Unnoticed && s.Edit == "" && len(s.Problems) == 0 && len(s.newlyWaiting()) == 0
}

// newlyWaiting are the components that wait because of the edit.
func (s *Service) newlyWaiting() []Waiting {
	var fresh []Waiting
	for _, waiting := range s.Waiting {
		if waiting.New {
			fresh = append(fresh, waiting)
		}
	}
	return fresh
}

func (w *textWriter) writeService(s *Service) {
	w.out.WriteByte('\n')
	w.write(0, bold, s.key()+": "+s.headline())
	if s.UnderWay != "" {
		w.write(1, yellow, s.UnderWay)
	}
	for _, problem := range s.Problems {
		w.write(1, red, problem.inWords())
	}
	for i := range s.Waiting {
		w.writeWaiting(s, &s.Waiting[i])
	}
	for i := range s.Children {
		w.writeChild(s, &s.Children[i])
	}
}

// inWords says what cannot be resolved, and when.
func (p Problem) inWords() string {
	subject := ""
	if p.Subject != "" {
		subject = p.Subject + ": "
	}
	text := map[string]string{before: "could not be resolved before", after: "cannot be resolved", both: "cannot be resolved, before and after"}[p.When]
	return fmt.Sprintf("%s%s: %s: %s", subject, text, p.Reason, p.Message)
}

func (w *textWriter) writeChild(s *Service, c *Child) {
	if !c.isShownIn(s) && !(w.Full && c.changes()) {
		return
	}
	w.writeLabelled(effectInWords(c.Effect, c.Unnoticed), c.kindAndName()+c.remark(s))
	w.writeChanges(c)
}

// writeWaiting writes what a component holds back, in the form of what happens.
func (w *textWriter) writeWaiting(s *Service, waiting *Waiting) {
	w.write(1, yellow, waiting.inWords(s))
	for _, c := range waiting.shownChildren() {
		w.writeLabelled("waits", c.kindAndName()+": "+c.whenReleased())
		w.writeChanges(c)
	}
}

// writeChanges writes the changed fields of an object.
func (w *textWriter) writeChanges(c *Child) {
	changes := c.shownChanges()
	if w.Full {
		changes = c.Changes
	}
	for i, change := range changes {
		if i == maxFields && !w.Full && len(changes) > maxFields+1 {
			w.writeLabelled("", fmt.Sprintf("  and %d more fields", len(changes)-i))
			return
		}
		w.writeLabelled("", "  "+change.Path)
		w.writeValues(9, change.Before, change.After)
	}
}

// changes reports whether anything of an object changes.
func (c *Child) changes() bool { return c.Effect > effect.None || c.Unnoticed }

// isShownIn reports whether an object of a service is worth a row: it changes, and by more than its
// metadata where anything of the service does.
func (c *Child) isShownIn(s *Service) bool { return c.changes() && (!c.isQuiet() || s.isQuiet()) }

// remark says what an effect alone does not say.
func (c *Child) remark(s *Service) string {
	switch {
	case c.Edit == Added && s.Edit != Added:
		return ", new"
	case c.Rollout != "":
		return " (" + c.Rollout + ")"
	}
	return ""
}

// shownChanges are the changes of an object without its metadata, where anything else changes.
func (c *Child) shownChanges() []effect.Change {
	if c.isQuiet() {
		return c.Changes
	}
	var changes []effect.Change
	for _, change := range c.Changes {
		if change.Effect > effect.Metadata || change.Unnoticed {
			changes = append(changes, change)
		}
	}
	return changes
}

// isQuiet reports whether nothing changes but metadata.
func (c *Child) isQuiet() bool { return c.Effect == effect.Metadata && !c.Unnoticed }

// writeValues writes the values of a changed field, where they are known.
func (w *textWriter) writeValues(depth int, before, after any) {
	if before != nil {
		w.write(depth, "", "- "+shortJSON(before))
	}
	if after != nil {
		w.write(depth, "", "+ "+shortJSON(after))
	}
}

// writeLabelled writes a text after a label. A long label has a line of its own.
func (w *textWriter) writeLabelled(label, text string) {
	if utf8.RuneCountInString(label) >= effectWidth {
		w.write(1, "", label)
		label = ""
	}
	const margin = "  "
	indented := strings.HasPrefix(text, "  ")
	for i, line := range printable.WrapWords(printable.Line(text), w.Width-len(margin)-effectWidth-2) {
		head := ""
		if i == 0 {
			head = label
		}
		if indented {
			line = "  " + line
		}
		w.out.WriteString(strings.TrimRight(fmt.Sprintf("%s%-*s%s", margin, effectWidth, head, line), " ") + "\n")
	}
}

// write writes a text, wrapped, with a hanging indent.
func (w *textWriter) write(depth int, colour, text string) {
	margin := strings.Repeat("  ", depth)
	for i, line := range printable.WrapWords(printable.Line(text), w.Width-len(margin)-2) {
		if i > 0 {
			line = "  " + line
		}
		if w.Colour && colour != "" {
			line = colour + line + plainText
		}
		w.out.WriteString(margin + line + "\n")
	}
}
