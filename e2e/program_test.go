package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The file in which the next version differs from the present one, and the line
// after which it has another one: every container says more about its end.
const (
	changedFile = "../modes/pod_template.go"
	lineBefore  = "\ttemplate.Annotations = maps.Clone(annotations)\n"
	addedLines  = "\tfor i := range template.Spec.Containers {\n" +
		"\t\ttemplate.Spec.Containers[i].TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError\n" +
		"\t}\n"
)

// changedField is what the next version changes in every container, nextValue to
// what.
const changedField, nextValue = "terminationMessagePolicy", "FallbackToLogsOnError"

// versions are two versions of the program: of the sources as they are, and of
// the same with another default in pod templates.
type versions struct{ present, next string }

// buildVersions builds the two versions, once.
func buildVersions(t testing.TB) versions {
	t.Helper()
	built, err := builtVersions()
	require.NoError(t, err)
	return built
}

var builtVersions = sync.OnceValues(func() (versions, error) {
	folder := plane.Folder()
	overlay, err := writeOverlay(folder)
	if err != nil {
		return versions{}, err
	}
	present, err := presentProgram()
	if err != nil {
		return versions{}, err
	}
	next := filepath.Join(folder, "isvc-next")
	return versions{present, next}, buildProgram(next, "-overlay", overlay)
})

// presentProgram builds the program of the sources as they are, once.
var presentProgram = sync.OnceValues(func() (string, error) {
	program := filepath.Join(plane.Folder(), "isvc-present")
	return program, buildProgram(program)
})

// writeOverlay writes the changed source, and the file that tells the compiler
// to take it.
func writeOverlay(folder string) (overlay string, err error) {
	source, err := os.ReadFile(changedFile)
	if err != nil {
		return "", err
	}
	if bytes.Count(source, []byte(lineBefore)) != 1 {
		return "", fmt.Errorf("%s has not exactly one line %q: choose another place for the change of the next version", changedFile, lineBefore)
	}
	changed := filepath.Join(folder, "changed.go.txt")
	source = bytes.Replace(source, []byte(lineBefore), []byte(lineBefore+addedLines), 1)
	if err := os.WriteFile(changed, source, 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(changedFile)
	if err != nil {
		return "", err
	}
	replacements, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, replacements, 0o600)
}

func buildProgram(program string, flags ...string) error {
	build := exec.Command("go", append(append([]string{"build"}, flags...), "-ldflags=-w", "-o", program, "./cmd/isvc")...)
	build.Dir = ".."
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", program, err, output)
	}
	return nil
}

// hookServer is the program at an address that stays while the program is
// killed, started again and replaced by another version.
type hookServer struct {
	address, config string

	program, log string
	starts       int
	kill         func()
}

// newHookServer has the configuration of our manifests and is not started.
func newHookServer(t testing.TB) *hookServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &hookServer{address: listener.Addr().String(), config: filepath.Join(t.TempDir(), "config.yaml"), kill: func() {}}
	require.NoError(t, listener.Close())
	s.configure(t, `{}`)
	t.Cleanup(func() { s.kill() })
	return s
}

// configure writes the configuration of our manifests with another section
// rollout. The server reads it when it starts, and within seconds while it runs.
func (s *hookServer) configure(t testing.TB, rollout string) {
	t.Helper()
	configuration := ofManifests(t, "configmap")
	require.NoError(t, unstructured.SetNestedField(configuration.Object, rollout, "data", "rollout"))
	text, err := configuration.MarshalJSON()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.config, text, 0o600))
}

// replace kills what runs and starts a program.
func (s *hookServer) replace(t testing.TB, program string) {
	t.Helper()
	s.kill()
	s.starts++
	name := fmt.Sprintf("isvc-%s-%d", filepath.Base(t.Name()), s.starts)
	kill, err := plane.Run(name, program, "serve", "--listen="+s.address, "--metrics-listen=", "--config="+s.config)
	require.NoError(t, err)
	s.program, s.kill, s.log = program, kill, filepath.Join(plane.Folder(), name+".log")
	require.Eventually(t, s.ready, 10*time.Second, 20*time.Millisecond, "the server is not ready")
}

func (s *hookServer) url() string { return "http://" + s.address }

func (s *hookServer) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // only the status counts
	return response.StatusCode == http.StatusOK
}

// answers counts the answers of the sync hook since a place in the log, by
// service, as the server's own log tells of them.
func (s *hookServer) answers(t testing.TB, since logPlace) map[string]int {
	t.Helper()
	data, err := os.ReadFile(s.log)
	require.NoError(t, err)
	if since.log == s.log {
		data = data[since.size:]
	}
	answered := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var call struct {
			Msg, Hook, Namespace, Name string
			Code                       int
		}
		if json.Unmarshal(lines.Bytes(), &call) == nil && call.Msg == "call" && call.Hook == "sync" && call.Code == http.StatusOK {
			answered[call.Namespace+"/"+call.Name]++
		}
	}
	return answered
}

// logPlace is a place in the log of one start of the server.
type logPlace struct {
	log  string
	size int
}

func (s *hookServer) end(t testing.TB) logPlace {
	t.Helper()
	data, err := os.ReadFile(s.log)
	require.NoError(t, err)
	return logPlace{s.log, bytes.LastIndexByte(data, '\n') + 1}
}

// isvc runs the program on the command line against the control plane.
func (s *hookServer) isvc(t testing.TB, args ...string) string {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("tester")
	require.NoError(t, err)
	command := exec.Command(s.program, append(args, "--kubeconfig", kubeconfig)...)
	command.Env = withPrograms(t)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "isvc %s:\n%s", strings.Join(args, " "), output)
	return string(output)
}
