package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// windows are how people look: a desk, a phone, at night.
var windows = map[string]window{
	"wide":   {width: 1280, height: 900},
	"dark":   {width: 1280, height: 900, dark: true},
	"narrow": {width: 390, height: 844},
	"plain":  {width: 1280, height: 900, withoutScript: true},
}

func TestPicturesAreLegible(t *testing.T) {
	for name, args := range map[string][]string{
		"crashing": {"explain", "-f", "testdata/raw-crashing/in", "-o", "html"},
		"pair":     {"explain", "-f", "testdata/mission-prefill-decode/in", "-o", "html"},
		"canary":   {"explain", "-f", "testdata/canary-weights/in", "-o", "html"},
		"missing":  {"explain", "-f", "testdata/runtime-missing/in", "-o", "html"},
		"plan":     {"plan", "-f", "examples/plan/is", "--with", "examples/plan/edit", "-o", "html"},
		"against":  {"plan", "-f", "examples/plan/is", "--against", "examples/plan/is/catalogue.yaml", "-o", "html"},
	} {
		file := isvc(t, name, args...)
		for how, in := range windows {
			t.Run(name+" "+how, func(t *testing.T) {
				o := open(t, file, in)
				if !in.withoutScript {
					o.do(t, chromedp.Evaluate(`document.querySelectorAll("details.graph").forEach((d) => { d.open = true; })`, nil))
				}
				o.assertLegible(t)
				o.keep(t, name+"-"+how)
			})
		}
	}
}

func TestThePictureSaysWhatIsDown(t *testing.T) {
	o := open(t, isvc(t, "crashing", "explain", "-f", "testdata/raw-crashing/in", "-o", "html"), windows["wide"])
	text := o.text(t, ".drawing")
	for _, want := range []string{
		"inputs", "components", "objects", "pods", "InferenceService\nchat\n✕ down", "ClusterServingRuntime\nvllm-small\n✓ in use",
		"RawDeployment\nengine\n✕ not ready", "Deployment\nchat-engine\n✕ not ready", "Pod\nchat-engine-6d9f-0\n✕ ExitCode1",
	} {
		assert.Contains(t, text, want)
	}
	assert.Contains(t, o.text(t, ".facts"), "ValueError: model has no tokenizer")
	assert.NotContains(t, o.text(t, "main"), "container ome-container exited with code 1 (Error): ValueError: model has no tokenizer\nfrom", "the list is closed")
}

func TestThePlanSaysWhatRestarts(t *testing.T) {
	o := open(t, isvc(t, "plan", "plan", "-f", "examples/plan/is", "--with", "examples/plan/edit", "-o", "html"), windows["wide"])
	assert.Contains(t, o.text(t, ".headline"), "2 services restart: 5 pods, 20 nvidia.com/gpu")
	text := o.text(t, "main")
	for _, want := range []string{"ClusterServingRuntime\nvllm-h100\n▲ rolling", "Pods of Deployment\n2 pods, 8 nvidia.com/gpu\n▲ rolling", "team-b/billing\n◐ nothing until it is released", "No downstream change: ClusterServingRuntime sglang-l4."} {
		assert.Contains(t, text, want)
	}
	o.do(t, chromedp.SetValue(".filter", "billing"), chromedp.Evaluate(`document.querySelector(".filter").dispatchEvent(new Event("input", {bubbles: true}))`, nil))
	assert.Equal(t, "2 of 5", o.text(t, ".find output"), "the overview, and the service")
}

// TestThePictureIsUsedWithTheKeyboard: Tab reaches the nodes, arrows move among them along the lines, what belongs
// together is marked, and Enter leads to the details and back.
func TestThePictureIsUsedWithTheKeyboard(t *testing.T) {
	o := open(t, isvc(t, "crashing", "explain", "-f", "testdata/raw-crashing/in", "-o", "html"), windows["wide"])
	focused := "document.activeElement.innerText"
	o.do(t, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab))
	assert.Contains(t, evaluate[string](t, o, focused), "InferenceService\nchat")
	o.do(t, chromedp.KeyEvent(kb.ArrowRight))
	assert.Contains(t, evaluate[string](t, o, focused), "engine")
	o.do(t, chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp))
	assert.Contains(t, evaluate[string](t, o, focused), "Deployment\nchat-engine")
	assert.NotEqual(t, "none", evaluate[string](t, o, "getComputedStyle(document.activeElement).outlineStyle"), "the focus is seen")
	marked := evaluate[[]string](t, o, `[...document.querySelectorAll(".node.on .name")].map((n) => n.innerText)`)
	assert.ElementsMatch(t, []string{"chat", "vllm-small", "qwen-7b", "defaults", "engine", "chat-engine", "chat-engine-6d9f-0"}, marked, "what it comes from and what comes from it")
	o.keep(t, "crashing-traced")

	o.do(t, chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Enter))
	o.waitFor(t, `document.activeElement.tagName === "TR"`)
	assert.Contains(t, evaluate[string](t, o, focused), "exited with code 1 (Error): ValueError: model has no tokenizer")
	o.keep(t, "crashing-details")
	o.do(t, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	o.waitFor(t, `document.activeElement.classList.contains("node")`)
}

// TestHostileNamesDoNothing: a file may say anything, also where Kubernetes would not take it.
func TestHostileNamesDoNothing(t *testing.T) {
	evil := `<img src=x onerror=alert(1)><script>alert(2)</script>"'` + "`"
	manifest := fmt.Sprintf("apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: %[1]q, namespace: %[1]q}\nspec: {model: {name: %[1]q}, runtime: {name: %[1]q}, engine: {}}\n", evil)
	path := filepath.Join(t.TempDir(), "evil.yaml")
	require.NoError(t, os.WriteFile(path, []byte(manifest), 0o644))
	o := open(t, isvc(t, "evil", "explain", "-f", path, "-o", "html"), windows["wide"])
	assert.Contains(t, o.text(t, "h1"), evil, "it is shown as it is")
	assert.Equal(t, 0, evaluate[int](t, o, `document.querySelectorAll("img").length`))
	assert.Equal(t, 1, evaluate[int](t, o, `document.querySelectorAll("script").length`))
	o.do(t, chromedp.Evaluate(`document.body.insertAdjacentHTML("beforeend", "<p id=late onclick='document.title=1'>x</p>"); document.getElementById("late").click()`, nil))
	assert.NotEqual(t, "1", evaluate[string](t, o, "document.title"), "the policy of the page runs no other script")
	o.mu.Lock()
	assert.Len(t, o.problems, 1, "which the browser says")
	o.problems = nil
	o.mu.Unlock()
}

// TestAFleetIsBounded: of thousands of services those are drawn that need a look, and the page says what it leaves out.
func TestAFleetIsBounded(t *testing.T) {
	service, err := os.ReadFile(filepath.Join(root, "testdata/quickstart/service.yaml"))
	require.NoError(t, err)
	var fleet []string
	for i := range 300 {
		fleet = append(fleet, strings.ReplaceAll(string(service), "llama-chat", fmt.Sprintf("llama-chat-%03d", i)))
	}
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(fleet, "\n---\n")), 0o644))
	o := open(t, isvc(t, "fleet", "explain", "-f", path, "-f", "testdata/quickstart/catalogue.yaml", "-o", "html"), windows["wide"])
	assert.Equal(t, 200, evaluate[int](t, o, `document.querySelectorAll("details.graph").length`))
	assert.Equal(t, "100 more are not drawn: 100 not deployed. Name some to have them drawn.", o.text(t, ".left-out"))
	o.assertLegible(t)
	o.keep(t, "fleet")
}
