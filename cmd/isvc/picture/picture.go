package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Picture is what is drawn: a graph for each service, and what counts of all of them.
//
//	input ──► component ──► object ──► pod
//
// Every edge leads from a column to the next one.
type Picture struct {
	// Title and Headline say what is drawn and what counts of it, in a line each.
	Title    string
	Headline string
	// Facts are further sentences, and Table further numbers; its first row is the head.
	Facts []string
	Table [][]string
	// Graphs are drawn in this order.
	Graphs []Graph
}

// Graph is one drawing.
type Graph struct {
	// Title names what is drawn, such as "prod/chat".
	Title string
	// State is that of the whole.
	State State
	// Facts are sentences that count more than the drawing: why a service is not ready, and what to do.
	Facts []Fact
	// Columns are drawn from left to right.
	Columns []Column
	// Edges join nodes of neighbouring columns.
	Edges []Edge
}

// Fact is a sentence with a label in front of it.
type Fact struct{ Label, Text string }

// Column is nodes of one sort.
type Column struct {
	Title string
	Nodes []Node
	// Left is the number of nodes that are not drawn; 0 where all are.
	Left int
}

// Node is something that is drawn.
type Node struct {
	// ID is unique in the graph.
	ID string
	// Kind and Name are shown in the drawing, Detail in the list below it.
	Kind, Name string
	State      State
	Detail     []string
}

// Edge leads from a node to a node, by their identifiers.
type Edge struct{ From, To string }

// State is how something stands, in a word or a few. The tone gives it a colour and a mark.
type State struct {
	Tone Tone
	Word string
}

// Tone is how much a state matters. Each has a colour and a mark of its own shape, so that it is read without
// colours too.
type Tone int

// The tones, from harmless to harmful.
const (
	// Quiet: there is nothing to look at, or nothing is known.
	Quiet Tone = iota
	// Good: it is as it should be.
	Good
	// Moving: something is under way, or waits for somebody.
	Moving
	// Warned: something is lost for a while, such as pods that restart.
	Warned
	// Bad: something is broken, or is lost.
	Bad
)

// toneNames are the names of the tones in style sheets, in their order.
var toneNames = []string{"quiet", "good", "moving", "warned", "bad"}

// String is the name of the tone in style sheets.
func (t Tone) String() string { return toneNames[t] }

// Mark is the sign of the tone: its shape is read where its colour is not.
func (t Tone) Mark() string { return []string{"○", "✓", "◐", "▲", "✕"}[t] }

// Add appends a node to a column, and the edges that lead to it from those nodes that exist.
func (g *Graph) Add(column int, node Node, from ...string) {
	g.Columns[column].Nodes = append(g.Columns[column].Nodes, node)
	for _, id := range from {
		if column > 0 && slices.ContainsFunc(g.Columns[column-1].Nodes, func(n Node) bool { return n.ID == id }) {
			g.Edges = append(g.Edges, Edge{id, node.ID})
		}
	}
}

// maxNodes is how many nodes of a column are drawn.
const maxNodes = 24

// bounded is the graph without what no page has room for: the harmless nodes of long columns, with their
// edges. Columns say how many are left out.
func (g Graph) bounded() Graph {
	drawn := map[string]bool{}
	columns := slices.Clone(g.Columns)
	for i := range columns {
		columns[i] = columns[i].bounded()
		for _, node := range columns[i].Nodes {
			drawn[node.ID] = true
		}
	}
	g.Columns = columns
	g.Edges = slices.DeleteFunc(slices.Clone(g.Edges), func(e Edge) bool { return !drawn[e.From] || !drawn[e.To] })
	return g
}

func (c Column) bounded() Column {
	if len(c.Nodes) <= maxNodes {
		return c
	}
	worst := slices.Clone(c.Nodes)
	slices.SortStableFunc(worst, func(a, b Node) int { return cmp.Compare(b.State.Tone, a.State.Tone) })
	kept := map[string]bool{}
	for _, node := range worst[:maxNodes] {
		kept[node.ID] = true
	}
	c.Left = len(c.Nodes) - maxNodes
	c.Nodes = slices.DeleteFunc(slices.Clone(c.Nodes), func(n Node) bool { return !kept[n.ID] })
	return c
}

// WorstFirst orders graphs by how much their states matter; graphs of one tone keep their order.
func WorstFirst(graphs []Graph) {
	slices.SortStableFunc(graphs, func(a, b Graph) int { return cmp.Compare(b.State.Tone, a.State.Tone) })
}

// statesDrawn has the states that are drawn, each once, from harmless to harmful.
func statesDrawn(graphs []Graph) []State {
	var states []State
	for _, g := range graphs {
		states = append(states, g.State)
		for _, column := range g.Columns {
			for _, node := range column.Nodes {
				states = append(states, node.State)
			}
		}
	}
	slices.SortFunc(states, func(a, b State) int {
		return cmp.Or(cmp.Compare(a.Tone, b.Tone), strings.Compare(a.Word, b.Word))
	})
	return slices.DeleteFunc(slices.Compact(states), func(s State) bool { return s.Word == "" })
}

// leftInWords says how many graphs are not drawn, by state; empty for none.
func leftInWords(left []Graph) string {
	if len(left) == 0 {
		return ""
	}
	counts := map[State]int{}
	var states []State
	for _, g := range left {
		if counts[g.State]++; counts[g.State] == 1 {
			states = append(states, g.State)
		}
	}
	var parts []string
	for _, state := range states {
		parts = append(parts, fmt.Sprintf("%d %s", counts[state], state.Word))
	}
	return fmt.Sprintf("%d more are not drawn: %s. Name some to have them drawn.", len(left), strings.Join(parts, ", "))
}
