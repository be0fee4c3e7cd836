package picture

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

//go:embed page.tmpl style.css script.js
var files embed.FS

// maxGraphs is how many graphs an HTML page has: a browser scrolls through them without a delay.
const maxGraphs = 200

// The parts of a page. Their text is the program's own; everything else is escaped by html/template.
var (
	templates = template.Must(template.New("").Funcs(template.FuncMap{"printable": printable.LineOfWords}).ParseFS(files, "page.tmpl"))
	style     = template.CSS(mustRead("style.css"))
	script    = template.JS(mustRead("script.js"))
)

func mustRead(name string) string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// HTML writes a picture as one page that needs no other file and no network.
func HTML(out io.Writer, p *Picture) error {
	if err := templates.ExecuteTemplate(out, "page", viewOf(p)); err != nil {
		return fmt.Errorf("cannot write the picture: %w", err)
	}
	return nil
}

// Fragment is the body of the page of a picture, for another page that has Style and Script.
func Fragment(p *Picture) (string, error) {
	var out strings.Builder
	if err := templates.ExecuteTemplate(&out, "picture", viewOf(p)); err != nil {
		return "", fmt.Errorf("cannot write the picture: %w", err)
	}
	return out.String(), nil
}

// Policy is the Content-Security-Policy of a page that needs nothing but these scripts, which are in it: others
// do not run, and nothing is loaded or sent. What compiles WebAssembly says so in more, which is appended to what
// scripts may do.
func Policy(more string, scripts ...string) string {
	sources := more
	for _, text := range scripts {
		sum := sha256.Sum256([]byte(text))
		sources += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src 'unsafe-inline'; script-src " + strings.TrimSpace(sources) + "; base-uri 'none'; form-action 'none'"
}

// Style is the style sheet of the pages.
func Style() string { return string(style) }

// Script is what the pages run: it shows what belongs together, and finds services by their names.
func Script() string { return string(script) }

// pageView is what the template of a page reads.
type pageView struct {
	*Picture
	Style  template.CSS
	Script template.JS
	Policy string
	Legend []State
	Graphs []graphView
	Left   string
}

// graphView is a graph with its layout. Columns of nodes and the gaps between them take turns.
type graphView struct {
	Graph
	ID      string
	Open    bool
	Columns []columnView
	// Parts are all nodes, for the list.
	Parts []nodeView
}

// columnView is a column, and the gap that follows it.
type columnView struct {
	Title string
	Nodes []nodeView
	Left  string
	// Gap is the lines to the next column; nil after the last one.
	Gap *gapView
}

// gapView is the lines between two columns, in a box of 100 units a row.
type gapView struct {
	Height int
	Rows   float64
	Lines  []lineView
}

// lineView is a line from a node to a node.
type lineView struct {
	From, To string
	Path     string
}

// nodeView is a node with its neighbours.
type nodeView struct {
	Node
	ID       string
	From, To []linkView
	// Space is the free space over the node, in rows.
	Space float64
}

// linkView leads to a node.
type linkView struct{ ID, Name string }

// rowUnits is the height of a row in the boxes of lines.
const rowUnits = 100

// policy is the Policy of a page with a picture.
var policy = sync.OnceValue(func() string { return Policy("", string(script)) })

func viewOf(p *Picture) *pageView {
	shown := p.Graphs[:min(len(p.Graphs), maxGraphs)]
	view := &pageView{Picture: p, Style: style, Script: script, Policy: policy(), Left: leftInWords(p.Graphs[len(shown):])}
	bounded := make([]Graph, len(shown))
	for i := range shown {
		bounded[i] = shown[i].bounded()
		view.Graphs = append(view.Graphs, graphViewOf(i, bounded[i], len(shown)))
	}
	view.Legend = statesDrawn(bounded)
	return view
}

// openGraphs is how many graphs are open at first: a page with more is an overview.
const openGraphs = 6

func graphViewOf(number int, g Graph, graphs int) graphView {
	view := graphView{Graph: g, ID: fmt.Sprintf("g%d", number), Open: graphs <= openGraphs || number == 0}
	nodes := map[string]*nodeView{}
	for i := range g.Columns {
		column := &g.Columns[i]
		for j := range column.Nodes {
			node := &column.Nodes[j]
			nodes[node.ID] = &nodeView{Node: *node, ID: fmt.Sprintf("%sn%d", view.ID, len(nodes))}
		}
	}
	for _, edge := range g.Edges {
		from, to := nodes[edge.From], nodes[edge.To]
		from.To = append(from.To, linkView{to.ID, to.title()})
		to.From = append(to.From, linkView{from.ID, from.title()})
	}
	columns := withoutEmpty(g.Columns)
	places := placesOf(columns, g.Edges)
	rows := 1.0
	for i := range places {
		rows = max(rows, places[i].end)
	}
	for i := range columns {
		column := columnView{Title: columns[i].Title, Left: columns[i].leftInWords()}
		below := 0.0
		for j := range columns[i].Nodes {
			node := nodes[columns[i].Nodes[j].ID]
			node.Space, below = places[i].at[j]-below, places[i].at[j]+1
			column.Nodes = append(column.Nodes, *node)
		}
		if i+1 < len(columns) {
			column.Gap = gapBetween(g.Edges, places, i, rows, nodes)
		}
		view.Columns = append(view.Columns, column)
		view.Parts = append(view.Parts, column.Nodes...)
	}
	return view
}

func (n *nodeView) title() string { return strings.TrimSpace(n.Kind + " " + n.Name) }

// withoutEmpty leaves out columns at the end that have no node.
func withoutEmpty(columns []Column) []Column {
	last := len(columns)
	for last > 0 && len(columns[last-1].Nodes) == 0 {
		last--
	}
	return columns[:last]
}

// gapBetween draws the edges between a column and the next one as curves.
func gapBetween(edges []Edge, places []columnPlaces, column int, rows float64, nodes map[string]*nodeView) *gapView {
	gap := &gapView{Height: int(rows * rowUnits), Rows: rows}
	for _, edge := range edges {
		y1, starts := places[column].middles[edge.From]
		y2, ends := places[column+1].middles[edge.To]
		if starts && ends {
			gap.Lines = append(gap.Lines, lineView{nodes[edge.From].ID, nodes[edge.To].ID,
				fmt.Sprintf("M0 %.0f C50 %.0f 50 %.0f 100 %.0f", y1*rowUnits, y1*rowUnits, y2*rowUnits, y2*rowUnits)})
		}
	}
	return gap
}
