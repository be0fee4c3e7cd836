package inject

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/modes/podspec"
)

func TestProfilesThatDoNotExist(t *testing.T) {
	for sentence, test := range map[string]struct {
		change change
		want   string
	}{
		"shared memory":   {annotated("runtime.ome.io/shm-profile", "big"), `runtime.ome.io/shm-profile of the engine of InferenceService team-a/chat cannot be honoured: profile "big" is unknown: write default`},
		"probes":          {annotated("runtime.ome.io/probe-profile", "grpc"), "write sglang-http or vllm-http"},
		"metrics":         {annotated("runtime.ome.io/observability-profile", "datadog"), "write prometheus"},
		"a port of none":  {annotated("runtime.ome.io/probe-profile", "vllm-http", "runtime.ome.io/probe-port", "http"), `"http" is no port`},
		"port 0":          {annotated("runtime.ome.io/observability-profile", "prometheus", "runtime.ome.io/observability-port", "0"), `"0" is no port`},
		"a port too high": {annotated("runtime.ome.io/probe-profile", "vllm-http", "runtime.ome.io/probe-port", "65536"), `"65536" is no port`},
	} {
		t.Run(sentence, func(t *testing.T) {
			template, in := fixture(test.change)
			_, problem := IntoPodTemplate(template, in)
			require.NotNil(t, problem)
			assert.Equal(t, ReasonInvalid, problem.Reason)
			assert.Contains(t, problem.Message, test.want)
		})
	}
}

func TestProfilesAddWhatIsMissing(t *testing.T) {
	profiles := annotated("runtime.ome.io/shm-profile", "default", "runtime.ome.io/probe-profile", "vllm-http", "runtime.ome.io/observability-profile", "prometheus")
	template, in := fixture(profiles)
	findings, problem := IntoPodTemplate(template, in)
	require.Nil(t, problem)
	assert.Empty(t, findings)
	server := template.Spec.Containers[0]
	assert.Equal(t, "/dev/shm", server.VolumeMounts[podspec.IndexOfMount(server.VolumeMounts, "/dev/shm")].MountPath)
	for name, want := range map[string][4]int32{"readiness": {60, 30, 30, 5}, "liveness": {0, 60, 30, 5}, "startup": {60, 30, 30, 60}} {
		probe := map[string]*corev1.Probe{"readiness": server.ReadinessProbe, "liveness": server.LivenessProbe, "startup": server.StartupProbe}[name]
		require.NotNil(t, probe, name)
		assert.Equal(t, want, [4]int32{probe.InitialDelaySeconds, probe.PeriodSeconds, probe.TimeoutSeconds, probe.FailureThreshold}, name)
		assert.Equal(t, int32(30000), probe.HTTPGet.Port.IntVal)
	}
	assert.Equal(t, "30000", template.Annotations["prometheus.io/port"])
	once := template.DeepCopy()
	_, problem = IntoPodTemplate(template, in)
	require.Nil(t, problem)
	assert.Equal(t, once, template, "twice is as once")
}

func TestProfilesOfAContainerThatIsNotThere(t *testing.T) {
	template, in := fixture(annotated("runtime.ome.io/probe-profile", "vllm-http", "runtime.ome.io/container-name", "other"))
	before := template.Spec.DeepCopy()
	findings, problem := IntoPodTemplate(template, in)
	require.Nil(t, problem)
	require.Len(t, findings, 1)
	assert.Equal(t, ReasonSkipped, findings[0].Reason)
	assert.Contains(t, findings[0].Message, `no container "other"`)
	assert.Equal(t, before, &template.Spec)
}
