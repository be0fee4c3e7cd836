package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/check"
)

// fakeClusterAddress is the variable with the address of the fakeCluster.
const fakeClusterAddress = "ISVC_TEST_CLUSTER"

// TestMain makes this program a kubectl where it is called so, or isvc-check, or another version of isvc:
// fakeCluster and the tests of validate and plan make links to it.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "kubectl":
		os.Exit(askFakeCluster(os.Args[1:]))
	case check.ProgramName:
		os.Exit(runFakeCheck(os.Stdin, os.Stdout))
	case formerIsvc:
		os.Exit(runFormerVersion(os.Args))
	case presentIsvc:
		os.Exit(runCommandLine(os.Args, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
	}
	debug.SetGCPercent(800) // almost nothing that the tests make stays
	os.Exit(m.Run())
}

// kubectlAnswer is what a call of kubectl prints, and its exit status.
type kubectlAnswer struct {
	Out, Err string
	Code     int
}

// askFakeCluster hands the arguments to the test and prints its answer.
func askFakeCluster(args []string) int {
	body, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	response, err := http.Post(os.Getenv(fakeClusterAddress), "application/json", bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer kubectlAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		panic(err)
	}
	_, _ = io.WriteString(os.Stdout, answer.Out)
	_, _ = io.WriteString(os.Stderr, answer.Err)
	return answer.Code
}

// fakeService is a service of a fakeCluster.
type fakeService struct {
	namespace, name string
	// holds is the message of the condition UpdateAvailable; empty for none.
	holds string
	// after are the states that the looks after a release find, the last one for ever.
	after      []fakeState
	deleting   bool
	annotation string
	// goneAfterRelease deletes the service when it is released.
	goneAfterRelease bool

	released bool
	// done is whether a look has found the last state.
	done bool
}

// fakeState is a status of a service.
type fakeState struct {
	ready           string
	transition      string
	routerRevision  string
	olderGeneration bool
	stillHolds      bool
	failure         string
}

// The states of a service.
var (
	serves      = fakeState{ready: "True", transition: "UpToDate"}
	unavailable = fakeState{ready: "False", transition: "InProgress"}
	replacing   = fakeState{ready: "True", transition: "InProgress"}
)

func (s *fakeService) key() string { return s.namespace + "/" + s.name }

// state is what a look finds; time goes on with each look after a release.
func (s *fakeService) state() fakeState {
	if !s.released {
		return fakeState{ready: "True", transition: "UpToDate", stillHolds: s.holds != ""}
	}
	state := s.after[0]
	if s.done = len(s.after) == 1; !s.done {
		s.after = s.after[1:]
	}
	return state
}

// look is the service as kubectl prints it.
func (s *fakeService) look() map[string]any {
	state := s.state()
	ready := map[string]any{"type": "Ready", "status": state.ready}
	if state.ready != "True" {
		ready["reason"], ready["message"] = "MinimumReplicasUnavailable", "engine: 0 of 1 pods are available"
	}
	conditions := []any{ready}
	if state.stillHolds {
		conditions = append(conditions, map[string]any{"type": "UpdateAvailable", "status": "True", "reason": "UpgradeHeld", "message": s.holds})
	}
	metadata := map[string]any{"namespace": s.namespace, "name": s.name, "generation": 4}
	if s.annotation != "" {
		metadata["annotations"] = map[string]any{"isvc.io/release": s.annotation}
	}
	if s.deleting {
		metadata["deletionTimestamp"] = "2026-11-29T10:00:00Z"
	}
	status := map[string]any{
		"observedGeneration": 4, "conditions": conditions,
		"components": map[string]any{"router": map[string]any{
			"latestCreatedRevision": "chat-router-00002", "latestReadyRevision": cmp.Or(state.routerRevision, "chat-router-00002"),
		}},
		"modelStatus": map[string]any{
			"transitionStatus": state.transition, "lastFailureInfo": map[string]any{"message": state.failure},
		},
	}
	if state.olderGeneration {
		status["observedGeneration"] = 3
	}
	return map[string]any{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": metadata,
		"spec": map[string]any{"engine": "not what the types have"}, "status": status,
	}
}

// fakeCluster answers kubectl as a cluster with some services does.
type fakeCluster struct {
	mutex    sync.Mutex
	services []*fakeService
	calls    [][]string
	// patched are the releases in their order, as "namespace/name=text".
	patched []string
	// atOnce is how many services were released and not Ready at the same moment, at most.
	atOnce int
	// answer replaces the answer to a call where it returns one; it is called with the lock.
	answer func(args []string) *kubectlAnswer
}

// newFakeCluster puts a kubectl into PATH, and nothing else, that reaches the services.
func newFakeCluster(t *testing.T, services ...*fakeService) *fakeCluster {
	t.Helper()
	c := &fakeCluster{services: services}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var args []string
		if !assert.NoError(t, json.NewDecoder(r.Body).Decode(&args)) {
			return
		}
		assert.NoError(t, json.NewEncoder(w).Encode(c.call(args)))
	}))
	t.Cleanup(server.Close)
	program, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.Symlink(program, filepath.Join(folder, "kubectl")))
	t.Setenv("PATH", folder)
	t.Setenv(fakeClusterAddress, server.URL)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // kubectl is this program: under the race detector it would sleep a second at its end
	return c
}

// change changes what the cluster answers.
func (c *fakeCluster) change(how func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	how()
}

func (c *fakeCluster) call(args []string) kubectlAnswer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.calls = append(c.calls, args)
	if c.answer != nil {
		if answer := c.answer(args); answer != nil {
			return *answer
		}
	}
	if len(args) < 2 || args[1] != "inferenceservices.ome.io" {
		return failing("error: unknown command %q", args)
	}
	switch args[0] {
	case "get":
		return c.get(args[2:])
	case "patch":
		return c.patch(args[2:])
	}
	return failing("error: unknown command %q", args[0])
}

func failing(format string, values ...any) kubectlAnswer {
	return kubectlAnswer{Err: fmt.Sprintf(format+"\n", values...), Code: 1}
}

// argument is the value of --name=value; present reports whether the flag is there.
func argument(args []string, name string) (value string, present bool) {
	for _, arg := range args {
		if value, is := strings.CutPrefix(arg, name+"="); is {
			return value, true
		}
	}
	return "", slices.Contains(args, name)
}

// get prints a List of what a rule selects, or one object by name.
func (c *fakeCluster) get(args []string) kubectlAnswer {
	namespace, given := argument(args, "--namespace")
	if !given {
		namespace = "current"
	}
	_, everywhere := argument(args, "--all-namespaces")
	named := !strings.HasPrefix(args[0], "--")
	items := []map[string]any{}
	for _, service := range c.services {
		if (everywhere || service.namespace == namespace) && (!named || service.name == args[0]) {
			items = append(items, service.look())
		}
	}
	switch {
	case !named:
		return printed(map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}, "items": items})
	case len(items) > 0:
		return printed(items[0])
	}
	if _, ignored := argument(args, "--ignore-not-found"); ignored {
		return kubectlAnswer{}
	}
	return failing("Error from server (NotFound): inferenceservices.ome.io %q not found", args[0])
}

func printed(object any) kubectlAnswer {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return kubectlAnswer{Out: string(text)}
}

// patch releases a service.
func (c *fakeCluster) patch(args []string) kubectlAnswer {
	namespace, _ := argument(args, "--namespace")
	text, _ := argument(args, "--patch")
	var patch struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal([]byte(text), &patch); err != nil || !slices.Contains(args, "--type=merge") {
		return failing("error: unable to parse %q", text)
	}
	for i, service := range c.services {
		if service.namespace != namespace || service.name != args[0] {
			continue
		}
		service.annotation, service.released = patch.Metadata.Annotations["isvc.io/release"], true
		c.patched = append(c.patched, service.key()+"="+service.annotation)
		running := 0
		for _, other := range c.services {
			if other.released && !other.done {
				running++
			}
		}
		c.atOnce = max(c.atOnce, running)
		if service.goneAfterRelease {
			c.services = slices.Delete(slices.Clone(c.services), i, i+1)
		}
		return kubectlAnswer{Out: "inferenceservice.ome.io/" + service.name + " patched\n"}
	}
	return failing("Error from server (NotFound): inferenceservices.ome.io %q not found", args[0])
}

// callsOf are the calls of one verb of kubectl, each as one string.
func (c *fakeCluster) callsOf(verb string) (lines []string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, args := range c.calls {
		if args[0] == verb {
			lines = append(lines, strings.Join(args, " "))
		}
	}
	return lines
}
