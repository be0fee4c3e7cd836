package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/modes/names"
)

// team is a namespace of services at a terminal.
type team struct {
	*world
	*terminal
}

// TestWhatPeopleTypeUnderTheDriver types commands of kubectl and of its plugin isvc, and reads what is seen.
func TestWhatPeopleTypeUnderTheDriver(t *testing.T) {
	kubeconfig, err := plane.Kubeconfig("tester")
	require.NoError(t, err)
	p := &team{&world{name: "prod", namespace: "prod", applier: applier{user: "driver"}, api: connect(t, "tester")}, newTerminal(t, kubeconfig)}
	ensureNamespace(t, p.api, "prod")
	require.NoError(t, p.api.AddNode(context.Background(), "gpu-prod", map[string]string{
		names.ClusterModelLabel("llama-3-70b-instruct"):                   "Ready",
		names.ClusterModelLabel("llama-4-maverick-17b-128e-instruct-fp8"): "Ready",
	}))
	p.drive(t, serveHooks(t), driver.ServerSideApply)
	for _, object := range readObjects(t, "testdata/kubectl.yaml", "WORLD", "") {
		p.apply(t, object)
		if object.GetName() != "vllm-former" {
			t.Cleanup(func() { p.delete(t, object) })
		}
	}
	p.becomeWhatTheyAre(t)

	t.Run("kubectl get", p.gets)
	t.Run("kubectl describe", p.describes)
	t.Run("the plugin explains", p.explains)
	t.Run("mistakes", p.mistakes)
	t.Run("rights", p.rights)
}

// inSummary is a service as its summary says it.
func (p *team) inSummary(name, field string) string {
	service, err := p.read(p.object("ome.io/v1beta1", "InferenceService", name))
	if err != nil {
		return err.Error()
	}
	word, _, _ := unstructured.NestedString(service.Object, "status", "summary", field)
	return word
}

func (p *team) awaitSummary(t *testing.T, name, field, want string) {
	t.Helper()
	p.service = p.object("ome.io/v1beta1", "InferenceService", name)
	p.await(t, name+" to be "+want, func() error {
		if word := p.inSummary(name, field); word != want {
			return fmt.Errorf("%s of %s is %q", field, name, word)
		}
		return nil
	})
}

// becomeWhatTheyAre waits until two services serve, takes the runtime of a third away, and has a fourth and a
// fifth wait for a node.
func (p *team) becomeWhatTheyAre(t *testing.T) {
	for _, name := range []string{"llama-chat", "llama-4-pd", "llama-held"} {
		p.awaitSummary(t, name, "ready", "True")
	}
	p.delete(t, p.object("ome.io/v1beta1", "ServingRuntime", "vllm-former"))
	p.awaitSummary(t, "llama-held", "ready", "Serving")
	p.awaitSummary(t, "deepseek-down", "reason", "Unschedulable")
}

var age = regexp.MustCompile(`\b\d+[smhd](\d+[smh])?\b`)

// rows are the lines of a table with ages of one form, without what follows the last column.
func rows(table string) (lines []string) {
	for line := range strings.Lines(table) {
		lines = append(lines, strings.TrimRight(age.ReplaceAllString(line, "9s"), " \n"))
	}
	return lines
}

// widest is the length of the longest line of a table, in characters.
func widest(table string) (characters int) {
	for _, line := range rows(table) {
		characters = max(characters, utf8.RuneCountInString(line))
	}
	return characters
}

func (p *team) gets(t *testing.T) {
	table := p.sees(t, "kubectl get isvc -n prod")
	assert.Equal(t, strings.TrimSpace(`
NAME            READY     REASON            MODE        RUNTIME       MODEL         REPLICAS   GPUS   URL            AGE
deepseek-down   False     Unschedulable     Raw         vllm-small    deepseek-r1   0/1        1      deepseek-do~   9s
deepseek-r1     Unknown   Initializing      MultiNode   srt~ti-node   deepseek-r1   0/1        16     deepseek-r1~   9s
llama-4-pd      True                        Raw         srt~pd-grpc   lla~uct-fp8   1/1        4      llama-4-pd.~   9s
llama-chat      True                        Raw         vllm-small    lla~nstruct   2/2        2      llama-chat.~   9s
llama-held      Serving   RuntimeNotFound   Raw         vllm-former   lla~nstruct   1/1        1      llama-held.~   9s
`), strings.Join(rows(table), "\n"))
	everywhere := p.sees(t, "kubectl get isvc -A -l team=chat")
	assert.Len(t, rows(everywhere), 3)
	numbers.record("characters of kubectl get isvc", "%d, with -A and usual names %d", widest(table), widest(everywhere))
	assert.LessOrEqual(t, widest(table), 120)
	wide := p.sees(t, "kubectl get isvc -n prod -o wide")
	for _, text := range []string{
		"ADDRESS", "RUNTIMENAME", "MODELNAME", "PREV", "LATEST", "CANARY", "AUTOSCALER", "UPDATE",
		" llama-4-pd.prod ", " srt-llama-4-maverick-17b-128e-instruct-fp8-pd-grpc ", " llama-4-maverick-17b-128e-instruct-fp8 ",
	} {
		assert.Contains(t, wide, text)
	}
}

func (p *team) describes(t *testing.T) {
	p.sees(t, "kubectl describe isvc -n prod llama-held",
		"spec.runtime names vllm-former, but there is neither a ServingRuntime of this name in namespace prod nor a ClusterServingRuntime: create one, or correct the name",
		"requests are answered by what was applied before; Ready says what is wrong")
}

func (p *team) explains(t *testing.T) {
	p.sees(t, "kubectl isvc explain llama-chat -n prod", "InferenceService prod/llama-chat\nready        yes since ", "replicas     engine RawDeployment: 2 of 2 ready, 2 pods, 2 nvidia.com/gpu")
	held, status := p.typed(t, "kubectl isvc explain llama-held -n prod")
	assert.Equal(t, 1, status, "a service that cannot be resolved")
	for _, text := range []string{"ready        no since ", "next         Create the runtime, correct spec.runtime.name", "serving      yes since ", "1 of 1 ready, 1 pod, 1 nvidia.com/gpu", "Deployment/llama-held-engine"} {
		assert.Contains(t, held, text)
	}
	assert.NotContains(t, held, "neither the last-applied annotation nor managed fields", "kubectl is asked for managed fields")
	p.sees(t, "kubectl isvc explain deepseek-down -n prod", "Unschedulable", "next         ")
	table, _ := p.typed(t, "kubectl isvc explain -A -o table")
	assert.Regexp(t, `(?m)^prod +llama-held +Serving +RuntimeNotFound +Raw +vllm-former +llama-3-70b-instruct +1/1 +1 +1$`, table)
	assert.Regexp(t, `(?m)^prod +llama-chat +True +- +Raw +vllm-small +llama-3-70b-instruct +2/2 +2 +2$`, table)
	p.sees(t, "kubectl isvc dump -n prod > dump.json && isvc explain -f dump.json llama-chat", "InferenceService prod/llama-chat\nready        yes since ")
	differences, _ := p.typed(t, "kubectl isvc diff -n prod")
	assert.Contains(t, differences, "the cluster holds what is desired of 4 services; 1 service cannot be resolved.")
	p.sees(t, "kubectl config set-context production --cluster=e2e --user=tester --namespace=prod")
	p.sees(t, "kubectl isvc explain llama-chat --context production", "InferenceService prod/llama-chat\n")
}

func (p *team) mistakes(t *testing.T) {
	for command, said := range map[string]string{
		"kubectl isvc explain llama-chatt -n prod":                 "there is no InferenceService \"prod/llama-chatt\" in namespace prod: did you mean prod/llama-chat?\n",
		"kubectl isvc explain llama-chat -n prodd":                 "there is no InferenceService \"prodd/llama-chat\" in namespace prodd\n",
		"kubectl isvc explain -n empty":                            "kubectl isvc: namespace empty holds no InferenceService\n",
		"kubectl isvc explain llama-chat --context prodd":          "error: context \"prodd\" does not exist\n",
		"kubectl isvc explain llama-chat --kubeconfig none":        "error: stat none: no such file or directory\n",
		"kubectl isvc release nope -n prod":                        "there is no InferenceService nope in the cluster: nothing was released\n",
		"kubectl isvc rendr":                                       "kubectl isvc: unknown command \"rendr\" for \"kubectl isvc\": did you mean render?\n",
		"kubectl isvc render --kinds kedda -n prod --filename x":   "there is no optional kind \"kedda\"",
		"kubectl isvc explain llama-chat -n prod -o tree":          "there is no output form \"tree\": use text, table, json, mermaid or html\n",
		"kubectl isvc explain llama-chat -n prod --filename x.yml": "kubectl isvc: cannot read x.yml: no such file or directory\n",
	} {
		seen, status := p.typed(t, command)
		assert.Equal(t, 2, status, command)
		assert.Contains(t, seen, said, command)
	}
}

// rights has a developer look who may read services and what they own, and no runtimes.
func (p *team) rights(t *testing.T) {
	for _, object := range readObjects(t, "testdata/developer.yaml", "WORLD", "") {
		p.apply(t, object)
	}
	seen, status := p.typed(t, "kubectl isvc explain llama-chat -n prod --kubeconfig "+p.asDeveloper(t))
	assert.Equal(t, 2, status)
	assert.Contains(t, seen, `User "developer" cannot list resource "servingruntimes" in API group "ome.io" in the namespace "prod"`)
	assert.True(t, strings.HasSuffix(seen, "\nkubectl isvc: cannot read from the cluster: the user of kubectl lacks the rights that kubectl names: docs/install.md says what is read\n"), seen)
}

// asDeveloper is a kubeconfig of a user called developer.
func (p *team) asDeveloper(t *testing.T) string {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("tester")
	require.NoError(t, err)
	config, err := clientcmd.LoadFromFile(kubeconfig)
	require.NoError(t, err)
	for _, user := range config.AuthInfos {
		user.Impersonate = "developer"
	}
	file := filepath.Join(p.folder, "developer.kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, file))
	return file
}
