package picture

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

// The limits of Mermaid, which draws nothing that is beyond them: maxTextSize and maxEdges of its
// configuration, less what says that something was left out.
const (
	mermaidCharacters = 50_000 - 1_000
	mermaidEdges      = 500 - 50
)

// Mermaid writes a picture as a flowchart, for Markdown on GitHub and for other readers of Mermaid. Graphs that
// do not fit its limits are left out, and the chart says so.
func Mermaid(p *Picture) string {
	w := &mermaidWriter{}
	w.writeHead(p)
	for i := range p.Graphs {
		g := p.Graphs[i].bounded()
		text := chartOf(i, &g)
		if w.characters+utf8.RuneCountInString(text) > mermaidCharacters || w.edges+len(g.Edges) > mermaidEdges {
			w.out.WriteString(fmt.Sprintf("  left[%s]\n", mermaidLabel(leftInWords(p.Graphs[i:]))))
			break
		}
		w.characters += utf8.RuneCountInString(text)
		w.edges += len(g.Edges)
		w.out.WriteString(text)
	}
	return w.out.String()
}

type mermaidWriter struct {
	out               strings.Builder
	characters, edges int
}

// mermaidColours are fill, stroke and text of the tones, in their order. They have a contrast of at least 7
// to 1 on each other, whatever the theme of the page is.
var mermaidColours = []string{
	"fill:#f3f4f6,stroke:#6b7280,color:#1f2937,stroke-dasharray:4 3",
	"fill:#dcfce7,stroke:#15803d,color:#0b3d1d",
	"fill:#dbeafe,stroke:#1d4ed8,color:#10265e",
	"fill:#fef3c7,stroke:#b45309,color:#4a2305,stroke-width:2px",
	"fill:#fee2e2,stroke:#b91c1c,color:#5c0d0d,stroke-width:3px",
}

func (w *mermaidWriter) writeHead(p *Picture) {
	text := "flowchart LR\n  accTitle: " + mermaidLine(p.Title) + "\n  accDescr: " + mermaidLine(p.Headline) + "\n"
	for tone, colours := range mermaidColours {
		text += fmt.Sprintf("  classDef %s %s\n", Tone(tone), colours)
	}
	w.characters += utf8.RuneCountInString(text)
	w.out.WriteString(text)
}

// chartOf is a graph as a subgraph.
func chartOf(number int, g *Graph) string {
	var out strings.Builder
	fmt.Fprintf(&out, "  subgraph g%d[%s]\n    direction LR\n", number, mermaidLabel(withState(g.Title, g.State)))
	names := map[string]string{}
	for _, column := range g.Columns {
		for _, node := range column.Nodes {
			name := fmt.Sprintf("g%dn%d", number, len(names))
			names[node.ID] = name
			fmt.Fprintf(&out, "    %s[%s]:::%s\n", name, mermaidLabel(node.Kind, node.Name, withState("", node.State)), node.State.Tone)
		}
		if column.Left > 0 {
			fmt.Fprintf(&out, "    g%dleft%d[%s]:::quiet\n", number, len(names), mermaidLabel(column.leftInWords()))
		}
	}
	for _, edge := range g.Edges {
		fmt.Fprintf(&out, "    %s --> %s\n", names[edge.From], names[edge.To])
	}
	out.WriteString("  end\n")
	return out.String()
}

// leftInWords says how many nodes of a column are not drawn; empty where all are.
func (c *Column) leftInWords() string {
	if c.Left == 0 {
		return ""
	}
	return fmt.Sprintf("and %d more %s", c.Left, c.Title)
}

// withState is "prod/chat ✓ ready".
func withState(title string, state State) string {
	if state.Word == "" {
		return title
	}
	return strings.TrimSpace(title + " " + state.Tone.Mark() + " " + state.Word)
}

// maxMermaidLine is the longest line of a label, in characters.
const maxMermaidLine = 120

// mermaidLabel is a quoted label of lines. Everything but letters, digits, spaces and a few signs is written as
// a number, because Mermaid reads labels as Markdown, as HTML and as its own syntax.
func mermaidLabel(lines ...string) string {
	var shown []string
	for _, line := range lines {
		if line = printable.LineOfWords(line); line != "" {
			if runes := []rune(line); len(runes) > maxMermaidLine {
				line = string(runes[:maxMermaidLine-1]) + "…"
			}
			shown = append(shown, mermaidCharactersOf(line))
		}
	}
	return `"` + strings.Join(shown, "<br>") + `"`
}

func mermaidCharactersOf(line string) string {
	var out strings.Builder
	line = strings.ReplaceAll(line, "$$", "$ $") // Mermaid reads $$x$$ as a formula, however it is written
	for _, r := range line {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" -./:,()", r), r > 127:
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "#%d;", r)
		}
	}
	return out.String()
}

// mermaidLine is a string for a line that ends a statement: without the signs that end it or begin another.
func mermaidLine(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`;#{}<>"`+"`", r) {
			return ' '
		}
		return r
	}, printable.LineOfWords(text))
}
