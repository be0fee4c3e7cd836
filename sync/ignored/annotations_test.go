package ignored

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/resolve"
)

func decode[T any](t testing.TB, text string) *T {
	t.Helper()
	out := new(T)
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), out))
	return out
}

// change is an option of newInput.
type change func(*Input)

// newInput is a service with an engine in mode RawDeployment that a HorizontalPodAutoscaler scales.
func newInput(t testing.TB, metadata, spec string, changes ...change) *Input {
	t.Helper()
	service := &v1beta1.InferenceService{ObjectMeta: *decode[metav1.ObjectMeta](t, metadata), Spec: *decode[v1beta1.InferenceServiceSpec](t, spec)}
	engine := &modes.Component{
		Type: v1beta1.EngineComponent, Mode: v1beta1.RawDeployment, Annotations: map[string]string{}, Runner: "ome-container",
		Scaling: modes.Scaling{Autoscaler: modes.AutoscalerHPA, Min: 1, Max: 3},
	}
	in := &Input{Given: service, Service: service, Components: []*modes.Component{engine}, Config: config.Default()}
	for _, change := range changes {
		change(in)
	}
	in.Route = modes.Route{Config: in.Config.Ingress, Components: in.Components}
	return in
}

func mode(mode v1beta1.DeploymentMode) change {
	return func(in *Input) { in.Components[0].Mode = mode }
}

func scaledBy(autoscaler modes.Autoscaler) change {
	return func(in *Input) { in.Components[0].Scaling.Autoscaler = autoscaler }
}

func runtime(t testing.TB, metadata, spec string) change {
	t.Helper()
	return func(in *Input) {
		in.Runtime = &resolve.Runtime{Name: "rt", Kind: "ServingRuntime", Spec: decode[v1beta1.ServingRuntimeSpec](t, spec), Meta: *decode[metav1.ObjectMeta](t, metadata)}
	}
}

// messages are the findings in one text.
func messages(in *Input) string {
	var all []string
	for _, found := range Findings(in) {
		all = append(all, found.Reason+": "+found.Message)
	}
	return strings.Join(all, "\n")
}

func TestAnnotationsWithoutEffect(t *testing.T) {
	for sentence, test := range map[string]struct {
		metadata, spec string
		changes        []change
		want           string
	}{
		"a key of ours that is misspelt":                {metadata: `{annotations: {ome.io/deployementMode: MultiNode}}`, want: "metadata.annotations[ome.io/deployementMode] has no effect: there is no such annotation: did you mean ome.io/deploymentMode?"},
		"other letters":                                 {metadata: `{annotations: {ome.io/deployment-mode: MultiNode}}`, want: "did you mean ome.io/deploymentMode?"},
		"no domain":                                     {metadata: `{annotations: {deploymentMode: MultiNode}}`, want: "did you mean ome.io/deploymentMode?"},
		"the domain of KServe":                          {metadata: `{annotations: {serving.kserve.io/deploymentMode: RawDeployment}}`, want: "did you mean ome.io/deploymentMode?"},
		"a domain that is misspelt":                     {metadata: `{annotations: {omme.io/service-type: NodePort}}`, want: "did you mean ome.io/service-type?"},
		"a domain below ours":                           {metadata: `{annotations: {serving.ome.io/autoscalerClass: keda}}`, want: "did you mean ome.io/autoscalerClass?"},
		"of two annotations with one name, the nearest": {metadata: `{annotations: {rdma.ome.io/profiles: x}}`, want: "did you mean rdma.ome.io/profile?"},
		"a key of ours that is like none":               {metadata: `{annotations: {ome.io/frobnicate: x}}`, want: "there is no such annotation: remove it"},
		"a key of OME's controller":                     {metadata: `{annotations: {ome.io/reset-instances: x}}`, want: "metadata.annotations[ome.io/reset-instances] has no effect: only OME's own controller reads it: use kubectl rollout restart"},
		"endpoints for a PodMonitor":                    {spec: `{engine: {annotations: {prometheus.ome.io/extra-endpoints: x}}}`, want: "spec.engine.annotations[prometheus.ome.io/extra-endpoints] has no effect: isvc makes PodMonitors for its own queries only: write one"},
		"a key of isvc":                                 {metadata: `{annotations: {isvc.io/onUpgrade: Roll}}`, want: "did you mean isvc.io/on-upgrade?"},
		"a reason for lint":                             {metadata: `{annotations: {isvc.io/lint-ignore.ISVC016: bounded by a quota}}`},
		"a key of others":                               {metadata: `{annotations: {example.com/deploymentModes: x, team: y, port: "1", prometheus.io/path: /m}}`},
		"what tools write":                              {metadata: `{annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}", ome.io/deprecation-warning: x}}`},

		"a policy of Envoy Gateway": {metadata: `{annotations: {ome.io/btp.loadBalancer.slowStart.window: 30s, ome.io/circuit-breaker-max-connections: "1024"}}`,
			want: "metadata.annotations[ome.io/btp.loadBalancer.slowStart.window], metadata.annotations[ome.io/circuit-breaker-max-connections] have no effect: isvc writes no policies of gateways: write a BackendTrafficPolicy"},
		"a policy of Istio":                 {metadata: `{annotations: {ome.io/dr.trafficPolicy.x: y}}`, want: "or a DestinationRule of Istio"},
		"what is for a runtime":             {metadata: `{annotations: {ome.io/inherit-from: base}}`, want: "it is for runtimes: write it in metadata.annotations of the runtime"},
		"what a runtime inherits":           {changes: []change{runtime(t, `{annotations: {ome.io/inherit-from: base}}`, `{}`)}},
		"what a selected runtime inherits":  {changes: []change{runtime(t, `{annotations: {ome.io/inherit-from: base}}`, `{}`), func(in *Input) { in.Runtime.Selected = true }}, want: "ServingRuntime/rt metadata.annotations[ome.io/inherit-from] has no effect: a runtime that is selected for a model does not inherit"},
		"a profile that serves":             {changes: []change{runtime(t, `{annotations: {ome.io/runtime-profile: "true"}}`, `{}`)}, want: "set spec.disabled to true"},
		"a preset":                          {changes: []change{runtime(t, `{annotations: {ome.io/engine: sglang-pd}}`, `{}`)}, want: "ServingRuntime/rt metadata.annotations[ome.io/engine] has no effect: isvc has no presets of runtimes: write out engineConfig"},
		"a profile of pods without another": {metadata: `{annotations: {runtime.ome.io/probe-port: "80"}}`, want: "it is a setting of runtime.ome.io/probe-profile, which is not there"},
		"a profile of pods":                 {metadata: `{annotations: {runtime.ome.io/shm-profile: default}}`},

		"a mode that does not exist":      {spec: `{engine: {annotations: {ome.io/deploymentMode: Multinode}}}`, want: `spec.engine.annotations[ome.io/deploymentMode] has no effect: "Multinode" is not one of RawDeployment, MultiNode, MultiNodeRayVLLM, Serverless, OMENative: did you mean MultiNode?`},
		"a mode on the service":           {metadata: `{annotations: {ome.io/deploymentMode: MultiNode}}`, want: "on a service it only says how the status is aggregated, and the engine is RawDeployment: to deploy the engine as MultiNode, write it in spec.engine.annotations"},
		"the mode that the engine has":    {metadata: `{annotations: {ome.io/deploymentMode: RawDeployment}}`},
		"a wrong mode on the service":     {metadata: `{annotations: {ome.io/deploymentMode: raw}}`, want: `"raw" is not one of`},
		"a mode in a label":               {metadata: `{labels: {ome.io/deploymentMode: MultiNode}}`, want: "metadata.labels[ome.io/deploymentMode] has no effect: it is an annotation"},
		"a mode on the runtime itself":    {changes: []change{runtime(t, `{annotations: {ome.io/deploymentMode: MultiNode}}`, `{}`)}, want: "ServingRuntime/rt metadata.annotations[ome.io/deploymentMode] has no effect: it is not read there"},
		"a mode in the runtime's engine":  {changes: []change{runtime(t, `{}`, `{engineConfig: {annotations: {ome.io/deploymentMode: multinode}}}`)}, want: `ServingRuntime/rt spec.engineConfig.annotations[ome.io/deploymentMode] has no effect: "multinode" is not one of`},
		"what is for the service":         {spec: `{engine: {annotations: {ome.io/ingress-domain: x.example, isvc.io/release: "2"}}}`, want: "write it in metadata.annotations of the InferenceService"},
		"what is for a model":             {metadata: `{annotations: {models.ome.io/category: LARGE}}`, want: "write it on the model"},
		"what isvc writes":                {metadata: `{annotations: {isvc.io/input: x}}`, want: "it is written by controllers"},
		"what isvc knows better":          {metadata: `{annotations: {ome.io/base-model-name: lie}}`, changes: []change{func(in *Input) { in.Components[0].Annotations["ome.io/base-model-name"] = "truth" }}, want: `isvc writes "truth"`},
		"an autoscaler of Knative's":      {metadata: `{annotations: {ome.io/autoscalerClass: keda}}`, changes: []change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)}, want: "Knative scales the engine"},
		"an autoscaler that is used":      {metadata: `{annotations: {ome.io/autoscalerClass: hpa}}`},
		"a setting of another autoscaler": {metadata: `{annotations: {autoscaling.keda.sh/threshold: "5"}}`, want: `what decides the replicas of the engine is "hpa", and not "keda"`},
		"a setting of Knative":            {metadata: `{annotations: {autoscaling.knative.dev/target: "5"}}`, want: "the engine is not serverless but RawDeployment"},
		"a switch that is neither":        {metadata: `{annotations: {ome.io/inject-model-init: "yes"}}`, want: `"yes" is not one of true, false`},
		"a route without routes":          {metadata: `{annotations: {ome.io/ingress-domain: x.example}}`, want: "the service has no routes"},
		"a type of Service in lower case": {metadata: `{annotations: {ome.io/service-type: loadbalancer}}`, want: "did you mean LoadBalancer?"},
		"OME's own label of visibility":   {metadata: `{labels: {networking.ome.io/visibility: cluster-local}}`, want: "use the label networking.knative.dev/visibility"},
	} {
		t.Run(sentence, func(t *testing.T) {
			if test.metadata == "" {
				test.metadata = `{}`
			}
			if test.spec == "" {
				test.spec = `{engine: {}}`
			}
			got := messages(newInput(t, test.metadata, test.spec, test.changes...))
			if test.want == "" {
				assert.Empty(t, got)
			}
			assert.Contains(t, got, test.want)
		})
	}
}

func TestFieldsWithoutEffect(t *testing.T) {
	group := []change{mode(v1beta1.MultiNode), scaledBy(modes.AutoscalerNone)}
	annotatedTarget := func(in *Input) { in.Components[0].Annotations[v1beta1.AnnotationTargetUtilization] = "60" }
	annotatedQuery := func(in *Input) { in.Components[0].Annotations[v1beta1.AnnotationKedaQuery] = "up" }
	onKnative := func(more ...change) []change {
		return append([]change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative), func(in *Input) {
			in.Components[0].Pod.Containers = []corev1.Container{{Name: "ome-container", Ports: []corev1.ContainerPort{{ContainerPort: 9000}, {ContainerPort: 9002}}}}
		}}, more...)
	}
	for sentence, test := range map[string]struct {
		spec    string
		changes []change
		want    string
	}{
		"the protocol of a port":                 {spec: `{engine: {servicePortAppProtocols: {http1: kubernetes.io/h2c}}}`, want: "spec.engine.servicePortAppProtocols[http1] has no effect: the runner has no port of this name: use one of its names of ports ("},
		"the protocol of a port of Knative":      {spec: `{engine: {servicePortAppProtocols: {http: kubernetes.io/h2c}}}`, changes: []change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)}, want: "spec.engine.servicePortAppProtocols has no effect in mode Serverless: remove it, or choose a mode that uses it (RawDeployment, MultiNode, MultiNodeRayVLLM)"},
		"a lifecycle that a Deployment follows":  {spec: `{engine: {lifecycle: {minReadySeconds: 5, readyPolicy: AllPodReady, updateStrategy: {type: SurgeThenDrain, rollingUpdate: {maxSurge: 1}}}}}`},
		"a lifecycle beyond a Deployment":        {spec: `{engine: {lifecycle: {restartPolicy: RecreateInstanceOnPodRestart}}}`, want: "spec.engine.lifecycle.restartPolicy has no effect on a Deployment: containers of a single pod restart in their place"},
		"updates in place":                       {spec: `{engine: {lifecycle: {updateStrategy: {type: InPlaceOnly}}}}`, want: "spec.engine.lifecycle.updateStrategy.type has no effect on a Deployment: pods are replaced, not changed in place"},
		"a lifecycle beyond groups":              {spec: `{engine: {lifecycle: {minReadySeconds: 5}}}`, changes: group, want: "spec.engine.lifecycle.minReadySeconds has no effect on a LeaderWorkerSet"},
		"a lifecycle of Knative's":               {spec: `{engine: {lifecycle: {minReadySeconds: 5}}}`, changes: []change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)}, want: "spec.engine.lifecycle has no effect in mode Serverless: remove it, or choose a mode that uses it (RawDeployment, MultiNode)"},
		"a lifecycle beside a strategy":          {spec: `{engine: {deploymentStrategy: {type: Recreate}, lifecycle: {updateStrategy: {type: RecreatePod}}}}`, want: "spec.engine.lifecycle.updateStrategy has no effect on a Deployment: deploymentStrategy wins"},
		"a lifecycle beside groups' strategy":    {spec: `{engine: {deploymentStrategy: {type: Recreate}, lifecycle: {updateStrategy: {rollingUpdate: {maxSurge: 1, partition: 1}}}}}`, changes: group, want: "spec.engine.lifecycle.updateStrategy has no effect on a LeaderWorkerSet: deploymentStrategy wins over all of it but the partition"},
		"a partition beside groups' strategy":    {spec: `{engine: {deploymentStrategy: {type: Recreate}, lifecycle: {updateStrategy: {rollingUpdate: {partition: 1}}}}}`, changes: group},
		"a strategy of groups":                   {spec: `{engine: {deploymentStrategy: {type: Recreate}}}`, changes: group},
		"a topology key without workers":         {spec: `{engine: {topologyKey: rack}}`, want: "spec.engine.topologyKey has no effect: it keeps the workers of a group with their leader, and the engine has none in mode RawDeployment"},
		"a rollout of OME's controller":          {spec: `{engine: {}, rollout: {groups: []}}`, want: "spec.rollout has no effect outside of OME's own controller: workloads roll as their own controllers do"},
		"traffic of OME's controller":            {spec: `{engine: {}, traffic: {algorithm: Random}}`, want: "spec.traffic has no effect outside of OME's own controller"},
		"a placement":                            {spec: `{engine: {}, placement: {clusters: [a]}}`, want: "spec.placement has no effect outside of OME's own controller"},
		"components that scale alone":            {spec: `{engine: {}, scalingPolicy: {mode: Independent}}`},
		"components that scale together":         {spec: `{engine: {}, scalingPolicy: {mode: Pinned}}`, want: "spec.scalingPolicy has no effect outside of OME's own controller: each component scales alone"},
		"the group of an overlay":                {spec: `{engine: {}, model: {name: m, overlays: [{name: a, apiGroup: example.com}]}}`, want: `spec.model.overlays[a].apiGroup has no effect: "example.com" is not the group ome.io`},
		"a predictor beside an engine":           {spec: `{engine: {}, predictor: {minReplicas: 1}}`, want: "spec.predictor has no effect beside spec.engine"},
		"two that no mode of this service uses":  {spec: `{engine: {minAvailable: 1, maxUnavailable: 2}}`, changes: []change{mode(v1beta1.MultiNodeRayVLLM)}, want: "FieldIgnored: spec.engine.minAvailable, spec.engine.maxUnavailable have no effect in mode MultiNodeRayVLLM: remove it, or choose a mode that uses it (RawDeployment, MultiNode)"},
		"a field of the runtime":                 {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{engineConfig: {canaryTrafficPercent: 10}}`)}, want: "RuntimeFieldIgnored: ServingRuntime/rt spec.engineConfig.canaryTrafficPercent has no effect yet: no revision was rolled out before"},
		"a field of both is the service's":       {spec: `{engine: {minAvailable: 1}}`, changes: append([]change{runtime(t, `{}`, `{engineConfig: {minAvailable: 2}}`)}, mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)), want: "FieldIgnored: spec.engine.minAvailable has no effect in mode Serverless"},
		"KEDA's settings without KEDA":           {spec: `{engine: {kedaConfig: {scalingThreshold: "5"}}}`, want: "spec.engine.kedaConfig has no effect: a HorizontalPodAutoscaler scales the engine: set enableKeda to true"},
		"KEDA's settings of a service":           {spec: `{engine: {}, kedaConfig: {scalingThreshold: "5"}}`, want: "spec.kedaConfig has no effect: KEDA scales no component"},
		"KEDA's settings where it is turned off": {spec: `{engine: {kedaConfig: {enableKeda: false, scalingThreshold: "5"}}, kedaConfig: {enableKeda: false}}`},
		"a metric under KEDA":                    {spec: `{engine: {scaleMetric: cpu}}`, changes: []change{scaledBy(modes.AutoscalerKEDA)}, want: "spec.engine.scaleMetric has no effect: KEDA scales the engine by its query"},
		"a target beside an annotation":          {spec: `{engine: {scaleTarget: 50}}`, changes: []change{annotatedTarget}, want: "spec.engine.scaleTarget has no effect, because annotation ome.io/targetUtilizationPercentage is 60"},
		"the runtime's target beside one":        {spec: `{engine: {}}`, changes: []change{annotatedTarget, runtime(t, `{}`, `{engineConfig: {scaleTarget: 50}}`)}},
		"a target that the annotation has too":   {spec: `{engine: {scaleTarget: 60}}`, changes: []change{annotatedTarget}},
		"a target of another metric":             {spec: `{engine: {scaleTarget: 5}}`, changes: []change{func(in *Input) { in.Components[0].Scaling.Metric = "rps" }}, want: "spec.engine.scaleTarget has no effect: it is for scaleMetric rps"},
		"a target of zero":                       {spec: `{engine: {scaleTarget: 0}}`, want: "spec.engine.scaleTarget has no effect: 0 is no percentage above 0"},
		"a target of memory":                     {spec: `{engine: {scaleTarget: 50}}`, changes: []change{func(in *Input) { in.Components[0].Scaling.Metric = "memory" }}},
		"a query beside an annotation":           {spec: `{engine: {kedaConfig: {customPromQuery: a}}}`, changes: []change{scaledBy(modes.AutoscalerKEDA), annotatedQuery}, want: "spec.engine.kedaConfig.customPromQuery has no effect, because annotation autoscaling.keda.sh/prometheus.query replaces it"},
		"a query of the service beside one":      {spec: `{engine: {}, kedaConfig: {customPromQuery: a}}`, changes: []change{scaledBy(modes.AutoscalerKEDA), annotatedQuery}, want: "spec.kedaConfig.customPromQuery has no effect, because annotation"},
		"a threshold beside a query":             {spec: `{engine: {kedaConfig: {scalingThreshold: "5"}}}`, changes: []change{scaledBy(modes.AutoscalerKEDA), annotatedQuery}},
		"replicas of others":                     {spec: `{engine: {minReplicas: 2, maxReplicas: 3}}`, changes: []change{scaledBy(modes.AutoscalerExternal)}, want: "spec.engine.minReplicas, spec.engine.maxReplicas have no effect"},
		"a metric of groups that do not scale":   {spec: `{engine: {scaleTarget: 5}}`, changes: group, want: "spec.engine.scaleTarget has no effect: the engine has a fixed number of replicas, minReplicas: to scale groups, set maxReplicas above minReplicas"},
		"as many at most as at least":            {spec: `{engine: {maxReplicas: 1}}`, changes: group},
		"workers of Ray":                         {spec: `{engine: {worker: {size: 2, nodeName: x}}}`, changes: []change{mode(v1beta1.MultiNodeRayVLLM), scaledBy(modes.AutoscalerNone)}, want: "spec.engine.worker has no effect in mode MultiNodeRayVLLM, but for its size"},
		"a leader beside a pod":                  {spec: `{engine: {runner: {name: r, image: i}, leader: {nodeName: x}}}`, want: "spec.engine.leader has no effect in mode RawDeployment"},
		"a leader that is the pod":               {spec: `{engine: {leader: {nodeName: x}}}`},
		"ephemeral containers of a leader":       {spec: `{engine: {leader: {ephemeralContainers: [{name: e}]}}}`, changes: group, want: "spec.engine.leader.ephemeralContainers has no effect"},
		"a timeout without a route that has one": {spec: `{engine: {timeoutSeconds: 9}}`, want: "spec.engine.timeoutSeconds has no effect in mode RawDeployment without an HTTPRoute"},
		"a timeout of an HTTPRoute": {spec: `{engine: {timeoutSeconds: 9}}`, changes: []change{func(in *Input) {
			in.Config.Ingress.EnableGatewayAPI, in.Config.Ingress.DisableIngressCreation = true, false
		}}},
		"ports beside the first on Knative": {spec: `{engine: {runner: {ports: [{containerPort: 9000}, {containerPort: 9002}]}, containers: [{name: side, ports: [{containerPort: 1}]}]}}`, changes: onKnative(),
			want: "spec.engine.runner.ports has no effect beside the port that takes requests: Knative takes one port of one container, so that 9002 of ome-container is not declared\nFieldIgnored: spec.engine.containers[side].ports has no effect"},
		"ports of the runtime on Knative": {spec: `{engine: {}}`, changes: onKnative(runtime(t, `{}`, `{engineConfig: {runner: {name: ome-container, ports: [{containerPort: 9000}, {containerPort: 9002}]}}}`)),
			want: "RuntimeFieldIgnored: ServingRuntime/rt spec.engineConfig.runner.ports has no effect"},
		"ports of the runtime that the service replaces": {spec: `{engine: {runner: {ports: [{name: a, containerPort: 9000}]}}}`, changes: onKnative(runtime(t, `{}`, `{engineConfig: {runner: {name: ome-container, ports: [{name: a, containerPort: 1}]}}}`))},
		"a port of the node on Knative":                  {spec: `{engine: {runner: {ports: [{containerPort: 9000, hostPort: 80}]}}}`, changes: onKnative(), want: "spec.engine.runner.ports.hostPort has no effect in mode Serverless"},
		"an address of the node on Knative":              {spec: `{engine: {runner: {ports: [{containerPort: 9000, hostIP: 10.0.0.1}]}}}`, changes: onKnative(), want: "spec.engine.runner.ports.hostIP has no effect in mode Serverless"},
		"the port that takes requests on Knative":        {spec: `{engine: {runner: {ports: [{containerPort: 9000}]}}}`, changes: onKnative()},
		"ports elsewhere":                                {spec: `{engine: {runner: {ports: [{containerPort: 9000}, {containerPort: 9002}]}}}`},
		"a timeout of Knative's":                         {spec: `{engine: {timeoutSeconds: 9}}`, changes: []change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)}},
		"a canary of the first revision":                 {spec: `{engine: {canaryTrafficPercent: 10}}`, changes: []change{mode(v1beta1.Serverless), scaledBy(modes.AutoscalerKnative)}, want: "spec.engine.canaryTrafficPercent has no effect yet"},
		"constraints alone":                              {spec: `{engine: {}, acceleratorSelector: {constraints: {minMemory: 40}}}`, want: "spec.acceleratorSelector.constraints has no effect: neither acceleratorClass nor policy is set"},
		"a policy beside a class":                        {spec: `{engine: {acceleratorOverride: {acceleratorClass: a, policy: Cheapest}}}`, want: "spec.engine.acceleratorOverride.policy has no effect, because acceleratorClass names the class a"},
		"a rank that a policy does not use":              {spec: `{engine: {}, acceleratorSelector: {policy: Cheapest, constraints: {preferredPrecisions: [fp8]}}}`, want: "constraints.preferredPrecisions has no effect with policy Cheapest"},
		"a mode of the service beside the engine's":      {spec: `{deploymentMode: OMENative, engine: {annotations: {ome.io/deploymentMode: RawDeployment}}}`, want: "spec.deploymentMode has no effect, because the engine's annotation ome.io/deploymentMode names a mode"},
		"a mode of the service alone":                    {spec: `{deploymentMode: RawDeployment, engine: {}}`},
		"another group":                                  {spec: `{engine: {}, model: {name: m, apiGroup: serving.kserve.io}}`, want: `spec.model.apiGroup has no effect: "serving.kserve.io" is not the group ome.io`},
		"a runtime without a name":                       {spec: `{engine: {}, runtime: {name: "", kind: ServingRuntime}}`, want: "spec.runtime.kind has no effect without spec.runtime.name"},
		"the older pod template":                         {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{tolerations: [{operator: Exists}], nodeSelector: {a: b}}`)}, want: "ServingRuntime/rt spec.tolerations has no effect: write it below spec.engineConfig"},
		"an older container":                             {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{containers: [{name: ome-container, image: i, resources: {limits: {cpu: "1"}}}]}`)}, want: "ServingRuntime/rt spec.containers[ome-container].image has no effect"},
		"an older container of another name":             {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{containers: [{name: other, resources: {limits: {cpu: "1"}}}]}`)}, want: "spec.containers[other].resources has no effect: no runner has the name of the container"},
		"older workers":                                  {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{workers: {size: 2}}`)}, want: "ServingRuntime/rt spec.workers has no effect"},
		"demands on accelerators":                        {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{acceleratorRequirements: {acceleratorClasses: [a], minMemory: 40}}`)}, want: "ServingRuntime/rt spec.acceleratorRequirements.minMemory has no effect"},
		"a limit of sizes that cannot be read":           {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{modelSizeRange: {min: 7 billion, max: 9B}}`)}, want: `ServingRuntime/rt spec.modelSizeRange.min has no effect: "7 billion" counts as 0`},
		"a class of a runtime's component":               {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{engineConfig: {acceleratorOverride: {acceleratorClass: a}}}`)}, want: "ServingRuntime/rt spec.engineConfig.acceleratorOverride has no effect"},
		"what only describes a runtime is no fault":      {spec: `{engine: {}}`, changes: []change{runtime(t, `{}`, `{protocolVersions: [openAI], supportedModelFormats: [{name: a, version: "1", modelFormat: {name: a}, modelFramework: {name: a}}]}`)}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := messages(newInput(t, `{}`, test.spec, test.changes...))
			if test.want == "" {
				assert.Empty(t, got)
			}
			assert.Contains(t, got, test.want)
		})
	}
}

// TestTheTemplateOfAComponentThatFailedDecides: a component that cannot be composed was asked for all the
// same.
func TestTheTemplateOfAComponentThatFailedDecides(t *testing.T) {
	in := newInput(t, `{}`, `{engine: {}}`, runtime(t, `{}`, `{engineConfig: {runner: {name: r}}, routerConfig: {runner: {name: r}}}`))
	in.Components = nil
	record := trace.NewExplainingRecorder()
	RecordDescriptions(in, record)
	require.Len(t, record.Entries(), 1)
	assert.Equal(t, "spec.routerConfig"+DecidesNothing, record.Entries()[0].Message)
}
