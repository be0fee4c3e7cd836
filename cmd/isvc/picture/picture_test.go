package picture_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/picture"
)

// chart is a picture with one graph: an input, and objects that come from it.
func chart(objects int) *picture.Picture {
	g := picture.Graph{Title: "prod/chat", State: picture.State{Tone: picture.Bad, Word: "down"}, Columns: []picture.Column{{Title: "inputs"}, {Title: "objects"}}}
	g.Add(0, picture.Node{ID: "spec", Kind: "InferenceService", Name: "chat", State: picture.State{Tone: picture.Bad, Word: "down"}})
	for i := range objects {
		state := picture.State{Tone: picture.Good, Word: "exists"}
		if i == objects-1 {
			state = picture.State{Tone: picture.Bad, Word: "not ready"}
		}
		name := fmt.Sprintf("object-%d", i)
		g.Add(1, picture.Node{ID: name, Kind: "Deployment", Name: name, State: state, Detail: []string{"apps/v1"}}, "spec", "absent")
	}
	return &picture.Picture{Title: "InferenceService prod/chat", Headline: "1 service: 1 down", Graphs: []picture.Graph{g}}
}

func html(t *testing.T, p *picture.Picture) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, picture.HTML(&out, p))
	return out.String()
}

func TestThePageStandsAlone(t *testing.T) {
	page := html(t, chart(3))
	assert.NotRegexp(t, `(?i)(src|href)="(https?:|//)|@import|url\(|<link|<iframe`, page, "it needs no other file")
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	require.NotNil(t, policy)
	assert.Equal(t, picture.Policy("", picture.Script()), strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1]), "it asks for none, and runs its own script alone")
	assert.Contains(t, page, "<script>"+picture.Script()+"</script>", "byte by byte")
	assert.Contains(t, page, `<html lang="en">`)
	assert.Contains(t, page, "prefers-color-scheme: dark")
}

func TestStatesAreReadWithoutColours(t *testing.T) {
	page := html(t, chart(2))
	assert.Contains(t, page, `<span class="mark" aria-hidden="true">✕</span> not ready`)
	assert.Contains(t, page, `<span class="mark" aria-hidden="true">✓</span> exists`)
	marks := map[string]bool{}
	for tone := picture.Quiet; tone <= picture.Bad; tone++ {
		assert.False(t, marks[tone.Mark()], "two tones have the mark %s", tone.Mark())
		marks[tone.Mark()] = true
		assert.Contains(t, picture.Style(), ".picture ."+tone.String()+" {")
	}
}

// hostile are names that a reader of HTML or Mermaid would obey.
var hostile = []string{
	`"><script>alert(1)</script>`, `</title><img src=x onerror=alert(1)>`, "a`b`c", `x]; click g0n0 "javascript:alert(1)"`,
	"two\nlines\n  end", "%%{init: {}}%%", `";g0n1-->g0n0`, "\x1b[31mred", "{{.Style}}", "a\u202eb", "#quot;", "[(x)]", "a --> b", "&lt;", "'q'", "end", "$$x$$", "**b**",
}

func TestHostileNamesAreText(t *testing.T) {
	for _, name := range hostile {
		t.Run(name, func(t *testing.T) {
			g := picture.Graph{Title: name, State: picture.State{Tone: picture.Bad, Word: name}, Facts: []picture.Fact{{Label: name, Text: name}},
				Columns: []picture.Column{{Title: name}, {Title: name}}}
			g.Add(0, picture.Node{ID: name, Kind: name, Name: name, State: picture.State{Word: name}, Detail: []string{name}})
			g.Add(1, picture.Node{ID: name + "2", Kind: name, Name: name, Detail: []string{name}}, name)
			p := &picture.Picture{Title: name, Headline: name, Facts: []string{name}, Table: [][]string{{name}, {name}}, Graphs: []picture.Graph{g}}

			page, plain := html(t, p), html(t, chart(1))
			for _, tag := range []string{"<script", "</script", "<img", "<title", "onerror=\"", "<iframe"} {
				assert.Equal(t, strings.Count(plain, tag), strings.Count(page, tag), tag)
			}
			for _, control := range []string{"\x1b", "\u202e"} {
				assert.NotContains(t, page, control)
			}

			text := picture.Mermaid(p)
			assert.Equal(t, strings.Count(picture.Mermaid(chart(1)), "\n"), strings.Count(text, "\n"), "a name adds no line:\n%s", text)
			for line := range strings.Lines(text) {
				assertLineOfMermaid(t, strings.TrimRight(line, "\n"))
			}
		})
	}
}

// mermaidLines are all forms of lines that a chart has.
var mermaidLines = regexp.MustCompile(`^(flowchart LR|  accTitle: [^;#{}<>"` + "`" + `]*|  accDescr: [^;#{}<>"` + "`" + `]*|  classDef [a-z]+ [a-z0-9:,# -]+|  subgraph g\d+\["[^"]*"\]|    direction LR|    g\d+(n|left)\d+\["[^"]*"\]:::[a-z]+|    g\d+n\d+ --> g\d+n\d+|  left\["[^"]*"\]|  end)$`)

// labels are the quoted strings of a line: letters, digits, a few signs, numbers of characters, line breaks.
var (
	labels = regexp.MustCompile(`"([^"]*)"`)
	label  = regexp.MustCompile(`^([a-zA-Z0-9 \-./:,()]|[^\x00-\x7f]|#\d+;|<br>)*$`)
)

func assertLineOfMermaid(t *testing.T, line string) {
	t.Helper()
	assert.Regexp(t, mermaidLines, line)
	for _, found := range labels.FindAllStringSubmatch(line, -1) {
		assert.Regexp(t, label, found[1])
	}
}

func TestEdgesJoinWhatIsThere(t *testing.T) {
	g := chart(2).Graphs[0]
	assert.Equal(t, []picture.Edge{{From: "spec", To: "object-0"}, {From: "spec", To: "object-1"}}, g.Edges, "not from a node that is absent")
	page := html(t, chart(2))
	assert.Equal(t, 2, strings.Count(page, "<path "))
	assert.Contains(t, page, `data-from="g0n0" data-to="g0n2"`)
	assert.Contains(t, page, `<a href="#g0n0">InferenceService chat</a>`, "the list leads to the drawing")
}

func TestIdentifiersOfAPageAreUnique(t *testing.T) {
	p := chart(3)
	p.Graphs = append(p.Graphs, p.Graphs[0])
	page := html(t, p)
	seen := map[string]bool{}
	for _, found := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.False(t, seen[found[1]], found[1])
		seen[found[1]] = true
	}
	for _, found := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.True(t, seen[found[1]], "%s leads nowhere", found[1])
	}
}

func TestWhatIsCutIsSaid(t *testing.T) {
	page := html(t, chart(100))
	assert.Contains(t, page, "and 76 more objects")
	assert.Contains(t, page, "object-99", "what is broken stays")
	assert.NotContains(t, page, "object-98")
	assert.Contains(t, picture.Mermaid(chart(100)), "and 76 more objects")

	fleet := chart(3)
	for range 999 {
		g := fleet.Graphs[0]
		g.State = picture.State{Tone: picture.Good, Word: "ready"}
		fleet.Graphs = append(fleet.Graphs, g)
	}
	fleet.Graphs[0], fleet.Graphs[500] = fleet.Graphs[500], fleet.Graphs[0]
	picture.WorstFirst(fleet.Graphs)
	page = html(t, fleet)
	assert.Equal(t, 200, strings.Count(page, `<details class="graph"`))
	assert.Contains(t, page, "800 more are not drawn: 800 ready. Name some to have them drawn.")
	assert.Contains(t, page[:strings.Index(page, `id="g1"`)], "down", "what is broken is first")

	text := picture.Mermaid(fleet)
	assert.Less(t, utf8.RuneCountInString(text), 50_000, "Mermaid draws no longer text")
	assert.Less(t, strings.Count(text, "-->"), 500, "Mermaid draws no more edges")
	assert.Regexp(t, `\n  left\["\d+ more are not drawn: \d+ ready\. Name some to have them drawn\."\]\n$`, text)
	for line := range strings.Lines(text) {
		assertLineOfMermaid(t, strings.TrimRight(line, "\n"))
	}
}

func TestAPictureOfNothingIsAPage(t *testing.T) {
	p := &picture.Picture{Title: "Plan", Headline: "None of 0 services changes."}
	assert.Contains(t, html(t, p), "None of 0 services changes.")
	assert.Contains(t, picture.Mermaid(p), "accDescr: None of 0 services changes.")
}

// TestTheLegendHasEachStateOnce, from harmless to harmful.
func TestTheLegendHasEachStateOnce(t *testing.T) {
	page := html(t, chart(3))
	legend := page[strings.Index(page, `<ul class="legend"`):]
	legend = legend[:strings.Index(legend, "</ul>")]
	assert.Equal(t, 3, strings.Count(legend, "<li>"))
	assert.Less(t, strings.Index(legend, "exists"), strings.Index(legend, "down"))
}
