package sync_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// changesOfPorts are ports of a runner before and after an edit.
var changesOfPorts = map[string]struct {
	before, after string
	// isReached is true where pods of both templates are, at a port that keeps its name.
	isReached bool
}{
	"of the same name":             {`[{name: http, containerPort: 8080}]`, `[{name: http, containerPort: 8081}]`, true},
	"without a name":               {`[{containerPort: 8080}]`, `[{containerPort: 8081}]`, false},
	"of another name":              {`[{name: http1, containerPort: 8080}]`, `[{name: http, containerPort: 8081}]`, false},
	"that gets a name":             {`[{containerPort: 8080}]`, `[{name: http, containerPort: 8081}]`, false},
	"that loses its name":          {`[{name: http, containerPort: 8080}]`, `[{containerPort: 8081}]`, false},
	"with the name of a number":    {`[{name: port-8080, containerPort: 8080}]`, `[{name: port-8080, containerPort: 8081}]`, true},
	"beside the name of a number":  {`[{name: http, containerPort: 8080}, {name: port-8080, containerPort: 9000}]`, `[{name: http, containerPort: 8081}, {name: port-8080, containerPort: 9000}]`, true},
	"onto another's number":        {`[{name: http, containerPort: 8080}, {name: metrics, containerPort: 8081}]`, `[{name: http, containerPort: 8081}, {name: metrics, containerPort: 8082}]`, true},
	"that changes its place":       {`[{name: http, containerPort: 8080}, {name: grpc, containerPort: 8081}]`, `[{name: http, containerPort: 8081}, {name: grpc, containerPort: 8080}]`, true},
	"that gets another beside it":  {`[{containerPort: 8080}]`, `[{containerPort: 8081}, {containerPort: 9090}]`, false},
	"of the same number":           {`[{name: http1, containerPort: 8080}]`, `[{name: http, containerPort: 8080}]`, false},
	"whose name goes to another":   {`[{name: http1, containerPort: 8080}, {name: grpc, containerPort: 8081}]`, `[{name: grpc, containerPort: 8080}, {name: http1, containerPort: 8081}]`, false},
	"that gets a name and others":  {`[{containerPort: 8080}]`, `[{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]`, false},
	"that was not declared":        {`[]`, `[{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]`, false},
	"whose name and number go":     {`[{name: http1, containerPort: 8080}, {name: metrics, containerPort: 9090}]`, `[{name: http, containerPort: 9090}, {name: metrics, containerPort: 8080}]`, false},
	"behind a new one":             {`[{name: http, containerPort: 8080}]`, `[{name: grpc, containerPort: 9090}, {name: http, containerPort: 8080}]`, false},
	"behind a new one, moved":      {`[{name: http, containerPort: 8080}]`, `[{name: grpc, containerPort: 9090}, {name: http, containerPort: 8081}]`, false},
	"with one for UDP of its name": {`[{name: http, containerPort: 8080}]`, `[{name: http, containerPort: 9000, protocol: UDP}, {name: web, containerPort: 8081}]`, false},
	"beside UDP of its number":     {`[{containerPort: 8080}]`, `[{name: quic, containerPort: 8080, protocol: UDP}, {name: http, containerPort: 8081}]`, false},
	"beside SCTP":                  {`[{name: http1, containerPort: 8080}]`, `[{name: sig, containerPort: 5000, protocol: SCTP}, {name: http, containerPort: 8081}]`, false},
	"beside SCTP, renamed":         {`[{name: b, containerPort: 8080}]`, `[{containerPort: 9090, protocol: SCTP}, {name: a, containerPort: 8080}]`, false},
	"whose number others get":      {`[{containerPort: 8080}]`, `[{name: http, containerPort: 8081}, {name: metrics, containerPort: 8080}]`, false},
	"onto a number without a name": {`[{name: http, containerPort: 8080}, {containerPort: 8081}]`, `[{name: http, containerPort: 8081}]`, true},
	"onto the number of metrics":   {`[{name: http, containerPort: 8080}, {name: metrics, containerPort: 8081}]`, `[{containerPort: 8081}, {name: metrics, containerPort: 8082}]`, false},
	"onto that of Ray's metrics":   {`[{containerPort: 8080}]`, `[{containerPort: 8000}]`, false},
	"that is left alone":           {`[{containerPort: 8080}, {containerPort: 9090}]`, `[{containerPort: 8081}]`, false},
}

// TestRoutesAndServiceObjectsAreNotWrittenAtOneMoment: whichever is written first, routes lead to a port that the
// Service object has, and behind which the server is.
func TestRoutesAndServiceObjectsAreNotWrittenAtOneMoment(t *testing.T) {
	for i, name := range slices.Sorted(maps.Keys(changesOfPorts)) {
		change := changesOfPorts[name]
		for j, mode := range []v1beta1.DeploymentMode{v1beta1.RawDeployment, v1beta1.MultiNodeRayVLLM} {
			for _, s := range strategiesOf(i + j) {
				t.Run(name+"/"+string(mode)+"/"+string(s), func(t *testing.T) {
					w := newCanaryWorldIn(t, s, byGateway, mode)
					w.showsPods = true
					w.setPorts(change.before)
					w.settle(t, func() {})
					w.setPorts(change.after)
					w.checkWhereKindsAreWrittenApart(change.isReached)
					w.settle(t, func() { w.checkWhereKindsAreWrittenApart(change.isReached) })
					w.checkWhereKindsAreWrittenApart(change.isReached)
					alone := newCanaryWorldIn(t, s, byGateway, mode)
					alone.showsPods = true
					alone.setPorts(change.after)
					alone.settle(t, func() {})
					assert.Equal(t, alone.portsOfService(), w.portsOfService(), "nothing is kept in the end")
					assert.Equal(t, alone.backends(t), w.backends(t))
				})
			}
		}
	}
}

// TestRoutesThatStayKeepTheirPort: the configuration of the ingress cannot be used, and routes stay as they are.
func TestRoutesThatStayKeepTheirPort(t *testing.T) {
	for name, change := range changesOfPorts {
		t.Run(name, func(t *testing.T) {
			w := newCanaryWorldIn(t, strategies[0], byGateway, v1beta1.RawDeployment)
			w.showsPods = true
			w.setPorts(change.before)
			w.settle(t, func() {})
			w.config["ingress"] = `{"enableGatewayAPI": true, "ingressDomain": 7}`
			w.setPorts(change.after)
			w.checkWhereKindsAreWrittenApart(change.isReached)
			w.settle(t, func() { w.checkWhereKindsAreWrittenApart(change.isReached) })
			for _, b := range w.backends(t) {
				serving, deaf := w.podsBehind(t, b)
				assert.NotEmpty(t, serving)
				assert.Empty(t, deaf)
			}
			clear(w.children[kinds.Service])
			w.applyAnswer(t)
			w.checkWhereKindsAreWrittenApart(false)
			w.config["ingress"] = byGateway
			w.checkWhereKindsAreWrittenApart(change.isReached)
			w.settle(t, func() { w.checkWhereKindsAreWrittenApart(change.isReached) })
			assert.Len(t, w.portsOfService(), len(w.runnerPorts()), "nothing is kept in the end")
		})
	}
}

// setPorts gives the runner of the engine ports.
func (w *canaryWorld) setPorts(text string) {
	var ports []any
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(w.t, err)
	require.NoError(w.t, utiljson.Unmarshal(raw, &ports))
	at(w.engine(), "runner")["ports"] = ports
}

func (w *canaryWorld) runnerPorts() []any { return at(w.engine(), "runner")["ports"].([]any) }

func (w *canaryWorld) portsOfService() []any {
	ports, _, _ := unstructured.NestedSlice(w.object(w.t, kinds.Service, "chat-engine").Object, "spec", "ports")
	return ports
}

func namesOfPorts(ports []any) []any {
	var names []any
	for _, item := range ports {
		names = append(names, item.(map[string]any)["name"])
	}
	return names
}

// checkWhereKindsAreWrittenApart asserts that requests find a port, and pods where they can be reached, where the routes of
// an answer are written and its Service objects are not yet, and the other way round; and that the API server would
// accept the Service objects.
func (w *canaryWorld) checkWhereKindsAreWrittenApart(isReached bool) {
	response := w.sync(w.t)
	for _, kind := range []kinds.Kind{kinds.HTTPRoute, kinds.Service} {
		partly := w.clone()
		for _, object := range response.Children {
			if kinds.New(object.GetKind(), object.GetAPIVersion()) == kind {
				partly.put(w.t, kind, live(w.t, w.strategy, object))
			}
		}
		for _, b := range partly.backends(w.t) {
			var numbers, names []any
			for _, item := range partly.portsOfService() {
				port := item.(map[string]any)
				assert.False(w.t, port["port"] == b.port && port["protocol"] != "TCP", "%v: requests come by TCP", port)
				assert.NotContains(w.t, numbers, port["port"])
				assert.NotContains(w.t, names, port["name"])
				numbers, names = append(numbers, port["port"]), append(names, port["name"])
			}
			assert.False(w.t, len(names) > 1 && slices.Contains(names, nil), "several ports need names: %v", names)
			assert.Contains(w.t, numbers, b.port, "%v are written first", kind)
			if serving, deaf := partly.podsBehind(w.t, b); isReached {
				assert.Contains(w.t, namesOfPorts(w.portsOfService()), names[slices.Index(numbers, any(b.port))], "EndpointSlices follow later")
				assert.NotEmpty(w.t, serving, "%v are written first", kind)
				assert.Empty(w.t, deaf, "%v are written first", kind)
			}
		}
	}
}

// TestAnyChangesOfPortsComeToRest: whatever ports a runner has, one after another and before the last change is through,
// each answer leaves routes that lead to a port, Service objects are such as the API server takes, and in the end nothing
// is kept.
func TestAnyChangesOfPortsComeToRest(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		s := oneOf(d, strategies...)
		mode := oneOf(d, v1beta1.RawDeployment, v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM)
		w := newCanaryWorldIn(t, s, byGateway, mode)
		w.showsPods = d.Chance(50)
		last, earlier := "", []string(nil)
		if d.Chance(30) { // routes stay as they are
			w.config["ingress"] = `{"enableGatewayAPI": true, "ingressDomain": 7}`
		}
		for range 1 + d.IntN(3) {
			last = d.ports()
			w.past = append(w.past, last)
			w.setPorts(last)
			earlier = append(earlier, servingPortOf(w.runnerPorts())["name"].(string))
			for range d.IntN(5) {
				w.checkWhereKindsAreWrittenApart(false)
				w.applyAnswer(t)
				w.letControllersWork(t)
			}
		}
		w.checkWhereKindsAreWrittenApart(false)
		w.settle(t, func() { w.checkWhereKindsAreWrittenApart(false) })
		w.checkPortsThatServe(earlier)
		w.config["ingress"] = byGateway
		w.settle(t, func() { w.checkWhereKindsAreWrittenApart(false) })
		alone := newCanaryWorldIn(t, s, byGateway, mode)
		alone.showsPods = w.showsPods
		alone.setPorts(last)
		alone.settle(t, func() {})
		assert.Equal(t, alone.portsOfService(), w.portsOfService(), "%s by %s apply: %v", mode, s, w.past)
		assert.Equal(t, alone.backends(t), w.backends(t), "%s by %s apply: %v", mode, s, w.past)
	})
}

// checkPortsThatServe asserts that routes lead to the port at which the server takes requests, or to one that has the name
// of such a port before.
func (w *canaryWorld) checkPortsThatServe(earlier []string) {
	serving := servingPortOf(w.runnerPorts())
	reached := map[any]bool{serving["containerPort"]: true}
	for _, item := range w.runnerPorts() {
		if port := item.(map[string]any); port["protocol"] == "TCP" && port["name"] != "" && slices.Contains(earlier, port["name"].(string)) {
			reached[port["containerPort"]] = true
		}
	}
	for _, b := range w.backends(w.t) {
		for _, item := range w.portsOfService() {
			port := item.(map[string]any)
			assert.True(w.t, port["port"] != b.port || reached[port["targetPort"]], "%v leads to %v, ports are %v, after %v", b, port, w.runnerPorts(), w.past)
		}
	}
}

// servingPortOf is the first of some ports that is for TCP; without any, servers listen on 8080.
func servingPortOf(ports []any) map[string]any {
	for _, item := range ports {
		if port := item.(map[string]any); port["protocol"] == "TCP" {
			return port
		}
	}
	return map[string]any{"containerPort": int64(8080), "name": ""}
}

// ports are ports of a server as the API server takes them; one is for TCP.
func (d dice) ports() string {
	var ports, seen []string
	for i := range d.IntN(4) {
		name, number, protocol := oneOf(d, "", "http", "http1", "grpc", "port-8080"), oneOf(d, "8080", "8081", "9090"), oneOf(d, "TCP", "TCP", "UDP")
		if i == 0 {
			protocol = "TCP"
		}
		if name != "" && slices.Contains(seen, name) || slices.Contains(seen, number+protocol) {
			continue
		}
		seen = append(seen, name, number+protocol)
		ports = slices.Insert(ports, d.IntN(len(ports)+1), fmt.Sprintf("{name: %q, containerPort: %s, protocol: %s}", name, number, protocol))
	}
	return "[" + strings.Join(ports, ", ") + "]"
}
