package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync/effect"
)

// edited is the plan for another image of the runtime h100, over the fleet.
func edited(t *testing.T) *plan.Report {
	t.Helper()
	plannedOnce.Do(func() {
		plannedEdit = planned(t, fleet(), strings.Replace(document(t, catalogue, "name: h100"), "server:1", "server:2", 1))
	})
	require.NotNil(t, plannedEdit)
	own := *plannedEdit
	own.Services, own.Causes = slices.Clone(own.Services), slices.Clone(own.Causes)
	return &own
}

// plannedEdit is computed once: a fleet is large.
var (
	plannedOnce sync.Once
	plannedEdit *plan.Report
)

func TestTextFitsTheTerminal(t *testing.T) {
	r := edited(t)
	for _, width := range []int{0, 20, 80, 132} {
		text := plan.Text(r, plan.TextOptions{Width: width, Full: true})
		for _, line := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), max(80, width, 100*(1-min(width, 1))), line)
		}
	}
	assert.NotContains(t, plan.Text(r, plan.TextOptions{}), "\x1b", "no colour without a terminal")
	assert.Contains(t, plan.Text(r, plan.TextOptions{Colour: true}), "\x1b[1m64 of 104 services change")
}

// TestTextIsSafe: nothing of the input reaches the terminal as a command, or Markdown as markup.
func TestTextIsSafe(t *testing.T) {
	evil := strings.Replace(service("team-a", "chat", "absent", "{}"), "absent", `"\x1b[31m<img src=x>|@everyone*"`, 1)
	r := planned(t, join(catalogue, evil), catalogue)
	assert.NotContains(t, plan.Text(r, plan.TextOptions{}), "\x1b")
	markdown := plan.Markdown(r)
	for _, text := range []string{"\x1b", "<img", "@everyone"} {
		assert.NotContains(t, markdown, text)
	}
}

func TestMarkdownFitsAComment(t *testing.T) {
	r := edited(t)
	one := of(t, r, "big-00")
	r.Services = nil
	for i := range 800 {
		one.Name = fmt.Sprintf("a-service-with-a-long-name-%04d", i)
		r.Services = append(r.Services, one)
	}
	text := plan.Markdown(r)
	assert.Less(t, utf8.RuneCountInString(text), 65_536)
	assert.Greater(t, utf8.RuneCountInString(text), 50_000, "as much as fits")
	assert.Equal(t, strings.Count(text, "<details>"), strings.Count(text, "</details>"))
	shown := strings.Count(text, "<details>")
	assert.Contains(t, text, fmt.Sprintf("\n%d more services are not shown here, because a comment can have 65,536 characters", 800-shown))
	assert.Contains(t, text, "| `ClusterServingRuntime h100` | `spec.engineConfig.runner.image` (edit.yaml:9) | 4 new revision, 60 rolling |\n")
}

// TestMarkdownOfManyEditsFits: the table of causes is cut too.
func TestMarkdownOfManyEditsFits(t *testing.T) {
	r := edited(t)
	one := r.Causes[0]
	for i := range 900 {
		one.Name = fmt.Sprintf("runtime-with-a-name-that-is-rather-long-%04d", i)
		r.Causes = append(r.Causes, one)
	}
	text := plan.Markdown(r)
	assert.Less(t, utf8.RuneCountInString(text), 65_536)
	assert.Contains(t, text, " causes do not fit | |\n")
	assert.Contains(t, text, "\n64 more services are not shown here")
}

// TestManyEdits: each of many edits has its service, and no more.
func TestManyEdits(t *testing.T) {
	is, edits := []string{document(t, catalogue, "kind: ClusterBaseModel")}, []string(nil)
	for i := range 80 {
		name := fmt.Sprintf("runtime-%04d", i)
		runtime := strings.Replace(document(t, catalogue, "name: l4"), "name: l4", "name: "+name, 1)
		is = append(is, runtime, service("team-a", fmt.Sprintf("chat-%04d", i), name, "{minReplicas: 1, maxReplicas: 1}"))
		edits = append(edits, strings.Replace(runtime, "small:1", "small:2", 1))
	}
	r := planned(t, join(is...), join(edits...))
	assert.Equal(t, 80, r.Summary.Changed)
	for i, cause := range r.Causes {
		require.Len(t, cause.Services, 1)
		assert.Equal(t, fmt.Sprintf("chat-%04d", i), cause.Services[0].Name)
		assert.Equal(t, effect.Rolling, cause.Services[0].Effect)
	}
}

// TestTheJSONIsComplete: each service and object is there, and counts that are zero are written.
func TestTheJSONIsComplete(t *testing.T) {
	text, err := json.Marshal(planned(t, fleet(), strings.Replace(document(t, catalogue, "name: unused"), "unused:1", "unused:2", 1)))
	require.NoError(t, err)
	var r struct {
		APIVersion string
		Summary    map[string]any
		Causes     []map[string]any
		Services   []struct {
			Namespace, Name, Effect string
			Children                []struct{ Kind, Name, Effect string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &r))
	assert.Equal(t, "isvc.io/plan/v1", r.APIVersion)
	assert.Equal(t, 0.0, r.Summary["changed"])
	assert.Equal(t, "none", r.Summary["effect"])
	assert.Equal(t, []any{}, r.Causes[0]["services"])
	require.Len(t, r.Services, 104)
	for _, s := range r.Services {
		assert.Equal(t, "none", s.Effect)
		require.NotEmpty(t, s.Children)
		for _, child := range s.Children {
			assert.Equal(t, "none", child.Effect)
		}
	}
}
