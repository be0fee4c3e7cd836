package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/record"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
)

// loadVariable is the environment variable with the number of calls of the
// load test, for example 10000. Without it the test is short.
const loadVariable = "ISVC_LOAD_TEST"

// loadSize is how many calls are made and how often servers restart meanwhile.
func loadSize(t *testing.T) (calls, restarts int) {
	t.Helper()
	text := os.Getenv(loadVariable)
	if text == "" {
		return 200, 2
	}
	calls, err := strconv.Atoi(text)
	require.NoError(t, err)
	return calls, max(2, calls/1000)
}

// job is a call and the children that it must be answered with.
type job struct {
	body     []byte
	children string
}

// jobs are the calls for the cases of the project that have an answer.
func jobs(t *testing.T) []job {
	t.Helper()
	h := hook.NewHandler(hook.Options{
		Sync: sync.Sync, Logger: slog.New(slog.DiscardHandler),
		Customize: func(json.RawMessage, kinds.Set) ([]sync.Rule, error) { return nil, nil },
	})
	folders, err := filepath.Glob("../../testdata/*/in")
	require.NoError(t, err)
	var all []job
	for _, folder := range folders {
		files, err := (&manifestFlags{paths: []string{folder}}).readAll(streams{})
		require.NoError(t, err)
		set, _ := load.Files(files, "default")
		for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
			body, err := json.Marshal(record.NewRecording(record.Program{}, request, record.Answer{}).Request)
			require.NoError(t, err)
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/sync", bytes.NewReader(body)))
			if recorder.Code == http.StatusOK {
				all = append(all, job{body, childrenOf(t, recorder.Body.Bytes())})
			}
		}
	}
	require.NotEmpty(t, all)
	return all
}

func childrenOf(t *testing.T, body []byte) string {
	t.Helper()
	var answer struct{ Children json.RawMessage }
	if !assert.NoError(t, json.Unmarshal(body, &answer)) {
		return ""
	}
	return string(answer.Children)
}

// replica is a server that can be restarted at its address.
type replica struct {
	address string
	ready   atomic.Bool
	stop    func()
	stopped chan error
}

func (r *replica) start(t *testing.T) {
	t.Helper()
	flags, set := &serveFlags{}, pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	require.NoError(t, set.Parse([]string{
		"--listen", r.address, "--metrics-listen", "", "--drain-delay", "60ms", "--concurrency", "3", "--check-determinism", "10",
	}))
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.stopped = stop, make(chan error, 1)
	go func() { r.stopped <- flags.run(ctx, streams{err: io.Discard}) }()
}

// freeAddress finds a port that no connection is given while the server is
// away: those of connections are higher.
func freeAddress(t *testing.T) string {
	t.Helper()
	for port := 20000 + os.Getpid()%8000; port < 32000; port++ {
		if listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			require.NoError(t, listener.Close())
			return listener.Addr().String()
		}
	}
	t.Fatal("there is no free port")
	return ""
}

func listens(address string) bool {
	connection, err := net.Dial("tcp", address)
	return err == nil && connection.Close() == nil
}

// watch does what a readiness probe does.
func (r *replica) watch(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	for ctx.Err() == nil {
		response, err := client.Get("http://" + r.address + "/readyz")
		if err == nil {
			_ = response.Body.Close()
		}
		r.ready.Store(err == nil && response.StatusCode == http.StatusOK)
		time.Sleep(5 * time.Millisecond)
	}
}

// endpoints are the servers behind a Service: connections go to a ready one.
type endpoints struct {
	replicas []*replica
	next     atomic.Int64
}

func (e *endpoints) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	for range e.replicas {
		r := e.replicas[int(e.next.Add(1))%len(e.replicas)]
		if r.ready.Load() {
			return (&net.Dialer{}).DialContext(ctx, network, r.address)
		}
	}
	return nil, errors.New("no endpoint is ready")
}

// tally is what became of the calls.
type tally struct {
	mutex     gosync.Mutex
	codes     map[int]int
	broken    int
	answered  int
	durations []time.Duration
}

// metacontroller calls the hooks as Metacontroller does: with its number of
// idle connections and its patience, and again after whatever went wrong.
type metacontroller struct {
	client *http.Client
	tally  tally
}

func newMetacontroller(e *endpoints) *metacontroller {
	return &metacontroller{
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			DialContext: e.dial, MaxIdleConns: 100, MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second,
		}},
		tally: tally{codes: map[int]int{}},
	}
}

// call returns the answer, or false when the call must be made again.
func (m *metacontroller) call(body []byte) ([]byte, bool) {
	started := time.Now()
	response, err := m.client.Post("http://isvc/sync", "application/json", bytes.NewReader(body))
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	m.tally.mutex.Lock()
	defer m.tally.mutex.Unlock()
	if err != nil {
		m.tally.broken++
		return nil, false
	}
	m.tally.codes[response.StatusCode]++
	if response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") == "" {
		m.tally.codes[0]++
	}
	if response.StatusCode != http.StatusOK {
		return nil, false
	}
	m.tally.answered++
	m.tally.durations = append(m.tally.durations, time.Since(started))
	return answer, true
}

// sync calls until there is an answer, at growing intervals.
func (m *metacontroller) sync(body []byte) []byte {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if answer, ok := m.call(body); ok {
			return answer
		}
		time.Sleep(pause)
	}
}

// TestRestartsLoseNothing restarts servers during many calls.
func TestRestartsLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("restarts servers")
	}
	calls, restarts := loadSize(t)
	all := jobs(t)
	for name, count := range map[string]int{"a single server": 1, "two servers": 2} {
		t.Run(name, func(t *testing.T) { underLoad(t, all, calls, restarts, count) })
	}
}

func underLoad(t *testing.T, all []job, calls, restarts, count int) {
	service := &endpoints{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range count {
		r := &replica{address: freeAddress(t)}
		r.start(t)
		require.Eventually(t, func() bool { return listens(r.address) }, 5*time.Second, time.Millisecond)
		go r.watch(ctx)
		service.replicas = append(service.replicas, r)
	}
	require.Eventually(t, func() bool { return service.replicas[count-1].ready.Load() }, 5*time.Second, time.Millisecond)
	m, started := newMetacontroller(service), time.Now()
	var done atomic.Int64
	var workers gosync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for i := worker; i < calls; i += 8 {
				job := all[i%len(all)]
				if got := childrenOf(t, m.sync(job.body)); got != job.children {
					t.Errorf("call %d has another answer: %s", i, got)
				}
				done.Add(1)
			}
		})
	}
	for n := range restarts {
		for done.Load() < int64(calls*(n+1)/(restarts+2)) {
			time.Sleep(time.Millisecond)
		}
		r := service.replicas[n%count]
		r.stop()
		require.NoError(t, <-r.stopped, "every call that was accepted was answered")
		r.start(t)
	}
	workers.Wait()
	m.judge(t, calls, restarts, time.Since(started))
	for _, r := range service.replicas {
		r.stop()
		assert.NoError(t, <-r.stopped)
	}
}

// judge requires that each call was answered and that nothing but 200 and 429
// was seen.
func (m *metacontroller) judge(t *testing.T, calls, restarts int, took time.Duration) {
	t.Helper()
	assert.Equal(t, calls, m.tally.answered)
	for code := range m.tally.codes {
		assert.Contains(t, []int{http.StatusOK, http.StatusTooManyRequests}, code)
	}
	sort.Slice(m.tally.durations, func(i, j int) bool { return m.tally.durations[i] < m.tally.durations[j] })
	at := func(part float64) time.Duration {
		return m.tally.durations[int(part*float64(calls-1))].Round(10 * time.Microsecond)
	}
	t.Logf("%d calls and %d restarts in %s: status %v, %d connections refused or broken and called again, "+
		"answers take %s (half), %s (99 %%), %s (all)",
		calls, restarts, took.Round(time.Millisecond), m.tally.codes, m.tally.broken, at(.5), at(.99), at(1))
}
