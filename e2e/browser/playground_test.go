package browser

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThePlayground walks through the page as a visitor does. At its end, the page has asked for nothing.
func TestThePlayground(t *testing.T) {
	o := open(t, built.playground, window{width: 1400, height: 950})
	o.waitFor(t, `document.getElementById("said").innerText.includes(" ms)")`)
	t.Log(o.text(t, "#said"))
	assert.Contains(t, o.text(t, "#said"), "1 service: 1 not deployed in the input; ")
	assert.Contains(t, o.text(t, "#picture"), "InferenceService\nllama-chat\n○ not deployed")
	o.assertLegible(t)
	o.keep(t, "playground-picture")

	// The objects are those of isvc render.
	rendered, err := exec.Command(built.program, "render", "-f", filepath.Join(root, "testdata/quickstart")).Output()
	require.NoError(t, err)
	objects := evaluate[string](t, o, `document.getElementById("objects").textContent`)
	assert.Equal(t, strings.TrimSpace(string(rendered)), strings.TrimSpace(objects))
	explained, err := exec.Command(built.program, "explain", "-f", filepath.Join(root, "testdata/quickstart")).Output()
	require.NoError(t, err)
	assert.Equal(t, string(explained), evaluate[string](t, o, `document.getElementById("explanation").textContent`))

	// Tabs by mouse and keyboard.
	o.do(t, chromedp.Click("#tab-explanation"))
	assert.Contains(t, o.text(t, "#explanation"), "InferenceService ")
	o.assertLegible(t)
	o.keep(t, "playground-explanation")
	o.do(t, chromedp.KeyEvent(kb.ArrowRight))
	assert.Contains(t, o.text(t, "#objects"), "kind: Deployment")
	o.assertLegible(t)
	o.keep(t, "playground-objects")
	o.do(t, chromedp.KeyEvent(kb.ArrowRight))
	assert.Contains(t, o.text(t, "#findings"), "finding")
	o.assertLegible(t)
	o.keep(t, "playground-findings")

	// What is typed counts.
	o.do(t, chromedp.Evaluate(`{
  const field = document.getElementById("manifests");
  field.value = field.value.replace("spec:", "spec:\n  enginee: {}");
  field.dispatchEvent(new Event("input", {bubbles: true}));
}`, nil))
	o.waitFor(t, `document.getElementById("findings").textContent.includes("spec.enginee")`)
	assert.Contains(t, o.text(t, "#findings"), "did you mean spec.engine?")
	assert.Regexp(t, `manifests:\d+:\d+: `, o.text(t, "#findings"), "with the line")

	// Another sample: a service that is down.
	o.do(t, chromedp.SetValue("#sample", "sample-1"), chromedp.Evaluate(`document.getElementById("sample").dispatchEvent(new Event("change"))`, nil), chromedp.Click("#tab-picture"))
	o.waitFor(t, `document.getElementById("said").innerText.includes("1 down")`)
	assert.Contains(t, o.text(t, "#picture"), "Pod\nchat-engine-6d9f-0\n✕ ExitCode1")
	o.assertLegible(t)
	o.keep(t, "playground-down")

	// Nonsense is said to be such, and the page goes on.
	for _, nonsense := range []string{"{{", "", "<img src=x onerror=alert(1)>", "kind: InferenceService\napiVersion: ome.io/v1beta1\nmetadata: {name: '<img src=x onerror=alert(1)>'}\nspec: {engine: {}}"} {
		o.do(t, chromedp.Evaluate(fmt.Sprintf(`{
  document.getElementById("said").textContent = "?";
  const field = document.getElementById("manifests");
  field.value = %q;
  field.dispatchEvent(new Event("input", {bubbles: true}));
}`, nonsense), nil))
		o.waitFor(t, `document.getElementById("said").innerText.includes(" ms)")`)
		assert.Equal(t, 0, evaluate[int](t, o, `document.querySelectorAll("img").length`))
	}
}

func TestThePlaygroundFitsAPhoneAtNight(t *testing.T) {
	o := open(t, built.playground, window{width: 390, height: 844, dark: true})
	o.waitFor(t, `document.getElementById("said").innerText.includes(" ms)")`)
	o.assertLegible(t)
	o.keep(t, "playground-narrow-dark")
}
