package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/modes/names"
)

// readsOtherPages types the commands of the pages about a cluster in which isvc runs, in a folder and a cluster that
// have what the pages name.
func (l *laptop) readsOtherPages(t *testing.T) {
	const (
		noPods   = "no program runs in the pods of kwok: isvc serve runs beside them, and this is its log"
		noServer = "the page names a folder of a pod, and the server does not end by itself"
		aFolder  = "the folder of the page has manifests alone"
		ownSpace = "Metacontroller is in its own namespace here"
		noName   = "the page names no service"
	)
	user := *l
	user.terminal = newTerminal(t, l.kubeconfig)
	user.hasWhatPagesName(t)
	log := edit{replace("kubectl logs -n isvc-system -l app.kubernetes.io/name=isvc --tail=-1", "cat "+filepath.Join(l.cluster.Folder(), "isvc.log")), noPods}
	inFolder := edit{func(command string) string { return "(cd manifests-alone && " + command + ")" }, aFolder}
	named := edit{func(command string) string {
		return strings.NewReplacer("NAMESPACE", "prod", "NAME", "chat").Replace(command)
	}, noName}
	pages := map[string]map[string]edit{
		"operations.md": {
			"kubectl logs ": log,
			"isvc serve ": {func(string) string {
				return "timeout --preserve-status 2 isvc serve --record recordings --record-every 1 --listen 127.0.0.1:0 --metrics-listen ''"
			}, noServer},
			"kubectl port-forward ": {nothing, withoutPods},
			"go tool pprof ":        {nothing, withoutPods},
		},
		"alerts.md":        {"kubectl logs ": {replace(" --since 10m", ""), noPods}, "isvc explain ": named},
		"argocd.md":        {"curl ": {func(string) string { return "cp manifests/argocd/health.lua ." }, withoutNetwork}},
		"conditions.md":    {"kubectl get isvc ": named, "kubectl get inferenceservice ": named, "isvc explain ": named},
		"configuration.md": {}, "check.md": {}, "choosing-a-runtime.md": {}, "ci.md": {}, "pictures.md": {},
		"editors.md":            {"kubeconform ": {nothing, "kubeconform is not installed"}},
		"reviewing-a-change.md": {},
		"cli.md": {
			"kubeconform ":                         {nothing, "kubeconform is not installed"},
			"isvc preflight --context production ": {replace("--metacontroller-namespace control", "--metacontroller-namespace metacontroller"), ownSpace},
			"isvc explain -f . ":                   inFolder, "isvc lint -f . ": inFolder, "isvc validate -f . ": inFolder,
		},
	}
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		t.Run(page, func(t *testing.T) { user.follows(t, page, edited(t, page, pages[page])) })
	}
}

// hasWhatPagesName makes the files and the objects that pages name.
func (l *laptop) hasWhatPagesName(t *testing.T) {
	t.Helper()
	check := filepath.Join(l.folder, "bin", "isvc-check")
	buildIsvcCheck(t, check)
	l.env = append(l.env, "PATH="+filepath.Dir(check)+string(os.PathListSeparator)+programsInPath(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	api, err := l.cluster.Client("admin")
	require.NoError(t, err)
	require.NoError(t, l.cluster.Install(t.Context(), api, []cluster.Definition{
		cluster.Define("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules", "Namespaced"),
	}))
	require.NoError(t, api.AddNode(t.Context(), "gpu", map[string]string{names.ClusterModelLabel("qwen3-8b"): "Ready"}))
	quickstart := l.repository + "/examples/quickstart"
	for _, command := range []string{
		"kubectl config set-context production --cluster=$(kubectl config view -o jsonpath='{.contexts[0].context.cluster}') --user=$(kubectl config view -o jsonpath='{.contexts[0].context.user}')",
		"ln -s " + l.repository + "/manifests " + l.repository + "/examples . && ln -s $(command -v isvc) isvc-next",
		"mkdir catalogue services models runtimes manifests-alone main branch && cp " + quickstart + "/service.yaml . && cp service.yaml services && cp " + quickstart + "/catalogue.yaml catalogue",
		"cp catalogue/* models && sed 's/v0.9.1/v0.9.2/' catalogue/catalogue.yaml > runtimes/vllm.yaml && cp service.yaml catalogue/* manifests-alone",
		"cp -r catalogue services main && cp -r catalogue services branch && sed -i 's/v0.9.1/v0.9.2/' branch/catalogue/*",
		"kubectl create namespace prod && kubectl create namespace team-a && kubectl create namespace argocd && kubectl -n argocd create configmap argocd-cm",
		"kubectl apply -f catalogue && sed 's/vllm-qwen3/vllm-old/; s/autoSelect: true/autoSelect: false/' catalogue/* | kubectl apply -f -",
		"for n in prod team-a; do kubectl apply -n $n -f service.yaml; done && sed 's/name: chat/name: llama-chat/' service.yaml | kubectl apply -n prod -f - && sed 's/name: chat/name: search/' service.yaml | kubectl apply -n team-a -f -",
		"kubectl label -n team-a inferenceservice chat tier=batch",
		"kubectl wait --for=condition=Ready inferenceservices --all --all-namespaces --timeout=2m",
		"isvc dump > cluster.json && cp cluster.json cluster.yaml",
		"for name in isvc-20260506T100000.000Z-000001-team-a_chat.json recording.json; do cp $(ls " + l.recordings + "/*team-a_chat.json | tail -1) $name; done",
	} {
		l.sees(t, command)
	}
}
