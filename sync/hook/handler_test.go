package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// answering is a Syncer that always gives the same answer.
func answering(t *testing.T, children ...string) Syncer {
	return func(*sync.Request) (*sync.Response, error) {
		response := &sync.Response{Status: v1beta1.InferenceServiceStatus{ObservedGeneration: 3}}
		for _, child := range children {
			response.Children = append(response.Children, aChild(t, child))
		}
		return response, nil
	}
}

func noRules(json.RawMessage, kinds.Set) ([]sync.Rule, error) { return nil, nil }

// handler is a handler that logs into a buffer.
func handler(options Options) (*Handler, *bytes.Buffer) {
	var log bytes.Buffer
	options.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	if options.Customize == nil {
		options.Customize = noRules
	}
	return NewHandler(options), &log
}

func call(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder
}

// isOneLine requires that a text is exactly one line.
func isOneLine(t *testing.T, text string) {
	t.Helper()
	assert.True(t, strings.HasSuffix(text, "\n"), text)
	assert.Equal(t, 1, strings.Count(text, "\n"), text)
}

func TestSyncAnswersWithStatusAndChildren(t *testing.T) {
	h, log := handler(Options{Sync: answering(t, deployment())})
	got := call(h, "POST", "/sync", string(recorded(t, "sync.json")))
	assert.Equal(t, http.StatusOK, got.Code)
	assert.Equal(t, "application/json", got.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"status":{"observedGeneration":3},"children":[`+deployment()+`]}`, got.Body.String())

	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line), "one call is one line")
	for key, want := range map[string]any{
		"level": "INFO", "hook": "sync", "namespace": "team-a", "name": "chat", "generation": 3.0, "resourceVersion": "4711",
		"uid": "0a6f2f6e-1b1f-4c53-8a0b-52b1a5a5a002", "deleting": false, "observed": 1.0, "returned": 1.0,
		"code": 200.0, "verdict": "computed", "bytesOut": float64(got.Body.Len()),
	} {
		assert.Equal(t, want, line[key], key)
	}
	assert.NotContains(t, log.String(), "mistral", "bodies are not logged")
}

func TestSyncPassesConfigurationAndTime(t *testing.T) {
	c := config.Default()
	var seen *sync.Request
	h, _ := handler(Options{
		Config: func() *config.Config { return c },
		Now:    func() time.Time { return time.Unix(1_700_000_000, 5) },
		Sync: func(request *sync.Request) (*sync.Response, error) {
			seen = request
			return &sync.Response{}, nil
		},
	})
	assert.Equal(t, http.StatusOK, call(h, "POST", "/sync", minimal).Code)
	assert.Same(t, c, seen.Config)
	assert.Equal(t, time.Unix(1_700_000_000, 0).UTC(), seen.Now.Time)
}

func TestCustomizeAnswersWithRules(t *testing.T) {
	rules := []sync.Rule{{APIVersion: "ome.io/v1beta1", Resource: "basemodels", Namespace: "team-a", Names: []string{"m"}}}
	h, _ := handler(Options{Customize: func(parent json.RawMessage, declared kinds.Set) ([]sync.Rule, error) {
		assert.Contains(t, string(parent), "rt-mistral")
		assert.True(t, declared.Has(kinds.HTTPRoute))
		return rules, nil
	}})
	got := call(h, "POST", "/customize", string(recorded(t, "customize.json")))
	assert.Equal(t, http.StatusOK, got.Code)
	assert.JSONEq(t, `{"relatedResources":[{"apiVersion":"ome.io/v1beta1","resource":"basemodels","namespace":"team-a","names":["m"]}]}`, got.Body.String())

	rules = nil
	got = call(h, "POST", "/customize", string(recorded(t, "customize.json")))
	assert.JSONEq(t, `{"relatedResources":[]}`, got.Body.String())
}

func TestWhatIsNotTheProtocolIsRefused(t *testing.T) {
	h, _ := handler(Options{BodyLimit: 5000, Sync: func(*sync.Request) (*sync.Response, error) {
		return nil, errors.New("cannot read parent:\nno name")
	}})
	for name, test := range map[string]struct {
		method, path, body string
		code               int
		want               string
	}{
		"broken JSON":               {"POST", "/sync", "{", 400, "cannot read the request: it is not valid JSON: unexpected EOF (at byte 1)\n"},
		"broken JSON for customize": {"POST", "/customize", "{]", 400, "cannot read the request: it is not valid JSON: "},
		"version v1": {"POST", "/sync", `{"controller":{"spec":{"hooks":{"sync":{"version":"v1"}}}},` + minimal[1:], 400,
			"hook version v1 is not supported: set spec.hooks.sync.version: v2 in the CompositeController\n"},
		"another parent":        {"POST", "/sync", strings.Replace(minimal, "InferenceService", "Thing", 1), 400, "the parent is a Thing.ome.io/v1beta1: these hooks are for InferenceService.ome.io/v1beta1\n"},
		"what sync refuses":     {"POST", "/sync", minimal, 400, "cannot read parent: no name\n"},
		"too much":              {"POST", "/sync", strings.Repeat(" ", 5001), 413, "the request is larger than 5000 bytes\n"},
		"GET of a hook":         {"GET", "/sync", "", 405, "method GET is not allowed: use POST\n"},
		"POST of a page":        {"POST", "/healthz", "", 405, "method POST is not allowed: use GET, HEAD\n"},
		"a path that is not":    {"POST", "/finalize", "", 404, "not found: the paths are"},
		"a path after a hook's": {"POST", "/sync/", "", 404, "not found: the paths are"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(h, test.method, test.path, test.body)
			assert.Equal(t, test.code, got.Code)
			assert.True(t, strings.HasPrefix(got.Body.String(), test.want), got.Body.String())
			isOneLine(t, got.Body.String())
		})
	}
	assert.Equal(t, "POST", call(h, "PUT", "/sync", "").Header().Get("Allow"))
}

func TestPages(t *testing.T) {
	h, _ := handler(Options{Version: map[string]string{"version": "1.2.3"}})
	assert.Equal(t, "ok\n", call(h, "GET", "/healthz", "").Body.String())
	assert.Equal(t, "ok\n", call(h, "GET", "/readyz", "").Body.String())
	assert.Equal(t, http.StatusOK, call(h, "HEAD", "/readyz", "").Code)
	assert.JSONEq(t, `{"version":"1.2.3"}`, call(h, "GET", "/version", "").Body.String())
	h.FailReadiness()
	assert.Equal(t, http.StatusServiceUnavailable, call(h, "GET", "/readyz", "").Code)
	assert.Equal(t, http.StatusOK, call(h, "GET", "/healthz", "").Code)
}

// counting is a Metrics that remembers.
type counting struct {
	panics, invalid, differed int
	codes                     []int
	held, heldUpdates         []string
	returned                  []kinds.Kind
}

func (c *counting) CountCall(_ string, code int, _ time.Duration, _, _ int) {
	c.codes = append(c.codes, code)
}
func (c *counting) CountHold(reason string)       { c.held = append(c.held, reason) }
func (c *counting) CountHeldUpdate(reason string) { c.heldUpdates = append(c.heldUpdates, reason) }
func (c *counting) CountInvalidResponse()         { c.invalid++ }
func (c *counting) CountPanic(string)             { c.panics++ }
func (c *counting) CountDifference()              { c.differed++ }
func (c *counting) CountChild(kind kinds.Kind) {
	c.returned = append(c.returned, kind)
}

func TestChildrenAreCountedByKindWhenTheyAreReturned(t *testing.T) {
	metrics := &counting{}
	h, _ := handler(Options{Metrics: metrics, Sync: answering(t, deployment())})
	call(h, "POST", "/sync", string(recorded(t, "sync.json")))
	assert.Equal(t, []kinds.Kind{kinds.Deployment}, metrics.returned)
	h, _ = handler(Options{Metrics: metrics, Sync: answering(t, deployment(), deployment())})
	assert.Equal(t, 500, call(h, "POST", "/sync", string(recorded(t, "sync.json"))).Code)
	assert.Len(t, metrics.returned, 1, "an answer that is not sent returns nothing")
}

func TestAPanicIsAnAnswer(t *testing.T) {
	metrics := &counting{}
	h, log := handler(Options{Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) {
		panic("secret\nvalue")
	}})
	var bodies []string
	for range 2 {
		got := call(h, "POST", "/sync", minimal)
		assert.Equal(t, http.StatusInternalServerError, got.Code)
		isOneLine(t, got.Body.String())
		bodies = append(bodies, got.Body.String())
	}
	assert.Equal(t, "cannot compute InferenceService team-a/chat: internal error, its children stay as they are\n", bodies[0])
	assert.Equal(t, bodies[0], bodies[1])
	assert.Equal(t, 2, metrics.panics)
	assert.Equal(t, []int{500, 500}, metrics.codes)
	assert.Equal(t, 2, strings.Count(log.String(), `"msg":"panic"`), "the stack is logged once for each panic")
	assert.Contains(t, log.String(), "handler_test.go")
}

func TestAResponseThatBreaksARuleIsAnError(t *testing.T) {
	for name, response := range map[string]*sync.Response{
		"no response":        nil,
		"a null child":       {Children: []*unstructured.Unstructured{nil}},
		"no children at all": {},
	} {
		metrics := &counting{}
		h, _ := handler(Options{Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) { return response, nil }})
		got := call(h, "POST", "/sync", string(recorded(t, "sync.json")))
		assert.Equal(t, http.StatusInternalServerError, got.Code, name)
		assert.Contains(t, got.Body.String(), "cannot answer for InferenceService team-a/chat: ", name)
		isOneLine(t, got.Body.String())
		assert.Equal(t, 1, metrics.invalid, name)
	}
}

func TestAHoldIsAnAnswer(t *testing.T) {
	metrics := &counting{}
	h, log := handler(Options{Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) {
		return &sync.Response{
			Children: []*unstructured.Unstructured{aChild(t, deployment())},
			Hold:     &finding.Finding{Reason: "ModelNotFound", Message: "there is no model"},
		}, nil
	}})
	got := call(h, "POST", "/sync", string(recorded(t, "sync.json")))
	assert.Equal(t, http.StatusOK, got.Code)
	assert.Contains(t, got.Body.String(), "chat-engine")
	assert.Equal(t, []string{"ModelNotFound"}, metrics.held)
	assert.Contains(t, log.String(), `"verdict":"hold"`)
}

func TestAPartThatIsHeldIsAnAnswer(t *testing.T) {
	metrics := &counting{}
	h, log := handler(Options{Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) {
		return &sync.Response{
			Children: []*unstructured.Unstructured{aChild(t, deployment())},
			Partial:  []finding.Finding{{Subject: "router", Reason: "NoRunner", Message: "there is no runner"}},
		}, nil
	}})
	assert.Equal(t, http.StatusOK, call(h, "POST", "/sync", string(recorded(t, "sync.json"))).Code)
	assert.Equal(t, []string{"NoRunner"}, metrics.held)
	assert.Contains(t, log.String(), `"verdict":"partial"`)
	assert.Contains(t, log.String(), `"reason":"router: NoRunner"`)
}

func TestHeldUpdatesAreCountedByReasonWhenTheyAreAnswered(t *testing.T) {
	metrics := &counting{}
	response := &sync.Response{
		Children: []*unstructured.Unstructured{aChild(t, deployment())},
		Held: []finding.Finding{
			{Subject: "engine", Reason: "UpgradeHeld"}, {Subject: "router", Reason: "CatalogueHeld"}, {Subject: "decoder", Reason: "UpgradeHeld"},
		},
	}
	h, log := handler(Options{Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) { return response, nil }})
	assert.Equal(t, http.StatusOK, call(h, "POST", "/sync", string(recorded(t, "sync.json"))).Code)
	assert.Equal(t, []string{"CatalogueHeld", "UpgradeHeld"}, metrics.heldUpdates, "a service counts once for each reason")
	assert.Empty(t, metrics.held, "what is computed is not held")
	assert.Contains(t, log.String(), `"verdict":"computed"`)
	response.RetryAfter = time.Second
	assert.Equal(t, http.StatusTooManyRequests, call(h, "POST", "/sync", string(recorded(t, "sync.json"))).Code)
	assert.Len(t, metrics.heldUpdates, 2, "an answer that is not sent keeps nothing")
}

func TestRetryAfterIsAWholeNumberOfSeconds(t *testing.T) {
	for after, want := range map[time.Duration]string{
		time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Minute: "60",
	} {
		h, _ := handler(Options{Sync: func(*sync.Request) (*sync.Response, error) {
			return &sync.Response{
				RetryAfter: after, Hold: &finding.Finding{Reason: "ModelNotFound", Message: "there is\nno model"},
				Children: []*unstructured.Unstructured{aChild(t, deployment())},
			}, nil
		}})
		got := call(h, "POST", "/sync", string(recorded(t, "sync.json")))
		assert.Equal(t, http.StatusTooManyRequests, got.Code)
		assert.Equal(t, want, got.Header().Get("Retry-After"))
		assert.Equal(t, "ModelNotFound: there is no model\n", got.Body.String())
	}
}

func TestOnlySoManyCallsAtOnce(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h, _ := handler(Options{Concurrency: 1, Sync: func(*sync.Request) (*sync.Response, error) {
		close(entered)
		<-leave
		return &sync.Response{}, nil
	}})
	done := make(chan int)
	go func() { done <- call(h, "POST", "/sync", minimal).Code }()
	<-entered
	got := call(h, "POST", "/customize", string(recorded(t, "customize.json")))
	assert.Equal(t, http.StatusTooManyRequests, got.Code)
	assert.Equal(t, "1", got.Header().Get("Retry-After"))
	assert.Equal(t, http.StatusOK, call(h, "GET", "/healthz", "").Code)
	close(leave)
	assert.Equal(t, http.StatusOK, <-done)
	assert.Equal(t, http.StatusOK, call(h, "POST", "/customize", string(recorded(t, "customize.json"))).Code)
}

func TestABearerTokenIsRequired(t *testing.T) {
	token := "first"
	h, _ := handler(Options{Sync: answering(t), Token: func() string { return token }})
	for header, want := range map[string]int{
		"": 401, "Bearer": 401, "Bearer ": 401, "Bearer second": 401, "Basic first": 401, "Bearer first": 200, "bearer first": 200,
	} {
		got := call(h, "POST", "/sync", minimal, "Authorization", header)
		assert.Equal(t, want, got.Code, header)
	}
	assert.Equal(t, http.StatusOK, call(h, "GET", "/healthz", "").Code, "health needs no token")
	token = "second"
	assert.Equal(t, 401, call(h, "POST", "/sync", minimal, "Authorization", "Bearer first").Code)
	assert.Equal(t, 200, call(h, "POST", "/sync", minimal, "Authorization", "Bearer second").Code)
}

func TestAClientCertificateIsRequired(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t), RequireClientCertificate: true})
	got := call(h, "POST", "/sync", minimal)
	assert.Equal(t, http.StatusUnauthorized, got.Code)
	isOneLine(t, got.Body.String())
	assert.Equal(t, http.StatusOK, call(h, "GET", "/readyz", "").Code)
}

func TestConcurrentCallsDoNotMix(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t, deployment())})
	h.Logger = slog.New(slog.DiscardHandler)
	want := call(h, "POST", "/sync", minimal).Body.String()
	got := make(chan string)
	for range 20 {
		go func() { got <- call(h, "POST", "/sync", minimal).Body.String() }()
	}
	for range 20 {
		assert.Equal(t, want, <-got)
	}
}

// TestTheMemoryOfACallReachesNoOther: calls of several services at once, whose
// memory is used again and again, get the answers that each gets alone.
func TestTheMemoryOfACallReachesNoOther(t *testing.T) {
	bodies := [][]byte{material(t, "mission-raw", 0), material(t, "runtime-selected", 20), material(t, "mission-prefill-decode", 0), []byte(`{"parent":`)}
	now := func() time.Time { return time.Unix(1767225600, 0) }
	send := func(h *Handler, body []byte) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sync", bytes.NewReader(body)))
		return w.Body.String()
	}
	var alone []string
	for _, body := range bodies {
		h, _ := handler(Options{Sync: sync.Sync, Now: now})
		alone = append(alone, send(h, body))
	}
	h, _ := handler(Options{Sync: sync.Sync, Now: now, CacheSize: 1 << 20})
	var group gosync.WaitGroup
	for caller := range 4 {
		group.Go(func() {
			for i := range 40 {
				n := (i + caller) % len(bodies)
				if got := send(h, bodies[n]); got != alone[n] {
					t.Errorf("answer %d of body %d is another one than alone", i, n)
				}
			}
		})
	}
	group.Wait()
}
