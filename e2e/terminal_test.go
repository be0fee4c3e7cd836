package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// programsInPath returns the folder with what people have in PATH: kubectl of the version of the control plane,
// isvc, and isvc as a plugin of kubectl.
func programsInPath(t testing.TB) (folder string) {
	t.Helper()
	folder, err := linkPrograms()
	require.NoError(t, err)
	return folder
}

var linkPrograms = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), coldBuild)
	defer cancel()
	kubectl, err := cluster.BuildKubectl(ctx, "controlplane", os.Stdout)
	if err != nil {
		return "", err
	}
	isvc, err := presentProgram()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(plane.Folder(), "bin")
	return folder, errors.Join(
		os.Mkdir(folder, 0o700),
		os.Symlink(kubectl, filepath.Join(folder, "kubectl")),
		os.Symlink(isvc, filepath.Join(folder, "isvc")),
		os.Symlink(isvc, filepath.Join(folder, "kubectl-isvc")),
	)
})

// withPrograms is the environment of a program that finds kubectl and isvc in PATH.
func withPrograms(t testing.TB) []string {
	t.Helper()
	return append(os.Environ(), "PATH="+programsInPath(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// terminal is where people type: a shell in a folder, whose kubectl reaches the control plane.
type terminal struct {
	folder string
	env    []string
}

// newTerminal opens a terminal for a kubeconfig, which commands may change.
func newTerminal(t *testing.T, kubeconfig string) *terminal {
	t.Helper()
	folder := t.TempDir()
	text, err := os.ReadFile(kubeconfig)
	require.NoError(t, err)
	file := filepath.Join(folder, ".kubeconfig")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return &terminal{folder, append(withPrograms(t), "KUBECONFIG="+file, "NO_COLOR=1", "COLUMNS=120", "TZ=UTC")}
}

// typed runs what is typed, and returns what is seen and the exit status.
func (c *terminal) typed(t *testing.T, command string) (seen string, status int) {
	t.Helper()
	shell := exec.Command("bash", "-o", "pipefail", "-c", command)
	shell.Dir, shell.Env = c.folder, c.env
	output, err := shell.CombinedOutput()
	exit := &exec.ExitError{}
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	t.Logf("$ %s\n%s(%d)", command, output, shell.ProcessState.ExitCode())
	return string(output), shell.ProcessState.ExitCode()
}

// sees runs what is typed, which must succeed, and wants to see some texts.
func (c *terminal) sees(t *testing.T, command string, texts ...string) (seen string) {
	t.Helper()
	seen, status := c.typed(t, command)
	assert.Zero(t, status, command)
	for _, text := range texts {
		assert.Contains(t, seen, text, command)
	}
	return seen
}
