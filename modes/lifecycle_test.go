package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestGroupsRollAsTheirStrategySays(t *testing.T) {
	pods := func(n int32) *intstr.IntOrString { return ptr.To(intstr.FromInt32(n)) }
	percent := func(text string) *intstr.IntOrString { return ptr.To(intstr.FromString(text)) }
	rolling := func(surge, unavailable *intstr.IntOrString) *appsv1.DeploymentStrategy {
		return &appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: surge, MaxUnavailable: unavailable}}
	}
	for sentence, test := range map[string]struct {
		strategy           *appsv1.DeploymentStrategy
		groups             int32
		surge, unavailable intstr.IntOrString
	}{
		"nothing said is one new and one old group":    {nil, 2, *pods(1), *pods(1)},
		"a type alone says nothing":                    {&appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType}, 2, *pods(1), *pods(1)},
		"what is said":                                 {rolling(pods(0), percent("50%")), 2, *pods(0), *percent("50%")},
		"one bound alone":                              {rolling(pods(0), nil), 2, *pods(0), *pods(1)},
		"the other bound alone":                        {rolling(nil, pods(0)), 2, *pods(1), *pods(0)},
		"all groups go first":                          {&appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}, 2, *pods(0), *percent("100%")},
		"a share of less than one group is one":        {rolling(pods(0), percent("25%")), 3, *pods(0), *pods(1)},
		"a share of one group":                         {rolling(pods(0), percent("25%")), 4, *pods(0), *percent("25%")},
		"a share that is rounded up is enough":         {rolling(percent("1%"), percent("1%")), 2, *percent("1%"), *percent("1%")},
		"no groups count as one":                       {rolling(pods(0), percent("50%")), 0, *pods(0), *pods(1)},
		"the webhook refuses a share of more than all": {rolling(percent("150%"), pods(0)), 2, *percent("100%"), *pods(0)},
	} {
		spec := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), ofGroups(func(c *Component) {
			c.Extension.DeploymentStrategy, c.Scaling.Min = test.strategy, test.groups
		}))).Spec
		assert.Equal(t, test.surge, spec.RolloutStrategy.RollingUpdateConfiguration.MaxSurge, sentence)
		assert.Equal(t, test.unavailable, spec.RolloutStrategy.RollingUpdateConfiguration.MaxUnavailable, sentence)
		assert.Equal(t, lwsv1.RecreateGroupOnPodRestart, spec.LeaderWorkerTemplate.RestartPolicy, sentence)
	}
	spec := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), ofGroups(func(c *Component) {
		c.Extension.DeploymentStrategy = rolling(pods(0), pods(2))
		c.Extension.Lifecycle = &v1beta1.LifecycleSpec{RestartPolicy: v1beta1.RestartNone, UpdateStrategy: &v1beta1.LifecycleUpdateStrategy{
			RollingUpdate: &v1beta1.LifecycleRollingUpdate{MaxSurge: pods(3), Partition: ptr.To(int32(2))},
		}}
	}))).Spec
	assert.Equal(t, lwsv1.NoneRestartPolicy, spec.LeaderWorkerTemplate.RestartPolicy)
	assert.Equal(t, &lwsv1.RollingUpdateConfiguration{MaxUnavailable: *pods(2), MaxSurge: *pods(0), Partition: ptr.To(int32(2))}, spec.RolloutStrategy.RollingUpdateConfiguration)
}

func TestWhatAnUpdateDoesToReplicas(t *testing.T) {
	for _, test := range []struct {
		surge, unavailable string
		replicas           int32
		newFirst, takesAll bool
	}{
		{"1", "0", 1, true, false},
		{"25%", "25%", 1, true, false},
		{"25%", "25%", 4, false, false},
		{"0", "1", 1, false, true},
		{"0", "1", 2, false, false},
		{"1", "1", 1, false, true},
		{"0", "25%", 1, false, true}, // a Deployment takes one away where both round to 0
		{"0", "100%", 3, false, true},
		{"0", "1", 0, false, false},
		{"x", "y", 1, false, true},
	} {
		surge, unavailable := intstr.Parse(test.surge), intstr.Parse(test.unavailable)
		assert.Equal(t, test.newFirst, StartsNewReplicasFirst(surge, unavailable, test.replicas), test)
		assert.Equal(t, test.takesAll, TakesAllReplicas(surge, unavailable, test.replicas), test)
	}
}

func TestADeploymentWaitsAsItsLifecycleSays(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Extension.Lifecycle = &v1beta1.LifecycleSpec{MinReadySeconds: ptr.To(int32(5))}
	})
	configured := sampleEnv(func(env *Env) { env.Config.Deploy.MinReadySeconds = ptr.To(int32(15)) })
	assert.EqualValues(t, 5, find[*appsv1.Deployment](t, built(t, sampleEnv(), c)).Spec.MinReadySeconds)
	assert.EqualValues(t, 5, find[*appsv1.Deployment](t, built(t, configured, c)).Spec.MinReadySeconds, "the component's wins")
	c.Extension.Lifecycle.MinReadySeconds = nil
	assert.EqualValues(t, 15, find[*appsv1.Deployment](t, built(t, configured, c)).Spec.MinReadySeconds)
}
