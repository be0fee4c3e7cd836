package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/hook/prommetrics"
	"github.com/isvc-io/isvc/sync/hook/reload"
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

// address waits for the address of the hooks in the log of a server that is
// starting.
func (j *journal) address(t *testing.T) string { return j.addressOf(t, "serving") }

func (j *journal) addressOf(t *testing.T, what string) string {
	t.Helper()
	var line struct{ Msg, Address string }
	require.Eventually(t, func() bool {
		for _, text := range strings.Split(j.String(), "\n") {
			if json.Unmarshal([]byte(text), &line) == nil && line.Msg == what {
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

// metricsPage is what Prometheus reads.
func metricsPage(metrics *prommetrics.Metrics) string {
	recorder := httptest.NewRecorder()
	metricsRoutes(metrics, false).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

// get reads a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// started runs serve until the test ends.
func started(t *testing.T, args ...string) *journal {
	t.Helper()
	flags, set := &serveFlags{}, pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	require.NoError(t, set.Parse(append([]string{
		"--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--drain-delay", "0s",
	}, args...)))
	log, stopped := &journal{}, make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() { stopped <- flags.run(ctx, streams{err: log}) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-stopped)
	})
	return log
}

func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	log := started(t, "--check-determinism", "1")
	hooks, metrics := "http://"+log.address(t), "http://"+log.addressOf(t, "serving metrics")
	response, err := http.Post(hooks+"/sync", "", strings.NewReader(`{"parent":{"apiVersion":"ome.io/v1beta1","kind":"InferenceService",`+
		`"metadata":{"name":"chat","namespace":"a"},"spec":{"model":{"name":"tiny"},"engine":{}}},"children":{"Deployment.apps/v1":{}}}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	var page string
	require.Eventually(t, func() bool {
		_, page = get(t, metrics+"/metrics")
		return strings.Contains(page, `isvc_hook_requests_total{code="200",hook="sync"} 1`)
	}, 5*time.Second, time.Millisecond, "a call is counted after it was answered")
	assert.Contains(t, page, `isvc_holds_total{reason="ModelNotFound"} 1`)
	assert.Contains(t, page, "\nisvc_nondeterminism_total 0\n")
	assert.Contains(t, page, `goversion="`+runtime.Version()+`"`)

	code, _ := get(t, hooks+"/metrics")
	assert.Equal(t, http.StatusNotFound, code)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline"} {
		code, _ = get(t, metrics+path)
		assert.Equal(t, http.StatusNotFound, code, "profiles are off by default")
	}
}

func TestProfilesAreServedOnRequest(t *testing.T) {
	log := started(t, "--profiling")
	metrics := "http://" + log.addressOf(t, "serving metrics")
	code, text := get(t, metrics+"/debug/pprof/goroutine?debug=1")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, text, "goroutine profile: ")
	code, _ = get(t, "http://"+log.address(t)+"/debug/pprof/")
	assert.Equal(t, http.StatusNotFound, code, "not beside the hooks")
}

func TestServeRecords(t *testing.T) {
	root := t.TempDir()
	t.Run("serve", func(t *testing.T) {
		log := started(t, "--record", root, "--record-every", "2")
		for range 3 {
			response, err := http.Post("http://"+log.address(t)+"/sync", "", strings.NewReader(
				`{"parent":{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"a"}},"children":{}}`))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
	})
	files := recordings(t, root)
	require.Len(t, files, 2)
	got := isvc("", append([]string{"replay"}, files...)...)
	assert.Equal(t, 0, got.code, got.out+got.err)
}

func TestServeRefusesFlagsThatCannotBeMeant(t *testing.T) {
	for want, args := range map[string][]string{
		"--profiling needs --metrics-listen":                     {"--profiling", "--metrics-listen", ""},
		"--body-limit and --concurrency must be positive":        {"--concurrency", "0"},
		"--body-budget must not be less than --body-limit":       {"--body-budget", "1000"},
		"--check-determinism must not be negative":               {"--check-determinism", "-1"},
		"--record-every and --record-max-bytes must be positive": {"--record", t.TempDir(), "--record-every", "0"},
		"--tls-cert and --tls-key need each other":               {"--tls-cert", "x"},
		"--client-ca needs --tls-cert and --tls-key":             {"--client-ca", "x"},
		"cannot load the token: ":                                {"--token-file", "/does/not/exist"},
		"cannot load the configuration: ":                        {"--config", "/does/not/exist"},
		`there is no log format "xml": use json or text`:         {"--log-format", "xml"},
		"cannot listen on 256.0.0.1:1 for metrics: ":             {"--metrics-listen", "256.0.0.1:1"},
	} {
		got := isvc("", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		assert.Equal(t, 2, got.code, args)
		assert.Contains(t, got.err, want)
	}
}

func TestABrokenConfigurationKeepsTheOld(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"deploy": `{"defaultDeploymentMode":"Serverless"}`}), "")
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(path, "deploy"), []byte(text), 0o600))
	}
	log := &journal{}
	logger, err := newLogger("text", log)
	require.NoError(t, err)
	metrics := newMetrics()
	watched, err := watchConfig(path, reload.Options{Poll: time.Nanosecond, Logger: logger, Failed: metrics.ConfigReloadFailed})
	require.NoError(t, err)
	assert.Equal(t, "Serverless", watched().Deploy.DefaultDeploymentMode)

	write(`{"defaultDeploymentMode":`)
	assert.Equal(t, "Serverless", watched().Deploy.DefaultDeploymentMode)
	assert.Contains(t, log.String(), "section deploy: ")
	assert.Contains(t, metricsPage(metrics), "\nisvc_config_reload_failures_total 1\n")

	write(`{"defaultDeploymentMode":"RawDeployment"}`)
	assert.Equal(t, "RawDeployment", watched().Deploy.DefaultDeploymentMode)

	write(`{"defaultDeploymentMode":`)
	watched, err = watchConfig(path, reload.Options{Logger: logger})
	require.NoError(t, err, "services that need the section are held")
	assert.Contains(t, watched().Problems, "deploy")
}
