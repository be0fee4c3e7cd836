package plan

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

// maxMarkdown is the length of a report as Markdown in characters. GitHub takes no comment with more
// than 65,536; the rest is for what a workflow adds.
const maxMarkdown = 60_000

// Markdown writes a report for a comment on a pull request: the summary, choices that fall in another
// way, a table of the causes, and the services, collapsed. What does not fit is left out, and the report
// says so.
func Markdown(r *Report) string {
	w := &markdownWriter{}
	for _, line := range r.whatIsMissing() {
		w.add("> " + escapeMarkdown(line) + "\n\n")
	}
	w.add("**" + escapeMarkdown(r.SummaryLine()) + "**\n\n")
	if r.From != "" {
		w.add(fmt.Sprintf("From %s to %s.\n\n", markdownCodeSpan(r.From), markdownCodeSpan(r.To)))
	}
	w.writeTotals(r.totals())
	w.writeSelections(r.Selections)
	w.writeCauses(r.Causes)
	w.writeServices(r.Services)
	return w.out.String()
}

// markdownWriter writes parts as long as they fit.
type markdownWriter struct {
	out   strings.Builder
	count int
	full  bool
}

// reserved is kept for the sentences that say what was cut, and for closing tags.
const reserved = 1_000

// add writes a part if it fits as a whole. Once a part does not fit, no later one is written.
func (w *markdownWriter) add(part string) bool {
	n := utf8.RuneCountInString(part)
	if w.full = w.full || w.count+n > maxMarkdown-reserved; w.full {
		return false
	}
	w.finish(part)
	return true
}

// finish writes a short part for which there is always room.
func (w *markdownWriter) finish(part string) {
	w.count += utf8.RuneCountInString(part)
	w.out.WriteString(part)
}

// writeTotals writes a table of numbers.
func (w *markdownWriter) writeTotals(rows [][]string) {
	var out strings.Builder
	for i, row := range rows {
		out.WriteString("| " + strings.Join(append([]string{escapeMarkdown(row[0])}, row[1:]...), " | ") + " |\n")
		if i == 0 {
			out.WriteString("|---|--:|--:|--:|\n")
		}
	}
	if len(rows) > 0 {
		w.add(out.String() + "\n")
	}
}

func (w *markdownWriter) writeSelections(all []Selection) {
	for i, s := range all {
		text := fmt.Sprintf("- %s of %s: %s → %s", escapeMarkdown(s.What), markdownCodeSpan(s.Namespace+"/"+s.Name), markdownCodeSpan(s.Before), markdownCodeSpan(s.After))
		if s.Because != "" {
			text += " because " + escapeMarkdown(s.Because)
		}
		if i >= 20 || !w.add(text+"\n") {
			w.finish(fmt.Sprintf("- and %d more choices that fall in another way\n", len(all)-i))
			break
		}
	}
	if len(all) > 0 {
		w.finish("\n")
	}
}

// writeCauses writes the causes as a table, and what changes nothing in one line.
func (w *markdownWriter) writeCauses(all []Cause) {
	if len(all) == 0 {
		w.add(noEdit + "\n\n")
	}
	var without []string
	shown := false
	for i := range all {
		c := &all[i]
		if len(c.Services) == 0 {
			without = append(without, markdownCodeSpan(c.title()))
			continue
		}
		if !shown {
			w.add("| because of | what changed | services |\n|---|---|---|\n")
		}
		shown = true
		if !w.add(fmt.Sprintf("| %s | %s | %s |\n", markdownCodeSpan(c.title()), c.fieldsForTable(), affectedForTable(c.Services))) {
			w.finish(fmt.Sprintf("| … | %d causes do not fit | |\n", countWithServices(all[i:])))
			break
		}
	}
	if shown {
		w.finish("\n")
	}
	if len(without) > 0 {
		const most = 30
		text := strings.Join(without[:min(most, len(without))], ", ")
		if len(without) > most {
			text += fmt.Sprintf(", and %d more", len(without)-most)
		}
		w.add("No downstream change: " + text + "\n\n")
	}
}

func countWithServices(causes []Cause) (n int) {
	for i := range causes {
		if len(causes[i].Services) > 0 {
			n++
		}
	}
	return n
}

// fieldsForTable are the changed fields of a cause in one cell.
func (c *Cause) fieldsForTable() string {
	if c.Edit != Changed {
		return c.Edit + placeForTable(c.File, c.Line)
	}
	var cells []string
	for i, field := range c.Fields {
		if i == maxFields && len(c.Fields) > maxFields+1 {
			cells = append(cells, fmt.Sprintf("and %d more", len(c.Fields)-i))
			break
		}
		cells = append(cells, markdownCodeSpan(field.Path)+placeForTable(field.File, field.Line))
	}
	return strings.Join(cells, "<br>")
}

func placeForTable(file string, line int) string {
	if text := strings.TrimSpace(placeInFile(file, line)); text != "" {
		return " " + escapeMarkdown(text)
	}
	return ""
}

// affectedForTable counts the services of a cause by what it does to them.
func affectedForTable(services []AffectedService) string {
	words, names := byWords(services)
	var parts []string
	for _, word := range words {
		parts = append(parts, fmt.Sprintf("%d %s", len(names[word]), word))
	}
	return strings.Join(parts, ", ")
}

// writeServices writes each service that is worth a row, collapsed.
func (w *markdownWriter) writeServices(all []Service) {
	left := 0
	for i := range all {
		if !all[i].isShown() {
			continue
		}
		if left > 0 || !w.add(all[i].asMarkdown()) {
			left++
		}
	}
	if left > 0 {
		w.finish(fmt.Sprintf("\n%s not shown here, because a comment can have 65,536 characters: run `isvc plan` for all of them.\n",
			countOf(left, "more service is", "more services are")))
	}
}

func (s *Service) asMarkdown() string {
	var out strings.Builder
	// GitHub reads a summary as HTML and not as Markdown.
	fmt.Fprintf(&out, "<details><summary><code>%s</code>: %s</summary>\n\n", html.EscapeString(printable.Line(s.key())), html.EscapeString(s.headline()))
	if s.UnderWay != "" {
		fmt.Fprintf(&out, "- %s\n", escapeMarkdown(s.UnderWay))
	}
	for _, problem := range s.Problems {
		fmt.Fprintf(&out, "- %s\n", escapeMarkdown(problem.inWords()))
	}
	for i := range s.Waiting {
		waiting := &s.Waiting[i]
		fmt.Fprintf(&out, "- %s\n", escapeMarkdown(waiting.inWords(s)))
		for _, c := range waiting.shownChildren() {
			fmt.Fprintf(&out, "  - waits: %s: %s\n", markdownCodeSpan(c.kindAndName()), escapeMarkdown(c.whenReleased()))
			writeChangesAsMarkdown(&out, "    ", c)
		}
	}
	for i := range s.Children {
		c := &s.Children[i]
		if !c.isShownIn(s) {
			continue
		}
		fmt.Fprintf(&out, "- %s: %s\n", effectInWords(c.Effect, c.Unnoticed), markdownCodeSpan(c.kindAndName())+escapeMarkdown(c.remark(s)))
		writeChangesAsMarkdown(&out, "  ", c)
	}
	out.WriteString("\n</details>\n")
	return out.String()
}

// writeChangesAsMarkdown writes the changed fields of an object as a list.
func writeChangesAsMarkdown(out *strings.Builder, indent string, c *Child) {
	changes := c.shownChanges()
	for i, change := range changes {
		if i == maxFields && len(changes) > maxFields+1 {
			fmt.Fprintf(out, "%s- and %d more fields\n", indent, len(changes)-i)
			return
		}
		fmt.Fprintf(out, "%s- %s\n", indent, markdownCodeSpan(change.Path))
	}
}

// markdownCodeSpan writes a text as it is, in a code span.
func markdownCodeSpan(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '`' {
			return '\''
		}
		return r
	}, printable.Line(text))
	return "`" + strings.ReplaceAll(text, "|", "\\|") + "`"
}

// escapeMarkdown is a text without a meaning in Markdown or HTML.
func escapeMarkdown(text string) string {
	return markdownReplacer.Replace(printable.Line(text))
}

var markdownReplacer = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`",
	"[", "\\[", "]", "\\]", "@", "@&#8203;", "#", "&#35;")
