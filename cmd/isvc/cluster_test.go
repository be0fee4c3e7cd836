package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// plugin runs the program as kubectl does for a plugin.
func plugin(args ...string) result {
	var out, err bytes.Buffer
	code := runCommandLine(append([]string{"/usr/bin/kubectl-isvc"}, args...), streams{in: strings.NewReader(""), out: &out, err: &err})
	return result{code: code, out: out.String(), err: err.String()}
}

func TestEveryVerbThatReadsCanReadACluster(t *testing.T) {
	for sentence, test := range map[string]struct {
		got   func() result
		scope string
	}{
		"explain a name of a namespace": {func() result { return isvc("", "explain", "--cluster", "chat", "-n", "team-a") }, "--namespace=team-a"},
		"explain a name with its namespace, from a context": {
			func() result { return isvc("", "explain", "team-a/chat", "--context", "lab") }, "--namespace=team-a",
		},
		"explain all":                     {func() result { return isvc("", "explain", "-A") }, "--all-namespaces"},
		"render":                          {func() result { return isvc("", "render", "--cluster", "-n", "team-a") }, "--namespace=team-a"},
		"lint":                            {func() result { return isvc("", "lint", "--cluster", "-n", "team-a", "--fail-on", "none") }, "--namespace=team-a"},
		"validate":                        {func() result { return isvc("", "validate", "--cluster", "-n", "team-a") }, "--namespace=team-a"},
		"dump":                            {func() result { return isvc("", "dump", "-n", "team-a") }, "--namespace=team-a"},
		"as a plugin, without any flag":   {func() result { return plugin("explain", "chat") }, "--namespace=team-a"},
		"as a plugin, of a namespace":     {func() result { return plugin("explain", "chat", "-n", "team-a") }, "--namespace=team-a"},
		"as a plugin, one line a service": {func() result { return plugin("explain", "-A", "-o", "table") }, "--all-namespaces"},
	} {
		t.Run(sentence, func(t *testing.T) {
			cluster := servingCluster(t, all)
			answer := cluster.answer
			cluster.change(func() {
				cluster.answer = func(args []string) *kubectlAnswer {
					if args[0] == "config" {
						return &kubectlAnswer{Out: "team-a"}
					}
					return answer(args)
				}
			})
			got := test.got()
			assert.Equal(t, exitOK, got.code, got.err)
			if !strings.Contains(sentence, "lint") && !strings.Contains(sentence, "validate") {
				assert.Contains(t, got.out, "chat")
			}
			calls := strings.Join(cluster.callsOf("get"), "\n")
			assert.Contains(t, calls, "servingruntimes.v1beta1.ome.io "+test.scope)
			assert.Contains(t, calls, "pods.v1.")
		})
	}
}

func TestAPluginReadsFilesToo(t *testing.T) {
	newFakeCluster(t)
	got := plugin("explain", "-f", folder(t, map[string]string{"all.yaml": all}))
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "InferenceService team-a/chat")
}

func TestWhatSaysNotWhichClusterIsRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"nothing to read: name files or folders with -f, - for standard input, or use --cluster": {"explain", "chat"},
		"--cluster and --filename exclude each other":                                            {"explain", "--cluster", "-f", "-"},
		"--namespace and --all-namespaces exclude each other":                                    {"explain", "-A", "-n", "team-a"},
		"is neither NAME nor NAMESPACE/NAME":                                                     {"explain", "--cluster", "no name"},
		"names cannot be combined with --all-namespaces: write NAMESPACE/NAME":                   {"explain", "-A", "chat"},
	} {
		t.Run(want, func(t *testing.T) {
			newFakeCluster(t)
			got := isvc("", args...)
			assert.Equal(t, exitUnusable, got.code)
			assert.Contains(t, got.err, want)
		})
	}
}

func TestWhatIsNotThereIsSaidWithWhatIsMeant(t *testing.T) {
	for want, args := range map[string][]string{
		"there is no InferenceService \"team-a/chta\" in namespace team-a: did you mean team-a/chat?\n": {"explain", "--cluster", "chta", "-n", "team-a"},
		"there is no InferenceService \"team-a/other\" in namespace team-a\n":                           {"explain", "--cluster", "other", "-n", "team-a"},
		"isvc: namespace team-b holds no InferenceService\n":                                            {"explain", "--cluster", "-n", "team-b"},
		"isvc: the cluster holds no InferenceService\n":                                                 {"explain", "-A"},
	} {
		t.Run(want, func(t *testing.T) {
			objects := all
			if len(args) < 5 {
				objects = model
			}
			servingCluster(t, objects)
			got := isvc("", args...)
			assert.Equal(t, exitUnusable, got.code)
			assert.Contains(t, got.err, want)
		})
	}
}

func TestAUserWithoutRightsIsToldWhichAreNeeded(t *testing.T) {
	cluster := servingCluster(t, all)
	answer := cluster.answer
	cluster.change(func() {
		cluster.answer = func(args []string) *kubectlAnswer {
			if strings.Contains(args[1], "servingruntimes") {
				refused := failing("Error from server (Forbidden): servingruntimes.ome.io is forbidden: User \"u\" cannot list resource \"servingruntimes\"")
				return &refused
			}
			return answer(args)
		}
	})
	got := isvc("", "explain", "--cluster", "chat", "-n", "team-a")
	assert.Equal(t, exitUnusable, got.code)
	assert.Equal(t, "Error from server (Forbidden): servingruntimes.ome.io is forbidden: User \"u\" cannot list resource \"servingruntimes\"\n"+
		"isvc: cannot read from the cluster: the user of kubectl lacks the rights that kubectl names: docs/install.md says what is read\n", got.err)
}

func TestAUserOfOneNamespaceGetsTheDefaultConfiguration(t *testing.T) {
	cluster := servingCluster(t, all)
	answer := cluster.answer
	cluster.change(func() {
		cluster.answer = func(args []string) *kubectlAnswer {
			if args[1] == "configmaps" {
				refused := failing("Error from server (Forbidden)")
				return &refused
			}
			return answer(args)
		}
	})
	got := isvc("", "explain", "--cluster", "chat", "-n", "team-a")
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.err, "cannot read the configuration of the cluster, so that the default counts")
}
