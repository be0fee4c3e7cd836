package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// followsOtherPages types the commands of all other pages, in a folder and a cluster that have what the pages
// name.
func (l *laptop) followsOtherPages(t *testing.T) {
	const (
		noPods   = "no program runs in the pods of kwok: isvc serve runs beside them, and this is its log"
		noServer = "the page names a folder of a pod, and the server does not end by itself"
		aFolder  = "the folder of the page has nothing else"
		ownSpace = "Metacontroller is in its own namespace here"
		noName   = "the page names no service"
		refused  = "what is refused is in a folder of its own, and the exit status says so"
		isHeld   = "the page begins where something is held back"
	)
	user := *l
	user.terminal = newTerminal(t, l.kubeconfig)
	user.makesWhatPagesName(t)
	log := edit{replace("kubectl logs -n isvc-system -l app.kubernetes.io/name=isvc --tail=-1", "cat "+filepath.Join(l.cluster.Folder(), "isvc.log")), noPods}
	inFolder := func(folder string) edit {
		return edit{func(command string) string { return "(cd " + folder + " && " + command + ")" }, aFolder}
	}
	alone := inFolder("manifests-alone")
	named := edit{func(command string) string {
		return strings.NewReplacer("NAMESPACE", "prod", "NAME", "chat").Replace(command)
	}, noName}
	held, err := filepath.Abs("testdata/held.sh")
	require.NoError(t, err)
	afterHolding := func(version string) edit {
		return edit{func(command string) string { return "bash " + held + " " + version + " > held.txt && " + command }, isHeld}
	}
	pages := map[string]map[string]edit{
		"operations.md": {
			"kubectl logs ": log,
			"isvc serve ": {func(string) string {
				return "timeout --preserve-status 2 isvc serve --record recordings --record-every 1 --listen 127.0.0.1:0 --metrics-listen ''"
			}, noServer},
			"kubectl port-forward ": {nothing, withoutPods},
			"go tool pprof ":        {nothing, withoutPods},
		},
		"alerts.md": {
			"kubectl logs ": {func(command string) string { return log.change(strings.Replace(command, " --since 10m", "", 1)) }, noPods},
			"isvc explain ": named,
		},
		"argocd.md":     {"curl ": {func(string) string { return "cp manifests/argocd/health.lua ." }, withoutNetwork}},
		"conditions.md": {"kubectl get isvc ": named, "kubectl get inferenceservice ": named, "isvc explain ": named},
		"check.md": {
			"isvc validate -f services/ ":    {func(command string) string { return "(cd refused && ! " + command + ")" }, refused},
			"isvc validate -f . --metadata ": {replace("-f .", "-f manifests-alone"), aFolder},
		},
		"configuration.md": {}, "choosing-a-runtime.md": {}, "ci.md": {}, "pictures.md": {},
		"editors.md":            {"kubeconform ": {nothing, "kubeconform is not installed"}},
		"reviewing-a-change.md": {},
		"cli.md": {
			"kubeconform ":                         {nothing, "kubeconform is not installed"},
			"isvc preflight --context production ": {replace("--metacontroller-namespace control", "--metacontroller-namespace metacontroller"), ownSpace},
			"isvc replay -o json ":                 inFolder("recordings-alone"),
			"isvc explain -f . ":                   alone, "isvc lint -f . ": alone, "isvc validate -f . ": alone,
		},
	}
	last := map[string]edit{"isvc release -A --all --dry-run": afterHolding("3"), "kubectl get inferenceservice ": afterHolding("4")}
	typed := append(slices.Collect(maps.Keys(pages)), "changes.md", "tutorial.md", "install.md", "migration.md")
	for _, page := range pagesWithCommands(t) {
		assert.True(t, slices.Contains(typed, page) || byHand[page] != "", "%s: a page whose commands nobody types", page)
	}
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		t.Run(page, func(t *testing.T) { user.follows(t, page, edited(t, page, pages[page])) })
	}
	api, err := l.cluster.Client("admin")
	require.NoError(t, err)
	addModelNode(t, api, "gpu-2", "qwen3-8b") // new pods begin beside all others
	t.Run("changes.md", func(t *testing.T) { user.follows(t, "changes.md", edited(t, "changes.md", last)) })
}

// byHand are pages whose commands nobody types here, and why.
var byHand = map[string]string{
	"performance.md": "benchmarks, which compare two revisions",
}

// pagesWithCommands are the pages of docs that have commands to type.
func pagesWithCommands(t *testing.T) (pages []string) {
	t.Helper()
	all, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	for _, page := range all {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		if strings.Contains(string(text), "```sh\n") || strings.Contains(string(text), "```console\n") {
			pages = append(pages, filepath.Base(page))
		}
	}
	require.Greater(t, len(pages), 10)
	return pages
}

// makesWhatPagesName makes the files and the objects that pages name.
func (l *laptop) makesWhatPagesName(t *testing.T) {
	t.Helper()
	check := filepath.Join(l.folder, "bin", "isvc-check")
	buildIsvcCheck(t, check)
	path := []string{filepath.Dir(check), programsInPath(t), os.Getenv("PATH")}
	l.env = append(l.env, "PATH="+strings.Join(path, string(os.PathListSeparator)))
	api, err := l.cluster.Client("admin")
	require.NoError(t, err)
	require.NoError(t, l.cluster.Install(t.Context(), api, []cluster.Definition{
		cluster.Define("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules", "Namespaced"),
	}))
	addModelNode(t, api, "gpu", "qwen3-8b")
	script, err := filepath.Abs("testdata/pages.sh")
	require.NoError(t, err)
	l.sees(t, "bash "+script+" "+l.repository+" "+l.recordings)
}
