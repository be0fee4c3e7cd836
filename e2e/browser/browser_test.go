package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// screenshots is where pictures of the pages are written, for people to look at.
var screenshots = flag.String("screenshots", "", "folder for screenshots; none are taken without it")

const root = "../.."

// built holds what the tests look at: the program and the page of the playground.
var built struct{ folder, program, playground string }

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runWithPrograms(m))
}

// runWithPrograms builds the program and the playground where there is a browser.
func runWithPrograms(m *testing.M) int {
	if browser() == "" {
		return m.Run() // each test skips
	}
	folder, err := os.MkdirTemp("", "isvc-browser")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder that stays harms nobody
	built.folder, built.program, built.playground = folder, filepath.Join(folder, "isvc"), filepath.Join(folder, "playground.html")
	for _, args := range [][]string{
		{"build", "-o", built.program, "./cmd/isvc"},
		{"run", "./cmd/isvc-playground", "-o", built.playground},
	} {
		command := exec.Command("go", args...)
		command.Dir, command.Stdout, command.Stderr = root, os.Stdout, os.Stderr
		if err := command.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "go "+strings.Join(args, " ")+": "+err.Error())
			return 1
		}
	}
	return m.Run()
}

// browser is the path of Chromium; empty where there is none.
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// window is how a page is looked at.
type window struct {
	width, height int64
	dark          bool
	// withoutScript turns JavaScript off.
	withoutScript bool
}

// opened is a page in the browser.
type opened struct {
	ctx context.Context
	mu  sync.Mutex
	// problems are errors of the console and exceptions, requests are what the page asked of a network.
	problems, requests []string
}

// open opens a file in a window. At the end of the test, the page must have said no error and asked for nothing.
func open(t *testing.T, file string, in window) *opened {
	t.Helper()
	path := browser()
	if path == "" {
		t.Skip("Chromium is not installed: apt-get install chromium")
	}
	ctx, cancelTime := context.WithTimeout(newBrowserTab(t, path), 2*time.Minute)
	t.Cleanup(cancelTime)

	o := &opened{ctx: ctx}
	chromedp.ListenTarget(ctx, o.note)
	scheme := "light"
	if in.dark {
		scheme = "dark"
	}
	o.do(t, network.Enable(), log.Enable(), emulation.SetScriptExecutionDisabled(in.withoutScript),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(in.width, in.height), chromedp.Navigate("file://"+file))
	t.Cleanup(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		assert.Empty(t, o.problems, "the console has no errors")
		assert.Equal(t, []string{"file://" + file}, o.requests, "nothing but the file is loaded")
	})
	return o
}

// newBrowserTab is a tab of a new browser, which ends with the test. Chromium crashes now and then while it starts,
// before it has read anything of ours, so that it gets three attempts.
func newBrowserTab(t *testing.T, path string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-lcd-text", true))
	for attempt := 1; ; attempt++ {
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		t.Cleanup(func() { cancel(); stop() })
		err := chromedp.Run(ctx)
		if err == nil {
			return ctx
		}
		require.Less(t, attempt, 3, "%s does not start: %v", path, err)
		t.Logf("%s does not start: %v", path, err)
	}
}

// note remembers errors and requests.
func (o *opened) note(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		o.problems = append(o.problems, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			o.problems = append(o.problems, fmt.Sprint(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			o.problems = append(o.problems, e.Entry.Text)
		}
	case *page.EventJavascriptDialogOpening:
		o.problems = append(o.problems, "a dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		o.requests = append(o.requests, e.Request.URL)
	}
}

func (o *opened) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(o.ctx, actions...))
}

// evaluate is the value of an expression in the page.
func evaluate[T any](t *testing.T, o *opened, expression string) T {
	t.Helper()
	var value T
	o.do(t, chromedp.Evaluate(expression, &value))
	return value
}

// text is what a reader sees of an element.
func (o *opened) text(t *testing.T, selector string) string {
	t.Helper()
	return evaluate[string](t, o, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// waitFor waits until an expression is true.
func (o *opened) waitFor(t *testing.T, expression string) {
	t.Helper()
	o.do(t, chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(90*time.Second)))
}

// keep writes a screenshot of the whole page.
func (o *opened) keep(t *testing.T, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	var data []byte
	o.do(t, chromedp.FullScreenshot(&data, 100))
	require.NoError(t, os.MkdirAll(*screenshots, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+".png"), data, 0o644))
}

// assertLegible checks what makes a page hard to read: text that the window cuts off, nodes that overlap or hide
// their text, and text with too little contrast to what is behind it.
func (o *opened) assertLegible(t *testing.T) {
	t.Helper()
	assert.LessOrEqual(t, evaluate[float64](t, o, "document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0.0, "the page is as wide as the window")
	assert.Empty(t, evaluate[[]string](t, o, overlaps), "no node overlaps another")
	assert.Empty(t, evaluate[[]string](t, o, hidden), "no node hides its name or state below its edge")
	assert.Empty(t, evaluate[[]string](t, o, faint), "the contrast is at least 4.5 to 1")
	assert.Empty(t, evaluate[[]string](t, o, unjoined), "lines end at their nodes")
}

const overlaps = `(() => {
  const nodes = [...document.querySelectorAll(".drawing .node")].filter((n) => n.checkVisibility());
  const box = nodes.map((n) => n.getBoundingClientRect());
  const out = [];
  for (let i = 0; i < nodes.length; i++) for (let j = 0; j < i; j++)
    if (box[i].left < box[j].right && box[j].left < box[i].right && box[i].top < box[j].bottom && box[j].top < box[i].bottom)
      out.push(nodes[i].innerText + " and " + nodes[j].innerText);
  return out;
})()`

const hidden = `[...document.querySelectorAll(".drawing .node")].filter((n) => n.checkVisibility() && n.scrollHeight > n.clientHeight + 1).map((n) => n.innerText)`

// unjoined are lines whose ends are not at the middle of the edges of their nodes, within two pixels.
const unjoined = `[...document.querySelectorAll(".drawing path")].filter((p) => p.checkVisibility()).flatMap((p) => {
  const at = (t) => { const point = p.getPointAtLength(t); return new DOMPoint(point.x, point.y).matrixTransform(p.getScreenCTM()); };
  const middle = (id) => { const b = document.getElementById(id).getBoundingClientRect(); return (b.top + b.bottom) / 2; };
  const far = [Math.abs(at(0).y - middle(p.dataset.from)), Math.abs(at(p.getTotalLength()).y - middle(p.dataset.to))];
  return Math.max(...far) > 2 ? [p.dataset.from + " " + p.dataset.to + " " + far] : [];
})`

const faint = `(() => {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const out = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) out.add(e.tagName + " " + e.className + " " + contrast.toFixed(1));
  }
  return [...out];
})()`

// isvc runs the program, and writes its output to a file.
func isvc(t *testing.T, name string, args ...string) (file string) {
	t.Helper()
	if browser() == "" {
		t.Skip("Chromium is not installed: apt-get install chromium")
	}
	command := exec.Command(built.program, args...)
	command.Dir = root
	output, err := command.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 { // 1 is a service that cannot be resolved
		require.NoError(t, err)
	}
	file = filepath.Join(t.TempDir(), name+".html")
	require.NoError(t, os.WriteFile(file, output, 0o644))
	return file
}
