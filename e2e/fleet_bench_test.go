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
	f.awaitLong(b, "Ready", func() error { return f.every(b, isReady) })
	b.ReportMetric(time.Since(start).Seconds(), "s/all-ready")

	const image = "registry.example/engine:2.0"
	start = time.Now()
	f.patchObject(b, v1beta1.APIVersion, "ClusterServingRuntime", "/single-"+f.name, types.MergePatchType,
		`{"spec":{"engineConfig":{"runner":{"name":"ome-container","image":"`+image+`"}}}}`)
	f.awaitLong(b, "the edit of the runtime", func() error {
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

// awaitLong waits for what takes a whole fleet minutes.
func (f *fleet) awaitLong(b *testing.B, what string, check func() error) {
	b.Helper()
	const long = 20 * time.Minute
	deadline := time.Now().Add(long)
	err := check()
	for err != nil && time.Now().Before(deadline) {
		require.NoError(b, plane.Failed())
		f.reportForControllers(b)
		time.Sleep(time.Second)
		err = check()
	}
	require.NoError(b, err, "waited %s for %s", long, what)
}
