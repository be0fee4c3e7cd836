package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/status"
)

// TestReadyIsAboutWhatWasApplied: after a change of the service, and for as long as the API server refuses
// it, what runs is not taken for what the service asks for.
func TestReadyIsAboutWhatWasApplied(t *testing.T) {
	for _, s := range strategies {
		for name, test := range map[string]struct {
			mode, path string
			value      any
			// condition is the one that waits; empty where none does.
			condition string
		}{
			"another image":             {mode: "raw", path: "image", condition: "EngineReady"},
			"another image in groups":   {mode: "multinode", path: "image", condition: "EngineReady"},
			"another image on Knative":  {mode: "serverless", path: "image", condition: "EngineReady"},
			"another image on Ray":      {mode: "ray", path: "image", condition: "EngineReady"},
			"another bound of replicas": {mode: "raw", path: "maxReplicas", value: int64(5)},
			"another type of Services":  {mode: "raw", path: "annotation", condition: "EngineReady"},
		} {
			t.Run(string(s)+", "+name, func(t *testing.T) {
				c := switching(t, test.mode)
				c.apply(t, s, c.sync(t))
				c.ready(t)
				c.apply(t, s, c.sync(t))
				c.ready(t)
				view{t, c.sync(t)}.isCondition("Ready", "True", "")

				at(c.parent, "status")["observedGeneration"] = int64(1)
				at(c.parent, "metadata")["generation"] = int64(2)
				engine := at(c.parent, "spec", "engine")
				switch test.path {
				case "image":
					engine["runner"] = map[string]any{"name": "ome-container", "image": "registry.example/other:2"}
					if test.mode == "multinode" {
						delete(engine, "runner")
						at(engine, "worker", "runner")["image"] = "registry.example/other:2"
					}
				case "annotation":
					at(engine, "annotations")["ome.io/service-type"] = "NodePort"
				default:
					engine[test.path] = test.value
				}
				changed := view{t, c.sync(t)}
				if test.condition == "" {
					changed.isCondition("Ready", "True", "")
					return
				}
				changed.isCondition(test.condition, "Unknown", status.ReasonUpdateNotApplied)
				changed.isCondition("Ready", "Unknown", status.ReasonUpdateNotApplied)
				assert.EqualValues(t, 1, changed.Status.ObservedGeneration, "the change has not arrived")

				c.apply(t, s, changed.Response)
				c.ready(t)
				arrived := view{t, c.sync(t)}
				arrived.isCondition("Ready", "True", "")
				assert.EqualValues(t, 2, arrived.Status.ObservedGeneration)
			})
		}
	}
}

// TestReadyNeedsWhatCarriesTraffic: a service whose workload serves is not ready without the objects by
// which requests come to it.
func TestReadyNeedsWhatCarriesTraffic(t *testing.T) {
	for name, test := range map[string]struct{ object, condition string }{
		"the component's Service object": {"chat-engine", "EngineReady"},
		"the external Service object":    {"chat", "IngressReady"},
	} {
		t.Run(name, func(t *testing.T) {
			c := switching(t, "raw")
			c.apply(t, clientSide, c.sync(t))
			c.ready(t)
			delete(c.children[kinds.Service], "default/"+test.object)
			v := view{t, c.sync(t)}
			v.isCondition(test.condition, "Unknown", status.ReasonIngressNotCreated)
			v.isCondition("Ready", "Unknown", status.ReasonIngressNotCreated)
			assert.Contains(t, v.refs(), "Service/"+test.object, "it is made again")
		})
	}
}
