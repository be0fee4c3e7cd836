package hook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
)

func TestCallsForAnotherRevisionAreToldToComeBack(t *testing.T) {
	for sentence, test := range map[string]struct {
		served, query string
		refused       string
	}{
		"the revision of the server":                  {served: "v2", query: "?rev=v2"},
		"the same with other parameters":              {served: "v2", query: "?token=7&rev=v2&a"},
		"a revision that is escaped":                  {served: "a&b=c d", query: "?rev=a%26b%3Dc+d"},
		"any revision where the server has none":      {query: "?rev=v1"},
		"no revision where the server has none":       {},
		"an older revision":                           {served: "v2", query: "?rev=v1", refused: `the URL of the hook asks for "v1"`},
		"a newer revision":                            {served: "v2", query: "?rev=v3", refused: `the URL of the hook asks for "v3"`},
		"a revision that only begins the same":        {served: "v2", query: "?rev=v2.1", refused: `asks for "v2.1"`},
		"no revision":                                 {served: "v2", refused: "the URL of the hook asks for none (?rev=)"},
		"a revision in another parameter":             {served: "v2", query: "?revision=v2", refused: "asks for none"},
		"a revision that is longer than a log allows": {served: "v2", query: "?rev=" + strings.Repeat("v", 5000), refused: "CompositeController of one release"},
	} {
		for _, name := range []string{hookSync, hookCustomize} {
			t.Run(sentence+"/"+name, func(t *testing.T) {
				metrics, computed := &counting{}, 0
				h, log := handler(Options{Revision: test.served, Metrics: metrics,
					Sync: func(*sync.Request) (*sync.Response, error) {
						computed++
						return &sync.Response{}, nil
					},
					Customize: func(json.RawMessage, kinds.Set) ([]sync.Rule, error) {
						computed++
						return nil, nil
					},
				})
				body := minimal
				if name == hookCustomize {
					body = `{"parent":` + parentJSON + `}`
				}
				got := call(h, "POST", "/"+name+test.query, body)
				if test.refused == "" {
					assert.Equal(t, http.StatusOK, got.Code, got.Body.String())
					assert.Equal(t, 1, computed)
					return
				}
				assert.Equal(t, http.StatusTooManyRequests, got.Code)
				assert.Equal(t, "5", got.Header().Get("Retry-After"), "Metacontroller reads whole seconds")
				assert.Equal(t, "close", got.Header().Get("Connection"), "the next call may reach another server")
				assert.Zero(t, computed)
				assert.Equal(t, []int{429}, metrics.codes)
				isOneLine(t, got.Body.String())
				assert.Contains(t, got.Body.String(), `this server has revision "v2"`)
				assert.Contains(t, got.Body.String(), test.refused)

				var line map[string]any
				require.NoError(t, json.Unmarshal(log.Bytes(), &line))
				assert.Equal(t, "INFO", line["level"])
				assert.Equal(t, "revision", line["verdict"])
				assert.Equal(t, strings.TrimSpace(got.Body.String()), line["reason"])
			})
		}
	}
}

func TestARevisionIsToldOnlyToCallersThatMayCall(t *testing.T) {
	h, _ := handler(Options{Revision: "v2", Token: func() string { return "secret" }, Sync: answering(t)})
	got := call(h, "POST", "/sync?rev=v1", minimal)
	assert.Equal(t, http.StatusUnauthorized, got.Code)
	assert.NotContains(t, got.Body.String(), "v2")
}

func TestPagesAreServedForEveryRevision(t *testing.T) {
	h, _ := handler(Options{Revision: "v2"})
	for _, path := range []string{"/healthz", "/readyz", "/version"} {
		assert.Equal(t, http.StatusOK, call(h, "GET", path, "").Code, path)
	}
}

// TestALargeCallForAnotherRevisionGetsItsAnswer: a call that is refused before it was read must not
// look like a broken connection, which Metacontroller reports as an error.
func TestALargeCallForAnotherRevisionGetsItsAnswer(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		h, _ := handler(Options{Revision: "v2", Sync: answering(t)})
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		body := minimal + strings.Repeat(" ", 8<<20)
		for range 3 {
			response, err := server.Client().Post(server.URL+"/sync?rev=v1", "application/json", strings.NewReader(body))
			require.NoError(t, err)
			assert.Equal(t, http2, response.ProtoMajor == 2)
			assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
			require.NoError(t, response.Body.Close())
		}
	}
}

// installation is two versions of isvc in a cluster with Metacontroller: the servers behind one
// Service, the revision in the URLs of the CompositeController, and InferenceServices.
type installation struct {
	t *testing.T
	// servers are called in turn.
	servers []http.Handler
	calls   int
	// asked is the revision in the URLs.
	asked    string
	services []*deployedService
}

// deployedService is an InferenceService with one Deployment.
type deployedService struct {
	name string
	// customized is true while Metacontroller remembers what the customize hook answered.
	customized bool
	// children is the last list that was applied; templates are the pod templates, each time that
	// they changed.
	children  []json.RawMessage
	templates []string
}

// versionServer is a server of a version, whose pod templates name the version.
func versionServer(t *testing.T, version, revision string) http.Handler {
	h, _ := handler(Options{Revision: revision, Sync: func(request *sync.Request) (*sync.Response, error) {
		var parent struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(request.Parent, &parent); err != nil {
			return nil, err
		}
		return answering(t, deployment(`"chat-engine"`, strconv.Quote(parent.Metadata.Name), `"name":"a"`, `"name":"a","image":"`+version+`"`))(request)
	}})
	return h
}

// callHook is one call of Metacontroller; ok is false when it was told to come back.
func (i *installation) callHook(name, body string) (answer []byte, ok bool) {
	i.t.Helper()
	server := i.servers[i.calls%len(i.servers)]
	i.calls++
	got := call(server, "POST", "/"+name+"?"+url.Values{"rev": {i.asked}}.Encode(), body)
	if got.Code == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(got.Header().Get("Retry-After"))
		require.NoError(i.t, err)
		assert.Positive(i.t, seconds, "Metacontroller would call again at once")
		return nil, false
	}
	require.Equal(i.t, http.StatusOK, got.Code, "every other status is an error for Metacontroller")
	return got.Body.Bytes(), true
}

// syncService syncs a service as Metacontroller does: customize first, unless its answer is
// remembered, then sync. A call that is refused changes nothing.
func (i *installation) syncService(s *deployedService) (answered bool) {
	i.t.Helper()
	parent := strings.Replace(parentJSON, `"name":"chat"`, `"name":"`+s.name+`"`, 1)
	if !s.customized {
		if _, ok := i.callHook(hookCustomize, `{"parent":`+parent+`}`); !ok {
			return false
		}
		s.customized = true
	}
	observed := map[string]json.RawMessage{}
	for _, child := range s.children {
		observed["team-a/"+s.name] = child
	}
	body, err := json.Marshal(map[string]any{
		"parent": json.RawMessage(parent), "children": map[string]any{"Deployment.apps/v1": observed},
	})
	require.NoError(i.t, err)
	answer, ok := i.callHook(hookSync, string(body))
	if !ok {
		return false
	}
	var response struct {
		Children []json.RawMessage `json:"children"`
	}
	require.NoError(i.t, json.Unmarshal(answer, &response))
	require.Len(i.t, response.Children, 1, "the Deployment would be deleted")
	s.children = response.Children
	if template := imageOf(i.t, s.children[0]); len(s.templates) == 0 || s.templates[len(s.templates)-1] != template {
		s.templates = append(s.templates, template)
	}
	return true
}

// imageOf is the image of the only container of a Deployment.
func imageOf(t *testing.T, deployment json.RawMessage) string {
	t.Helper()
	var object appsv1.Deployment
	require.NoError(t, json.Unmarshal(deployment, &object))
	require.Len(t, object.Spec.Template.Spec.Containers, 1)
	return object.Spec.Template.Spec.Containers[0].Image
}

// syncAll syncs every service a few times, so that every server is called for every service.
func (i *installation) syncAll() {
	i.t.Helper()
	for round := range 2*len(i.servers) + 1 {
		for n, s := range i.services {
			i.calls = round + n // in each round another server begins
			i.syncService(s)
		}
	}
}

// askFor changes the revision in the URLs. Metacontroller then forgets what customize answered and
// syncs every service.
func (i *installation) askFor(revision string) {
	i.asked = revision
	for _, s := range i.services {
		s.customized = false
	}
	i.syncAll()
}

// rollingUpdate is what serves during a rolling update of two replicas with one more at a time, as
// numbers of servers of the old and of the new version.
var rollingUpdate = [][2]int{{2, 0}, {2, 1}, {1, 1}, {1, 2}, {0, 2}}

// version is a version of isvc and what its server says.
type version struct {
	name, revision string
	server         http.Handler
}

// rollout changes an installation from an old version to a new one, and back.
type rollout struct {
	i            *installation
	former, next version
	// progress is how far the servers are in rollingUpdate.
	progress int
}

func newRollout(t *testing.T, former, next version) *rollout {
	r := &rollout{former: former, next: next, i: &installation{t: t, asked: former.revision}}
	for n := range 5 {
		r.i.services = append(r.i.services, &deployedService{name: fmt.Sprintf("chat-%d", n)})
	}
	r.moveServers(0)
	return r
}

// moveServers brings the rolling update of the servers to a step.
func (r *rollout) moveServers(step int) {
	count := rollingUpdate[step]
	r.progress = step
	r.i.servers = append(slices.Repeat([]http.Handler{r.former.server}, count[0]), slices.Repeat([]http.Handler{r.next.server}, count[1])...)
	r.i.syncAll()
}

// update moves the servers step by step, forwards or backwards, to the step "to". The URLs ask for a
// version from the step "at" on, or at the end when the servers do not leave that step.
func (r *rollout) update(to, at int, asked version) {
	changed := false
	for r.progress != to {
		if r.progress == at {
			r.i.askFor(asked.revision)
			changed = true
		}
		if r.progress < to {
			r.moveServers(r.progress + 1)
		} else {
			r.moveServers(r.progress - 1)
		}
	}
	if !changed {
		r.i.askFor(asked.revision)
	}
}

// everyOrder calls test for every order in which an upgrade and its rollback can go: the
// CompositeController first, last, or between any two steps of the servers; the rollback after
// every step of the upgrade, in all these orders again.
func everyOrder(t *testing.T, test func(t *testing.T, upgradeAt, reached, rollbackAt int)) {
	t.Helper()
	last := len(rollingUpdate) - 1
	for upgradeAt := range rollingUpdate {
		for reached := range rollingUpdate {
			for rollbackAt := range reached + 1 {
				t.Run(fmt.Sprintf("controller at step %d, servers up to %d of %d, controller back at %d", upgradeAt, reached, last, rollbackAt),
					func(t *testing.T) { test(t, upgradeAt, reached, rollbackAt) })
			}
		}
	}
}

func TestTwoRevisionsNeverAnswerInTurn(t *testing.T) {
	former := version{"one", "v1", versionServer(t, "one", "v1")}
	next := version{"two", "v2", versionServer(t, "two", "v2")}
	everyOrder(t, func(t *testing.T, upgradeAt, reached, rollbackAt int) {
		r := newRollout(t, former, next)
		for _, s := range r.i.services {
			require.Equal(t, []string{"one"}, s.templates)
		}
		r.update(reached, upgradeAt, next)
		// Where the upgrade did not get as far as a new server, nobody answers the new revision.
		upgraded := []string{"one"}
		if reached > 0 {
			upgraded = []string{"one", "two"}
		}
		for _, s := range r.i.services {
			assert.Equal(t, upgraded, s.templates, "the template of %s", s.name)
		}
		r.update(0, rollbackAt, former)
		for _, s := range r.i.services {
			if reached > 0 {
				assert.Equal(t, []string{"one", "two", "one"}, s.templates, "the template of %s", s.name)
			}
			assert.True(t, r.i.syncService(s), "%s is answered again", s.name)
			assert.Equal(t, "one", imageOf(t, s.children[0]))
		}
	})
}

// TestWithoutRevisionsTemplatesFlip shows that the test above can fail.
func TestWithoutRevisionsTemplatesFlip(t *testing.T) {
	former := version{"one", "v1", versionServer(t, "one", "")}
	next := version{"two", "v2", versionServer(t, "two", "")}
	for upgradeAt := range rollingUpdate {
		r := newRollout(t, former, next)
		r.update(len(rollingUpdate)-1, upgradeAt, next)
		for _, s := range r.i.services {
			assert.Greater(t, len(s.templates), 2, "the template of %s: %v", s.name, s.templates)
		}
	}
}
