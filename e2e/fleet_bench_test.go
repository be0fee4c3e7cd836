package e2e

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/driver"
)

var fleetServices = flag.Int("services", 500, "how many services BenchmarkFleetUnderMetacontroller has")

// fleetPatience is how long a whole fleet may take to become ready or to follow an edit.
const fleetPatience = 20 * time.Minute

// labelShard says which CompositeController a service belongs to, where there are several.
const labelShard = "shard"

// BenchmarkFleetUnderMetacontroller measures a fleet of services of all sorts with the real Metacontroller: how
// long until all are ready and until the edit of a runtime has arrived everywhere, and the processor time of
// the programs that take part. With two shards, two Metacontrollers share the services by a label.
func BenchmarkFleetUnderMetacontroller(b *testing.B) {
	program := metacontroller(b)
	installMetacontroller(b)
	for _, shards := range []int{1, 2} {
		b.Run(fmt.Sprintf("services=%d/shards=%d", *fleetServices, shards), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				f := newFleet(b, fmt.Sprintf("bench-%d-%d", shards, i), "metacontroller", *fleetServices)
				f.shareAmong(b, program, shards)
				f.measure(b)
			}
		})
	}
}

// shareAmong gives each of some Metacontrollers a CompositeController for a part of the services.
func (f *fleet) shareAmong(b *testing.B, program string, shards int) {
	b.Helper()
	for shard := range shards {
		name := strconv.Itoa(shard)
		controller := compositeController(b, f.server.url())
		controller.SetName(controller.GetName() + "-" + name)
		controller.SetLabels(map[string]string{labelShard: name})
		selector := map[string]any{"matchLabels": map[string]any{labelShard: name}}
		require.NoError(b, unstructured.SetNestedMap(controller.Object, selector, "spec", "parentResource", "labelSelector"))
		f.create(b, controller)
		b.Cleanup(func() { f.delete(b, controller) })
		runMetacontroller(b, program, driver.DynamicApply, "--target-label-selector="+labelShard+"="+name)
	}
	for i, service := range f.services {
		labels := service.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[labelShard] = strconv.Itoa(i % shards)
		service.SetLabels(labels)
	}
}

// measure creates the services and edits the runtime of most of them.
func (f *fleet) measure(b *testing.B) {
	b.Helper()
	before, err := plane.ProcessorTimes()
	require.NoError(b, err)
	start := time.Now()
	for _, service := range f.services {
		f.create(b, service)
	}
	f.awaitWithin(b, fleetPatience, time.Second, "Ready", func() error { return f.every(b, isReady) })
	b.ReportMetric(time.Since(start).Seconds(), "s/all-ready")

	const image = "registry.example/engine:2.0"
	start = time.Now()
	f.patchObject(b, v1beta1.APIVersion, "ClusterServingRuntime", "/single-"+f.name, types.MergePatchType,
		`{"spec":{"engineConfig":{"runner":{"name":"ome-container","image":"`+image+`"}}}}`)
	f.awaitWithin(b, fleetPatience, time.Second, "the edit of the runtime", func() error {
		for _, deployment := range f.list(b, "apps/v1", "Deployment") {
			containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
			if now, _ := containers[0].(map[string]any)["image"].(string); strings.HasPrefix(now, "registry.example/engine:") && now != image &&
				deployment.GetLabels()[v1beta1.LabelComponent] == string(v1beta1.EngineComponent) {
				return fmt.Errorf("%s has image %s", keyOf(deployment), now)
			}
		}
		return f.every(b, isReady)
	})
	b.ReportMetric(time.Since(start).Seconds(), "s/edit-arrived")

	after, err := plane.ProcessorTimes()
	require.NoError(b, err)
	used := map[string]float64{}
	for name, now := range after {
		program, _, _ := strings.Cut(name, "-")
		if program == "kube" {
			program = name
		}
		used[program] += (now - before[name]).Seconds()
	}
	for _, program := range []string{"isvc", "metacontroller", "kube-apiserver"} {
		require.Contains(b, used, program)
		b.ReportMetric(used[program], "cpu-s/"+program)
	}
}
