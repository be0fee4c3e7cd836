package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
)

// linesOf are the nodes of a column: "▲ Deployment big-00-engine: rolling".
func linesOf(g picture.Graph, column int) []string {
	var all []string
	for _, node := range g.Columns[column].Nodes {
		all = append(all, node.State.Tone.Mark()+" "+node.Kind+" "+node.Name+": "+node.State.Word)
	}
	return all
}

func TestThePictureOfAPlanLeadsFromEditsToPods(t *testing.T) {
	r := edited(t)
	p := plan.Picture(r)
	assert.Equal(t, r.SummaryLine(), p.Headline)
	require.Len(t, p.Graphs, 1+64, "the overview, and each service that changes")
	assert.Equal(t, []string{"▲ ClusterServingRuntime h100: new revision"}, linesOf(p.Graphs[0], 0), "the worst that it does")
	assert.Len(t, p.Graphs[0].Columns[1].Nodes, 64)
	assert.Len(t, p.Graphs[0].Edges, 64)

	var g picture.Graph
	for _, graph := range p.Graphs {
		if strings.HasSuffix(graph.Title, "/big-00") {
			g = graph
		}
	}
	assert.Equal(t, []string{"▲ ClusterServingRuntime h100: rolling"}, linesOf(g, 0))
	assert.Contains(t, linesOf(g, 1), "▲ component engine: rolling")
	assert.Contains(t, linesOf(g, 3), "▲ Pods of Deployment 1 pod, 8 nvidia.com/gpu: rolling")
	assert.Contains(t, g.Columns[0].Nodes[0].Detail, "spec.engineConfig.runner.image (edit.yaml:9)")
}

// TestThePictureOfAPlanShowsWhatComesAndGoes: a new service is no loss, one that goes or cannot be resolved is.
func TestThePictureOfAPlanShowsWhatComesAndGoes(t *testing.T) {
	chat := service("team-a", "chat", "h100", "{minReplicas: 1, maxReplicas: 1}")
	for name, test := range map[string]struct {
		is, edit string
		want     picture.State
	}{
		"a new service":     {catalogue, chat, picture.State{Tone: picture.Good, Word: "new service"}},
		"a broken service":  {join(catalogue, chat), strings.Replace(chat, "h100", "absent", 1), picture.State{Tone: picture.Bad, Word: "cannot be resolved"}},
		"another number":    {join(catalogue, chat), strings.Replace(chat, "minReplicas: 1, maxReplicas: 1", "minReplicas: 2, maxReplicas: 2", 1), picture.State{Tone: picture.Moving, Word: "scale"}},
		"nothing is edited": {join(catalogue, chat), chat, picture.State{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.Picture(planned(t, test.is, test.edit))
			if test.want.Word == "" {
				assert.Empty(t, p.Graphs)
				assert.Contains(t, p.Facts, "The edit changes no object of the input.")
				return
			}
			assert.Equal(t, test.want, p.Graphs[0].State)
		})
	}
}
