package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/hook"
)

func TestEnvironmentVariablesStandForFlags(t *testing.T) {
	environment := map[string]string{"ISVC_LISTEN": ":1", "ISVC_TOKEN_FILE": "t", "ISVC_DRAIN_DELAY": "3s", "ISVC_PODS": "false"}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	flags, set := &serveFlags{}, pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	require.NoError(t, set.Parse([]string{"--listen", ":2"}))
	require.NoError(t, fromEnvironment(set, lookup))
	assert.Equal(t, ":2", flags.listen, "the flag wins")
	assert.Equal(t, "t", flags.tokenFile)
	assert.Equal(t, 3*time.Second, flags.drainDelay)
	assert.False(t, flags.pods)

	environment["ISVC_BODY_LIMIT"] = "many"
	assert.ErrorContains(t, fromEnvironment(set, lookup), "environment variable ISVC_BODY_LIMIT: ")
}

// journal is a log that can be read while it is written.
type journal struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.text.String()
}

// address waits for the address in the log of a server that is starting.
func (j *journal) address(t *testing.T) string {
	t.Helper()
	var line struct{ Msg, Address string }
	require.Eventually(t, func() bool {
		for _, text := range strings.Split(j.String(), "\n") {
			if json.Unmarshal([]byte(text), &line) == nil && line.Msg == "serving" {
				return true
			}
		}
		return false
	}, 5*time.Second, time.Millisecond)
	return line.Address
}

func TestServeAnswersUntilItIsStopped(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("secret\n"), 0o600))
	flags, set := &serveFlags{}, pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	require.NoError(t, set.Parse([]string{
		"--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--token-file", token, "--drain-delay", "0s",
	}))
	log := &journal{}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- flags.run(ctx, streams{err: log}) }()
	url := "http://" + log.address(t)

	body := `{"parent":{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"a"},` +
		`"spec":{"model":{"name":"tiny"},"runtime":{"name":"rt"},"engine":{}}}`
	post := func(path, body string) (int, map[string]json.RawMessage) {
		request, err := http.NewRequest(http.MethodPost, url+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer secret")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		var answer map[string]json.RawMessage
		require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
		return response.StatusCode, answer
	}
	code, answer := post("/sync", body+`,"children":{"Deployment.apps/v1":{}}}`)
	assert.Equal(t, http.StatusOK, code)
	assert.JSONEq(t, "[]", string(answer["children"]))
	assert.Contains(t, answer, "status")
	code, answer = post("/customize", body+"}")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, string(answer["relatedResources"]), `"clusterbasemodels"`)
	assert.Contains(t, string(answer["relatedResources"]), `"pods"`)

	response, err := http.Post(url+"/sync", "", strings.NewReader(body+"}"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode)

	stop()
	assert.NoError(t, <-stopped)
	assert.NotContains(t, log.String(), "secret")
}

func TestServeReportsAnAddressThatIsTaken(t *testing.T) {
	got := isvc("", "serve", "--listen", "256.0.0.1:1", "--metrics-listen", "")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.err, "isvc: cannot listen on 256.0.0.1:1: ")
}

func TestABrokenConfigurationKeepsTheOld(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"deploy": `{"defaultDeploymentMode":"Serverless"}`}), "")
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(path, "deploy"), []byte(text), 0o600))
	}
	log := &journal{}
	logger, err := newLogger("text", log)
	require.NoError(t, err)
	watched, err := watchConfig(path, hook.WatchOptions{Poll: time.Nanosecond, Logger: logger})
	require.NoError(t, err)
	assert.Equal(t, "Serverless", watched.Get().Deploy.DefaultDeploymentMode)

	write(`{"defaultDeploymentMode":`)
	assert.Equal(t, "Serverless", watched.Get().Deploy.DefaultDeploymentMode)
	assert.Contains(t, log.String(), "section deploy: ")

	write(`{"defaultDeploymentMode":"RawDeployment"}`)
	assert.Equal(t, "RawDeployment", watched.Get().Deploy.DefaultDeploymentMode)

	write(`{"defaultDeploymentMode":`)
	watched, err = watchConfig(path, hook.WatchOptions{Logger: logger})
	require.NoError(t, err, "services that need the section are held")
	assert.Contains(t, watched.Get().Problems, "deploy")
}
