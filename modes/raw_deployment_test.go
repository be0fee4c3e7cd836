package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// recordedEngine is the component that OME's Deployment of a case was made
// from: its labels, annotations and pod, with OME's defaults already in it.
func recordedEngine(t *testing.T, name string, kind v1beta1.ComponentType) *Component {
	t.Helper()
	deployment := recordedObject(t, name, omecases.Children, "Deployment", "chat-"+string(kind))
	text, err := yaml.Marshal(deployment)
	require.NoError(t, err)
	var recorded appsv1.Deployment
	require.NoError(t, yaml.Unmarshal(text, &recorded))
	queue := map[string]string{}
	labels := recorded.Labels
	delete(labels, "app")
	for _, key := range []string{v1beta1.LabelVolcanoQueue, v1beta1.LabelKueueQueue, v1beta1.LabelKueuePriorityClass, v1beta1.LabelRayPriorityClass} {
		if value, set := labels[key]; set {
			queue[key] = value
			delete(labels, key)
		}
	}
	return sampleComponent(kind, v1beta1.RawDeployment, func(c *Component) {
		c.Labels, c.QueueLabels, c.Annotations = labels, queue, recorded.Annotations
		c.Pod = *recorded.Spec.Template.Spec.DeepCopy()
		c.Extension.DeploymentStrategy = &recorded.Spec.Strategy
	})
}

// recordedConfig is the configuration of a case: its own, else the one that OME ships.
func recordedConfig(t *testing.T, name string) func(*Env) {
	t.Helper()
	return func(env *Env) {
		env.Config = config.Default()
		env.Config.ModelInit = config.Parse(map[string]string{config.SectionModelInit: omecases.ShippedModelInit}).ModelInit
		if text := omecases.Get(t, name).Data(omecases.Config); text != nil {
			var m corev1.ConfigMap
			require.NoError(t, yaml.Unmarshal(text, &m))
			env.Config = config.Parse(m.Data)
		}
	}
}

func TestRawEqualsOME(t *testing.T) {
	cases := map[string]struct {
		folder string
		kind   v1beta1.ComponentType
		change func(*Component)
	}{
		"an engine alone":             {"001-raw-minimal", v1beta1.EngineComponent, func(*Component) {}},
		"a queue of Volcano":          {"214-dac-volcano", v1beta1.EngineComponent, func(*Component) {}},
		"a queue of Kueue":            {"215-dac-kueue", v1beta1.EngineComponent, func(*Component) {}},
		"a router with two replicas":  {"046-pd-router", v1beta1.RouterComponent, func(c *Component) { c.Scaling.Min, c.Scaling.Max = 2, 2 }},
		"a decoder beside the engine": {"046-pd-router", v1beta1.DecoderComponent, func(*Component) {}},
		"a service type of its own":   {"184-external-service-nodeport", v1beta1.EngineComponent, func(*Component) {}},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			component := recordedEngine(t, c.folder, c.kind)
			c.change(component)
			env := sampleEnv(recordedConfig(t, c.folder))
			objects, problem := objectsOf(BuildComponent(env, component))
			require.Nil(t, problem)
			deployment := recordedObject(t, c.folder, omecases.Children, "Deployment", component.Name)
			at(t, deployment, "chat", "spec", "template", "metadata", "labels", v1beta1.LabelServingInferenceService)
			injected(t, deployment, "spec", "template")
			assert.Equal(t, deployment, tree(find[*appsv1.Deployment](t, objects)))
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "Service", component.Name), tree(find[*corev1.Service](t, objects)))
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "PodDisruptionBudget", component.Name),
				tree(find[*policyv1.PodDisruptionBudget](t, objects)))
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "HorizontalPodAutoscaler", component.Name),
				tree(find[*autoscalingv2.HorizontalPodAutoscaler](t, objects)))
			if c.kind != v1beta1.RouterComponent {
				assert.Zero(t, count[*rbacv1.Role](objects), "only a router looks for pods")
				return
			}
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "Role", component.Name), tree(find[*rbacv1.Role](t, objects)))
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "RoleBinding", component.Name), tree(find[*rbacv1.RoleBinding](t, objects)))
			assert.Equal(t, recordedObject(t, c.folder, omecases.Children, "ServiceAccount", component.Name), tree(find[*corev1.ServiceAccount](t, objects)))
		})
	}
}

func TestReplicasAreWrittenOnlyWhereNoAutoscalerWritesThem(t *testing.T) {
	build := func(s Scaling) Objects {
		built, problem := BuildComponent(sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment,
			func(c *Component) { c.Scaling = s }))
		require.Nil(t, problem)
		return built.Objects
	}
	cases := map[string]struct {
		scaling  Scaling
		replicas *int32
		scalers  int
	}{
		"an autoscaler owns them":        {Scaling{Autoscaler: AutoscalerHPA, Min: 2, Max: 3}, nil, 1},
		"a foreign autoscaler owns them": {Scaling{Autoscaler: AutoscalerExternal, Min: 2, Max: 3}, nil, 0},
		"nothing scales them":            {Scaling{Autoscaler: AutoscalerNone, Min: 2, Max: 2, Replicas: ptr.To[int32](2)}, ptr.To[int32](2), 0},
		"they are mirrored on a switch":  {Scaling{Autoscaler: AutoscalerHPA, Min: 2, Max: 9, Replicas: ptr.To[int32](7)}, ptr.To[int32](7), 1},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			objects := build(c.scaling)
			assert.Equal(t, c.replicas, find[*appsv1.Deployment](t, objects).Spec.Replicas)
			assert.Equal(t, c.scalers, count[*autoscalingv2.HorizontalPodAutoscaler](objects))
		})
	}
}

func TestStrategy(t *testing.T) {
	rolling := func(unavailable, surge intstr.IntOrString) appsv1.DeploymentStrategy {
		return appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &unavailable, MaxSurge: &surge}}
	}
	ours := rolling(intstr.FromInt32(0), intstr.FromInt32(1))
	given := rolling(intstr.FromString("25%"), intstr.FromInt32(3))
	untyped := given
	untyped.Type = ""
	recreate := given
	recreate.Type = appsv1.RecreateDeploymentStrategyType
	cases := map[string]struct {
		given *appsv1.DeploymentStrategy
		want  appsv1.DeploymentStrategy
	}{
		"none is rolling":                 {nil, ours},
		"a type alone gets ours":          {&appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType}, ours},
		"a given one stays":               {&given, given},
		"parameters without type roll":    {&untyped, given},
		"recreating has no roll settings": {&recreate, appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) { assert.Equal(t, c.want, deploymentStrategyOf(c.given)) })
	}
}

func TestDisruptionBudget(t *testing.T) {
	one, half := intstr.FromInt32(1), intstr.FromString("50%")
	cases := map[string]struct {
		least, most         *intstr.IntOrString
		wantLeast, wantMost *intstr.IntOrString
		reasons             []string
	}{
		"none may lack one pod":          {nil, nil, nil, &one, nil},
		"a least stays":                  {&half, nil, &half, nil, nil},
		"a most stays":                   {nil, &half, nil, &half, nil},
		"of both the least stays, noted": {&half, &one, &half, nil, []string{ReasonBudgetIgnored}},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			component := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(component *Component) {
				component.Extension.MinAvailable, component.Extension.MaxUnavailable = c.least, c.most
			})
			built := makePodDisruptionBudget(sampleEnv(), component, labelsWithApp(component), appLabelSelector(component))
			budget := find[*policyv1.PodDisruptionBudget](t, built.Objects)
			assert.Equal(t, c.wantLeast, budget.Spec.MinAvailable)
			assert.Equal(t, c.wantMost, budget.Spec.MaxUnavailable)
			assert.Equal(t, map[string]string{"app": "chat-engine"}, budget.Spec.Selector.MatchLabels)
			assert.Equal(t, c.reasons, reasonsOf(built.Findings))
		})
	}
}

func TestRouterServiceAccount(t *testing.T) {
	cases := map[string]struct {
		kind    v1beta1.ComponentType
		named   string
		account string
		roles   int
	}{
		"a router gets one":               {v1beta1.RouterComponent, "", "chat-router", 1},
		"a router keeps the one it names": {v1beta1.RouterComponent, "mine", "mine", 0},
		"an engine gets none":             {v1beta1.EngineComponent, "", "", 0},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			built, problem := BuildComponent(sampleEnv(), sampleComponent(c.kind, v1beta1.RawDeployment,
				func(component *Component) { component.Pod.ServiceAccountName = c.named }))
			require.Nil(t, problem)
			assert.Equal(t, c.account, find[*appsv1.Deployment](t, built.Objects).Spec.Template.Spec.ServiceAccountName)
			assert.Equal(t, c.roles, count[*rbacv1.Role](built.Objects))
			assert.Equal(t, c.roles, count[*rbacv1.RoleBinding](built.Objects))
			assert.Equal(t, c.roles, count[*corev1.ServiceAccount](built.Objects))
		})
	}
}
