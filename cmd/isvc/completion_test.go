package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompletionScriptsAreAcceptedByTheirShells(t *testing.T) {
	for shell, check := range map[string][]string{"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "--no-execute"}, "kubectl": {"sh", "-n"}} {
		got := isvc("", "completion", shell)
		require.Equal(t, 0, got.code, got.err)
		require.NotEmpty(t, got.out)
		program, err := exec.LookPath(check[0])
		if err != nil {
			t.Logf("%s is not installed: the script is not checked", check[0])
			continue
		}
		command := exec.Command(program, check[1:]...)
		command.Stdin = strings.NewReader(got.out)
		output, err := command.CombinedOutput()
		assert.NoError(t, err, string(output))
	}
	got := isvc("", "completion", "tcsh")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.err, `there is no completion for "tcsh": use bash, zsh, fish or kubectl`)
}

func TestCommandsAndFormsOfOutputAreCompleted(t *testing.T) {
	for line, want := range map[string][]string{
		"re":                  {"release", "render", "replay"},
		"render -o ":          {"yaml", "json"},
		"explain --output ":   {"text", "table", "json", "mermaid", "html"},
		"lint -o ":            {"text", "json", "sarif", "junit", "github", "markdown"},
		"serve --log-format ": {"json", "text"},
		"completion ":         {"bash", "zsh", "fish", "kubectl"},
	} {
		got := isvc("", append([]string{"__complete"}, strings.Split(line, " ")...)...)
		assert.Equal(t, 0, got.code, got.err)
		var offered []string
		for _, text := range strings.Split(got.out, "\n") {
			if word, _, _ := strings.Cut(text, "\t"); word != "" && !strings.HasPrefix(word, ":") {
				offered = append(offered, word)
			}
		}
		assert.Equal(t, want, offered, line)
	}
}

func TestAPluginIsCalledAsPeopleTypeIt(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/bin/isvc": "isvc", "/usr/local/bin/kubectl-isvc": "kubectl isvc", `kubectl-isvc.exe`: "kubectl isvc",
	} {
		var out, err bytes.Buffer
		code := runCommandLine([]string{program, "render", "-o", "xml"}, streams{in: strings.NewReader(""), out: &out, err: &err})
		assert.Equal(t, 2, code)
		assert.True(t, strings.HasPrefix(err.String(), want+": there is no output form"), err.String())
		out.Reset()
		require.Equal(t, 0, runCommandLine([]string{program, "render", "--help"}, streams{in: strings.NewReader(""), out: &out, err: &err}))
		assert.Contains(t, out.String(), "\n  "+want+" render (-f PATH... | --cluster)")
	}
}
