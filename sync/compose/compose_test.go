package compose

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/resolve"
)

// input is a service "chat" in namespace team-a with a model and a runtime,
// each written as YAML; an empty text is absent.
type input struct{ meta, spec, model, runtime string }

const plainRuntime = `{engineConfig: {runner: {name: ome-container, image: engine:1}},
	decoderConfig: {runner: {name: ome-container, image: decoder:1}}, routerConfig: {runner: {name: router, image: router:1}}}`

const plainModel = `{vendor: acme, modelFormat: {name: safetensors}, storage: {storageUri: "hf://acme/m", path: /models/m}}`

func decode[T any](t testing.TB, text string) *T {
	t.Helper()
	out := new(T)
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), out))
	return out
}

func (in input) input(t testing.TB) *Input {
	t.Helper()
	out := &Input{Service: &v1beta1.InferenceService{}, Config: config.Default(), Kinds: kinds.All(), Record: trace.NewExplainingRecorder()}
	if in.meta != "" {
		out.Service.ObjectMeta = *decode[metav1.ObjectMeta](t, in.meta)
	}
	out.Service.Name, out.Service.Namespace = "chat", "team-a"
	out.Service.Spec = *decode[v1beta1.InferenceServiceSpec](t, in.spec)
	if in.model != "" {
		out.Model = &resolve.Model{Name: "m", Kind: "ClusterBaseModel", Spec: decode[v1beta1.BaseModelSpec](t, in.model)}
	}
	if in.runtime != "" {
		out.Runtime = &resolve.Runtime{Name: "rt", Kind: "ClusterServingRuntime", Spec: decode[v1beta1.ServingRuntimeSpec](t, in.runtime)}
	}
	return out
}

// composed composes a service and returns the component of a type.
func composed(t testing.TB, in *Input, kind v1beta1.ComponentType) *modes.Component {
	t.Helper()
	for _, result := range Components(in) {
		if result.Type == kind {
			require.Nil(t, result.Problem)
			return result.Component
		}
	}
	require.Fail(t, "no component "+string(kind))
	return nil
}

func runner(t testing.TB, c *modes.Component) corev1.Container {
	t.Helper()
	at := podspec.IndexOfContainer(c.Pod.Containers, c.Runner)
	require.GreaterOrEqual(t, at, 0)
	return c.Pod.Containers[at]
}

// reasons are the reasons of all findings.
func reasons(in *Input) []string {
	var out []string
	for _, found := range in.Record.Findings() {
		out = append(out, found.Reason)
	}
	return out
}

func TestPlaceholders(t *testing.T) {
	meta := &metav1.ObjectMeta{
		Name: "chat", Namespace: "team-a", UID: "u-1", Labels: map[string]string{"tier": "gold"},
		Annotations: map[string]string{"example.com/owner": "<a&b>", "loop": "{{.Name}}", "example.com/cost-centre": "4711"},
	}
	for name, test := range map[string]struct{ text, want string }{
		"a name is substituted":                        {"--name={{.Name}}", "--name=chat"},
		"spaces and trim marks do not matter":          {"{{ .Name }}/{{- .Namespace -}}", "chat/team-a"},
		"the uid of the service":                       {"{{.UID}}", "u-1"},
		"a label by its key":                           {"{{.Labels.tier}}", "gold"},
		"a label that is absent is empty":              {"[{{.Labels.absent}}]", "[]"},
		"an annotation by index, unescaped":            {`{{index .Annotations "example.com/owner"}}`, "<a&b>"},
		"an index with escaped quotes":                 {`{{index .Annotations \"example.com/owner\"}}`, "<a&b>"},
		"an index with back quotes":                    {"{{index .Annotations `example.com/owner`}}", "<a&b>"},
		"a value is not searched again":                {`{{.Annotations.loop}}`, "{{.Name}}"},
		"Jinja is left alone":                          {"{{ message.content }}", "{{ message.content }}"},
		"an unknown field is left alone":               {"{{ .Spec }}", "{{ .Spec }}"},
		"a function of Go templates is left alone":     {`{{ printf "%s" .Name }}`, `{{ printf "%s" .Name }}`},
		"a name that only starts like a field is left": {"{{.Names}}", "{{.Names}}"},
		"a key with dashes, dots and a slash":          {"{{.Annotations.example.com/cost-centre}}", "4711"},
		"a key with dashes and trim marks":             {"{{- .Annotations.example.com/cost-centre -}}", "4711"},
		"an absent key with a slash is empty":          {"[{{ .Labels.ome.io/absent-key }}]", "[]"},
		"an absent key by index is empty":              {`[{{index .Labels "absent"}}]`, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := corev1.PodSpec{
				Containers:     []corev1.Container{{Args: []string{test.text}, Env: []corev1.EnvVar{{Name: "X", Value: test.text}}}},
				InitContainers: []corev1.Container{{Command: []string{test.text}}},
			}
			record := &trace.Recorder{}
			fillInPlaceholders(&sources{service: &v1beta1.InferenceService{ObjectMeta: *meta}, component: v1beta1.EngineComponent, record: record}, &spec)
			assert.Equal(t, strings.Contains(test.text, "absent"), len(record.Findings()) > 0, "a key that is absent is said")
			assert.Equal(t, test.want, spec.Containers[0].Args[0])
			assert.Equal(t, test.want, spec.Containers[0].Env[0].Value)
			assert.Equal(t, test.want, spec.InitContainers[0].Command[0])
		})
	}
}

func TestStorage(t *testing.T) {
	for name, test := range map[string]struct {
		storage, path, subPath, claim, hostPath string
		reasons                                 []string
	}{
		"a model on nodes is a read-only directory": {storage: `{storageUri: "hf://a/m", path: /models/m}`, path: "/models/m", hostPath: "/models/m"},
		"a model without a path is not mounted":     {storage: `{storageUri: "hf://a/m"}`},
		"a claim is mounted at the path":            {storage: `{storageUri: "pvc://store/a/m", path: /models/m}`, path: "/models/m", claim: "store", subPath: "a/m"},
		"a claim without a path has a default one":  {storage: `{storageUri: "pvc://store/a/m"}`, path: "/mnt/models", claim: "store", subPath: "a/m"},
		"a whole claim":                                {storage: `{storageUri: "pvc://store"}`, path: "/mnt/models", claim: "store"},
		"a claim of the own namespace":                 {storage: `{storageUri: "pvc://team-a:store/m"}`, path: "/mnt/models", claim: "store", subPath: "m"},
		"a claim of another namespace is a finding":    {storage: `{storageUri: "pvc://other:store/m"}`, path: "/mnt/models", claim: "store", subPath: "m", reasons: []string{ReasonVolumeElsewhere}},
		"a claim that has no name is no claim's mount": {storage: `{storageUri: "pvc://", path: /models/m}`, path: "/models/m", hostPath: "/models/m"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{spec: `{engine: {}}`, model: `{modelFormat: {name: safetensors}, storage: ` + test.storage + `}`, runtime: plainRuntime}.input(t)
			c := composed(t, in, v1beta1.EngineComponent)
			r := runner(t, c)
			if test.path == "" {
				assert.Empty(t, c.Pod.Volumes)
				assert.Empty(t, r.VolumeMounts)
				assert.Negative(t, podspec.IndexOfVariable(r.Env, envModelPath))
				return
			}
			assert.Equal(t, []corev1.VolumeMount{{Name: "m", MountPath: test.path, SubPath: test.subPath, ReadOnly: true}}, r.VolumeMounts)
			assert.Equal(t, test.path, r.Env[podspec.IndexOfVariable(r.Env, envModelPath)].Value)
			require.Len(t, c.Pod.Volumes, 1)
			if test.claim != "" {
				assert.Equal(t, &corev1.PersistentVolumeClaimVolumeSource{ClaimName: test.claim, ReadOnly: true}, c.Pod.Volumes[0].PersistentVolumeClaim)
				assert.Empty(t, c.Pod.NodeSelector, "no node holds it")
			} else {
				assert.Equal(t, test.hostPath, c.Pod.Volumes[0].HostPath.Path)
			}
			for _, reason := range test.reasons {
				assert.Contains(t, reasons(in), reason)
			}
		})
	}
}

func TestNoPathIsMountedTwice(t *testing.T) {
	mount := func(name, path string) corev1.VolumeMount { return corev1.VolumeMount{Name: name, MountPath: path} }
	model, weight := mount("m", "/models/m"), mount(modelEmptyDir, "/opt/ml/model")
	stacked := []corev1.VolumeMount{mount(modelEmptyDir, "/opt/ml/model/f"), mount(modelEmptyDir, "/opt/ml/tfew/f")}
	for name, test := range map[string]struct {
		own    []corev1.VolumeMount
		access modelAccess
		want   []corev1.VolumeMount
	}{
		"the model and the weight": {
			nil, modelAccess{modelMount: &model, weightMount: &weight}, []corev1.VolumeMount{model, weight}},
		"the runner has the model's path, with a slash": {
			[]corev1.VolumeMount{mount("own", "/models/m/")}, modelAccess{modelMount: &model},
			[]corev1.VolumeMount{mount("own", "/models/m/")}},
		"the runner has the weight's path": {
			[]corev1.VolumeMount{mount("own", "/opt/ml/model")}, modelAccess{weightMount: &weight},
			[]corev1.VolumeMount{mount("own", "/opt/ml/model")}},
		"the runner mounts the weight's volume elsewhere": {
			[]corev1.VolumeMount{mount(modelEmptyDir, "/w")}, modelAccess{weightMount: &weight},
			[]corev1.VolumeMount{mount(modelEmptyDir, "/w")}},
		"two parts take the place of the weight's volume": {
			[]corev1.VolumeMount{weight, mount("own", "/own")}, modelAccess{weightMount: &weight, stackedMounts: stacked},
			[]corev1.VolumeMount{stacked[0], mount("own", "/own"), stacked[1]}},
		"the runner has the path of one part": {
			[]corev1.VolumeMount{mount("own", "/opt/ml/tfew/f")}, modelAccess{weightMount: &weight, stackedMounts: stacked},
			[]corev1.VolumeMount{mount("own", "/opt/ml/tfew/f"), stacked[0]}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, addMounts(test.own, nil, test.access)) })
	}
}

func TestStorageOfOthers(t *testing.T) {
	t.Run("a mount of the runtime at the model's path stays alone", func(t *testing.T) {
		in := input{spec: `{engine: {}}`, model: plainModel, runtime: `{engineConfig: {volumes: [{name: own, emptyDir: {}}],
			runner: {name: ome-container, image: x, volumeMounts: [{name: own, mountPath: /models/m}]}}}`}.input(t)
		assert.Equal(t, []corev1.VolumeMount{{Name: "own", MountPath: "/models/m"}}, runner(t, composed(t, in, v1beta1.EngineComponent)).VolumeMounts)
	})
	t.Run("a router gets no model", func(t *testing.T) {
		in := input{spec: `{engine: {}, router: {}}`, model: plainModel, runtime: plainRuntime}.input(t)
		c := composed(t, in, v1beta1.RouterComponent)
		assert.Empty(t, c.Pod.Volumes)
		assert.Empty(t, c.Pod.NodeSelector)
		assert.Empty(t, runner(t, c).Env)
	})
	t.Run("a path of the user's own wins", func(t *testing.T) {
		in := input{spec: `{engine: {runner: {env: [{name: MODEL_PATH, value: /elsewhere}]}}}`, model: plainModel, runtime: plainRuntime}.input(t)
		assert.Equal(t, []corev1.EnvVar{{Name: "MODEL_PATH", Value: "/elsewhere"}}, runner(t, composed(t, in, v1beta1.EngineComponent)).Env)
	})
}

func requirements(requests, limits map[string]string) corev1.ResourceRequirements {
	list := func(texts map[string]string) corev1.ResourceList {
		if texts == nil {
			return nil
		}
		out := corev1.ResourceList{}
		for name, text := range texts {
			out[corev1.ResourceName(name)] = resource.MustParse(text)
		}
		return out
	}
	return corev1.ResourceRequirements{Requests: list(requests), Limits: list(limits)}
}

func texts(list corev1.ResourceList) map[string]string {
	if list == nil {
		return nil
	}
	out := map[string]string{}
	for name, quantity := range list {
		out[string(name)] = quantity.String()
	}
	return out
}

type quantities = map[string]string

func TestExtendedResourcesAreLevel(t *testing.T) {
	const gpu = "nvidia.com/gpu"
	for name, test := range map[string]struct {
		requests, limits, ownRequests, ownLimits, wantRequests, wantLimits quantities
		// finding is a part of the only one; none where it is empty.
		finding string
	}{
		"a request alone gets a limit":            {requests: quantities{gpu: "2"}, wantRequests: quantities{gpu: "2"}, wantLimits: quantities{gpu: "2"}},
		"a limit alone stays alone":               {limits: quantities{gpu: "2"}, wantLimits: quantities{gpu: "2"}},
		"cpu may differ":                          {requests: quantities{"cpu": "1"}, limits: quantities{"cpu": "2"}, wantRequests: quantities{"cpu": "1"}, wantLimits: quantities{"cpu": "2"}},
		"the service's request wins over a limit": {requests: quantities{gpu: "1"}, limits: quantities{gpu: "4"}, ownRequests: quantities{gpu: "1"}, wantRequests: quantities{gpu: "1"}, wantLimits: quantities{gpu: "1"}},
		"the service's limit wins over a request": {requests: quantities{gpu: "4"}, limits: quantities{gpu: "1"}, ownLimits: quantities{gpu: "1"}, wantRequests: quantities{gpu: "1"}, wantLimits: quantities{gpu: "1"}},
		"the limit wins where nobody is the user": {requests: quantities{gpu: "4"}, limits: quantities{gpu: "2"}, wantRequests: quantities{gpu: "2"}, wantLimits: quantities{gpu: "2"},
			finding: "container c of the engine requests 4 of nvidia.com/gpu, and its limit is 2, which Kubernetes refuses: 2 is requested; make the two equal"},
		"the service says more than its own limit": {requests: quantities{"memory": "2Gi"}, limits: quantities{"memory": "1Gi"}, ownRequests: quantities{"memory": "2Gi"}, ownLimits: quantities{"memory": "1Gi"},
			wantRequests: quantities{"memory": "1Gi"}, wantLimits: quantities{"memory": "1Gi"}, finding: "requests 2Gi of memory, and its limit is 1Gi, which Kubernetes refuses: 1Gi is requested; make the limit at least the request"},
		"a request of huge pages follows the limit":  {requests: quantities{"hugepages-2Mi": "1Gi"}, limits: quantities{"hugepages-2Mi": "5Gi"}, ownLimits: quantities{"hugepages-2Mi": "5Gi"}, wantRequests: quantities{"hugepages-2Mi": "5Gi"}, wantLimits: quantities{"hugepages-2Mi": "5Gi"}},
		"huge pages that are only requested":         {requests: quantities{"hugepages-1Gi": "2Gi"}, wantRequests: quantities{"hugepages-1Gi": "2Gi"}, wantLimits: quantities{"hugepages-1Gi": "2Gi"}},
		"a resource of Kubernetes itself may differ": {requests: quantities{"x.kubernetes.io/y": "1"}, wantRequests: quantities{"x.kubernetes.io/y": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := requirements(test.requests, test.limits)
			own := requirements(test.ownRequests, test.ownLimits)
			record := &trace.Recorder{}
			r = levelResources(&sources{component: v1beta1.EngineComponent, record: record}, r, &own, "c", nil)
			if found := record.Findings(); test.finding == "" {
				assert.Empty(t, found)
			} else if assert.Len(t, found, 1) {
				assert.Contains(t, found[0].Message, test.finding)
			}
			assert.Equal(t, test.wantRequests, texts(r.Requests), "requests")
			assert.Equal(t, test.wantLimits, texts(r.Limits), "limits")
		})
	}
}

func TestAcceleratorClassCounts(t *testing.T) {
	const gpu = "nvidia.com/gpu"
	for name, test := range map[string]struct {
		runtime, service, class string
		want                    quantities
		parallel                string
	}{
		"the runtime's count stays":                     {runtime: `limits: {nvidia.com/gpu: "4"}`, class: gpu, want: quantities{gpu: "4"}, parallel: "4"},
		"without a count the class's fills in":          {class: gpu, want: quantities{gpu: "1"}, parallel: "1"},
		"the runtime's count under the class's name":    {runtime: `limits: {nvidia.com/gpu: "4"}`, class: "amd.com/gpu", want: quantities{"amd.com/gpu": "4"}, parallel: "4"},
		"the service's count under the class's name":    {runtime: `limits: {nvidia.com/gpu: "4"}`, service: `limits: {nvidia.com/gpu: "2"}`, class: "amd.com/gpu", want: quantities{"amd.com/gpu": "2"}, parallel: "2"},
		"a resource that only the class knows counts":   {class: "example.com/npu", want: quantities{"example.com/npu": "1"}, parallel: "1"},
		"the service's count of the class's resource":   {service: `limits: {nvidia.com/gpu: "2"}`, class: gpu, want: quantities{gpu: "2"}, parallel: "2"},
		"Intel's resources are accelerators":            {runtime: `limits: {gpu.intel.com/i915: "3"}`, class: gpu, want: quantities{gpu: "3"}, parallel: "3"},
		"a resource beside the accelerator is no count": {runtime: `limits: {example.com/rdma: "1"}`, class: gpu, want: quantities{gpu: "1", "example.com/rdma": "1"}, parallel: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{
				spec:    `{engine: {runner: {resources: {` + test.service + `}}}}`,
				runtime: `{engineConfig: {runner: {name: ome-container, image: x, resources: {` + test.runtime + `}}}}`,
			}.input(t)
			one := resource.MustParse("1")
			class := &v1beta1.AcceleratorClass{Spec: v1beta1.AcceleratorClassSpec{
				Resources: []v1beta1.AcceleratorResource{{Name: test.class, Quantity: &one}},
			}}
			in.Accelerators = map[v1beta1.ComponentType]*resolve.Accelerator{v1beta1.EngineComponent: {Name: "ac", Class: class}}
			r := runner(t, composed(t, in, v1beta1.EngineComponent))
			assert.Equal(t, test.want, texts(r.Resources.Limits))
			assert.Equal(t, test.parallel, r.Env[podspec.IndexOfVariable(r.Env, envParallelism)].Value)
		})
	}
}

// TestResourcesOfTheComponent: the field resources is for whichever runner serves, below what that says
// itself.
func TestResourcesOfTheComponent(t *testing.T) {
	const two, claim = `resources: {limits: {cpu: "2"}}`, `resources: {claims: [{name: adapters}]}`
	const group = `leader: {runner: {name: l, image: x}}, worker: {size: 1, runner: {name: w, image: x}}`
	const own = `runner: {name: own, image: x, resources: {limits: {nvidia.com/gpu: "8"}}}`
	const raw = `annotations: {ome.io/deploymentMode: RawDeployment}`
	for name, test := range map[string]struct {
		engine, runtime string
		runner          string
		limits          quantities
		claims          []string
	}{
		"a runner":                       {engine: two, runtime: own, runner: "own", limits: quantities{"cpu": "2", "nvidia.com/gpu": "8"}},
		"a leader":                       {engine: two, runtime: group, runner: "l", limits: quantities{"cpu": "2"}},
		"a runner beside a leader":       {engine: two + ", " + raw, runtime: own + ", " + group, runner: "own", limits: quantities{"cpu": "2", "nvidia.com/gpu": "8"}},
		"a leader beside a runner":       {engine: two, runtime: own + ", " + group, runner: "l", limits: quantities{"cpu": "2"}},
		"claims beside its accelerators": {engine: "", runtime: claim + ", " + own, runner: "own", limits: quantities{"nvidia.com/gpu": "8"}, claims: []string{"adapters"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{spec: `{engine: {` + test.engine + `}}`, runtime: `{engineConfig: {` + test.runtime + `}}`}.input(t)
			r := runner(t, composed(t, in, v1beta1.EngineComponent))
			assert.Equal(t, test.runner, r.Name)
			assert.Equal(t, test.limits, texts(r.Resources.Limits))
			assert.Equal(t, test.claims, claimsOf([]corev1.Container{r}))
		})
	}
}

func TestParallelism(t *testing.T) {
	const gpus = `resources: {limits: {nvidia.com/gpu: "8"}}`
	for name, test := range map[string]struct{ engine, want string }{
		"the accelerators of one pod":             {`{runner: {` + gpus + `}}`, "8"},
		"leader and workers together":             {`{runner: {` + gpus + `}, worker: {size: 2, runner: {name: w, image: x, ` + gpus + `}}}`, "24"},
		"a value of the user's own wins":          {`{runner: {env: [{name: PARALLELISM_SIZE, value: "3"}], ` + gpus + `}}`, "3"},
		"without accelerators there is no number": {`{}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{spec: `{engine: ` + test.engine + `}`, runtime: plainRuntime}.input(t)
			r := runner(t, composed(t, in, v1beta1.EngineComponent))
			at := podspec.IndexOfVariable(r.Env, envParallelism)
			if test.want == "" {
				assert.Negative(t, at)
				return
			}
			require.GreaterOrEqual(t, at, 0)
			assert.Equal(t, test.want, r.Env[at].Value)
		})
	}
}

func TestBoundsAndAutoscaler(t *testing.T) {
	const worker = `worker: {size: 1, runner: {name: w, image: x}}`
	for name, test := range map[string]struct {
		meta, spec, runtime string
		kind                v1beta1.ComponentType
		least, most         int32
		autoscaler          modes.Autoscaler
		fixed               bool
	}{
		"defaults of an engine":                       {spec: `{engine: {}}`, least: 1, most: 3, autoscaler: modes.AutoscalerHPA},
		"defaults of a router":                        {spec: `{engine: {}, router: {}}`, kind: v1beta1.RouterComponent, least: 1, most: 2, autoscaler: modes.AutoscalerHPA},
		"the runtime's bounds count":                  {spec: `{engine: {maxReplicas: 9}}`, runtime: `{engineConfig: {minReplicas: 4, runner: {name: c, image: x}}}`, least: 4, most: 9, autoscaler: modes.AutoscalerHPA},
		"the greatest is raised to the least":         {spec: `{engine: {minReplicas: 5, maxReplicas: 2}}`, least: 5, most: 5, autoscaler: modes.AutoscalerHPA},
		"a negative least is the default":             {spec: `{engine: {minReplicas: -2, maxReplicas: 4}}`, least: 1, most: 4, autoscaler: modes.AutoscalerHPA},
		"a negative greatest is the default":          {spec: `{engine: {minReplicas: 2, maxReplicas: -4}}`, least: 2, most: 3, autoscaler: modes.AutoscalerHPA},
		"a negative greatest of groups is a default":  {spec: `{engine: {minReplicas: 1, maxReplicas: -4, ` + worker + `}}`, least: 1, most: 3, autoscaler: modes.AutoscalerNone, fixed: true},
		"the default greatest is raised too":          {spec: `{engine: {minReplicas: 7}}`, least: 7, most: 7, autoscaler: modes.AutoscalerHPA},
		"enableKeda turns KEDA on":                    {spec: `{engine: {}, kedaConfig: {enableKeda: true}}`, least: 1, most: 3, autoscaler: modes.AutoscalerKEDA},
		"the annotation turns KEDA on":                {meta: `{annotations: {ome.io/autoscalerClass: keda}}`, spec: `{engine: {}}`, least: 1, most: 3, autoscaler: modes.AutoscalerKEDA},
		"enableKeda false turns the annotation off":   {meta: `{annotations: {ome.io/autoscalerClass: keda}}`, spec: `{engine: {kedaConfig: {enableKeda: false}}}`, least: 1, most: 3, autoscaler: modes.AutoscalerHPA},
		"a component's own switch wins":               {spec: `{engine: {kedaConfig: {enableKeda: false}}, kedaConfig: {enableKeda: true}}`, least: 1, most: 3, autoscaler: modes.AutoscalerHPA},
		"a named class wins over enableKeda":          {meta: `{annotations: {ome.io/autoscalerClass: external}}`, spec: `{engine: {}, kedaConfig: {enableKeda: true}}`, least: 1, most: 3, autoscaler: modes.AutoscalerExternal},
		"none fixes the number":                       {meta: `{annotations: {ome.io/autoscalerClass: none}}`, spec: `{engine: {minReplicas: 2}}`, least: 2, most: 3, autoscaler: modes.AutoscalerNone, fixed: true},
		"a component's annotation wins":               {meta: `{annotations: {ome.io/autoscalerClass: external}}`, spec: `{engine: {annotations: {ome.io/autoscalerClass: none}}}`, least: 1, most: 3, autoscaler: modes.AutoscalerNone, fixed: true},
		"serverless scales by itself":                 {spec: `{engine: {minReplicas: 0}}`, least: 0, most: 3, autoscaler: modes.AutoscalerKnative},
		"groups are fixed without a greatest number":  {spec: `{engine: {` + worker + `}}`, least: 1, most: 3, autoscaler: modes.AutoscalerNone, fixed: true},
		"groups scale where there is a range":         {spec: `{engine: {maxReplicas: 2, ` + worker + `}}`, least: 1, most: 2, autoscaler: modes.AutoscalerHPA},
		"groups of one number are fixed":              {spec: `{engine: {minReplicas: 2, maxReplicas: 2, ` + worker + `}}`, least: 2, most: 2, autoscaler: modes.AutoscalerNone, fixed: true},
		"a HorizontalPodAutoscaler cannot start at 0": {spec: `{engine: {minReplicas: 0, maxReplicas: 2, ` + worker + `}}`, least: 0, most: 2, autoscaler: modes.AutoscalerNone, fixed: true},
		"groups that others scale":                    {meta: `{annotations: {ome.io/autoscalerClass: external}}`, spec: `{engine: {` + worker + `}}`, least: 1, most: 3, autoscaler: modes.AutoscalerExternal},
		"Ray clusters are fixed":                      {spec: `{engine: {minReplicas: 2, maxReplicas: 5, annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}}`, least: 2, most: 5, autoscaler: modes.AutoscalerNone, fixed: true},
	} {
		t.Run(name, func(t *testing.T) {
			if test.runtime == "" {
				test.runtime = plainRuntime
			}
			if test.kind == "" {
				test.kind = v1beta1.EngineComponent
			}
			s := composed(t, input{meta: test.meta, spec: test.spec, runtime: test.runtime}.input(t), test.kind).Scaling
			assert.Equal(t, []int32{test.least, test.most}, []int32{s.Min, s.Max})
			assert.Equal(t, test.autoscaler, s.Autoscaler)
			if !test.fixed {
				assert.Nil(t, s.Replicas)
				return
			}
			require.NotNil(t, s.Replicas)
			assert.Equal(t, test.least, *s.Replicas)
		})
	}
}

// TestTheAutoscalerThatIsAskedFor: the first source counts as a whole.
func TestTheAutoscalerThatIsAskedFor(t *testing.T) {
	const (
		hpaInRuntime = `{engineConfig: {autoscaler: {class: HPA, hpa: {metrics: []}}, kedaConfig: {enableKeda: true}, runner: {name: c, image: x}}}`
		keda         = `autoscaler: {class: KEDA, keda: {triggers: [{type: cron, metadata: {}}]}}`
	)
	for name, test := range map[string]struct {
		meta, spec, runtime string
		source              modes.AutoscalerSource
		place               string
		autoscaler          modes.Autoscaler
		mode                v1beta1.DeploymentMode
	}{
		"the service's block": {spec: `{engine: {` + keda + `}}`, runtime: hpaInRuntime,
			source: modes.SourceService, place: "spec.engine.autoscaler", autoscaler: modes.AutoscalerKEDA},
		"the runtime's block": {meta: `{annotations: {ome.io/autoscalerClass: none}}`, spec: `{engine: {kedaConfig: {enableKeda: true}}}`, runtime: hpaInRuntime,
			source: modes.SourceRuntime, place: "ClusterServingRuntime/rt spec.engineConfig.autoscaler", autoscaler: modes.AutoscalerHPA},
		"an annotation":  {meta: `{annotations: {ome.io/autoscalerClass: none}}`, spec: `{engine: {}}`, source: modes.SourceLegacy, autoscaler: modes.AutoscalerNone},
		"a target alone": {spec: `{engine: {scaleTarget: 60}}`, source: modes.SourceLegacy, autoscaler: modes.AutoscalerHPA},
		"nothing":        {spec: `{engine: {}}`, source: modes.SourceDefault, autoscaler: modes.AutoscalerHPA},
		"zero replicas and a block of class HPA": {spec: `{engine: {minReplicas: 0, autoscaler: {class: HPA}}}`,
			source: modes.SourceService, place: "spec.engine.autoscaler", autoscaler: modes.AutoscalerKnative, mode: v1beta1.Serverless},
		"zero replicas and KEDA by the annotation": {meta: `{annotations: {ome.io/autoscalerClass: keda}}`, spec: `{engine: {minReplicas: 0}}`,
			source: modes.SourceLegacy, autoscaler: modes.AutoscalerKEDA},
		"zero replicas and KEDA that is turned off": {meta: `{annotations: {ome.io/autoscalerClass: keda}}`, spec: `{engine: {minReplicas: 0}, kedaConfig: {enableKeda: false}}`,
			source: modes.SourceLegacy, autoscaler: modes.AutoscalerKnative, mode: v1beta1.Serverless},
		"zero replicas of the runtime and KEDA of the service": {spec: `{engine: {` + keda + `}}`, runtime: `{engineConfig: {minReplicas: 0, runner: {name: c, image: x}}}`,
			source: modes.SourceService, place: "spec.engine.autoscaler", autoscaler: modes.AutoscalerKEDA},
	} {
		t.Run(name, func(t *testing.T) {
			if test.runtime == "" {
				test.runtime = plainRuntime
			}
			c := composed(t, input{meta: test.meta, spec: test.spec, runtime: test.runtime}.input(t), v1beta1.EngineComponent)
			assert.Equal(t, test.source, c.Scaling.Source)
			assert.Equal(t, test.place, c.Scaling.Place)
			assert.Equal(t, test.autoscaler, c.Scaling.Autoscaler)
			assert.Equal(t, cmp.Or(test.mode, v1beta1.RawDeployment), c.Mode)
		})
	}
}

func TestUnknownAutoscalerStopsTheComponent(t *testing.T) {
	in := input{spec: `{engine: {annotations: {ome.io/autoscalerClass: vpa}}}`, runtime: plainRuntime}.input(t)
	results := Components(in)
	require.Len(t, results, 1)
	require.NotNil(t, results[0].Problem)
	assert.Equal(t, ReasonInvalidAutoscaler, results[0].Problem.Reason)
	assert.Contains(t, results[0].Problem.Message, `"vpa"`)
}

func TestMode(t *testing.T) {
	const leader, worker = `leader: {runner: {name: l, image: x}}`, `worker: {size: 1, runner: {name: w, image: x}}`
	for name, test := range map[string]struct {
		meta, spec string
		kind       v1beta1.ComponentType
		want       v1beta1.DeploymentMode
		reasons    []string
	}{
		"an engine is raw":                                  {spec: `{engine: {}}`, want: v1beta1.RawDeployment},
		"minReplicas 0 makes it serverless":                 {spec: `{engine: {minReplicas: 0}}`, want: v1beta1.Serverless},
		"beside a decoder it is not serverless":             {spec: `{engine: {minReplicas: 0}, decoder: {}}`, want: v1beta1.RawDeployment},
		"a leader makes groups":                             {spec: `{engine: {` + leader + `}}`, want: v1beta1.MultiNode},
		"a worker makes groups, whatever minReplicas":       {spec: `{engine: {minReplicas: 0, ` + worker + `}}`, want: v1beta1.MultiNode},
		"the engine's annotation wins":                      {spec: `{engine: {annotations: {ome.io/deploymentMode: RawDeployment}, ` + worker + `}}`, want: v1beta1.RawDeployment},
		"Ray is asked for by annotation":                    {spec: `{engine: {annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}}`, want: v1beta1.MultiNodeRayVLLM},
		"an annotation that names no mode is nothing":       {spec: `{engine: {annotations: {ome.io/deploymentMode: PDDisaggregated}}}`, want: v1beta1.RawDeployment},
		"the service's annotation has no part in it":        {meta: `{annotations: {ome.io/deploymentMode: Serverless}}`, spec: `{engine: {}}`, want: v1beta1.RawDeployment},
		"a decoder of groups":                               {spec: `{engine: {}, decoder: {` + worker + `}}`, kind: v1beta1.DecoderComponent, want: v1beta1.MultiNode},
		"a decoder is never serverless":                     {spec: `{engine: {}, decoder: {minReplicas: 0}}`, kind: v1beta1.DecoderComponent, want: v1beta1.RawDeployment},
		"a router can be serverless":                        {spec: `{engine: {}, router: {minReplicas: 0}}`, kind: v1beta1.RouterComponent, want: v1beta1.Serverless},
		"a router that names RawDeployment":                 {spec: `{engine: {}, router: {minReplicas: 0, annotations: {ome.io/deploymentMode: RawDeployment}}}`, kind: v1beta1.RouterComponent, want: v1beta1.RawDeployment},
		"the field says RawDeployment":                      {spec: `{deploymentMode: RawDeployment, engine: {minReplicas: 0}}`, want: v1beta1.RawDeployment},
		"the field is for every component":                  {spec: `{deploymentMode: RawDeployment, engine: {}, router: {minReplicas: 0}}`, kind: v1beta1.RouterComponent, want: v1beta1.RawDeployment},
		"the annotation wins over the field":                {spec: `{deploymentMode: RawDeployment, engine: {annotations: {ome.io/deploymentMode: Serverless}}}`, want: v1beta1.Serverless},
		"an annotation that names no mode leaves the field": {spec: `{deploymentMode: RawDeployment, engine: {minReplicas: 0, annotations: {ome.io/deploymentMode: Raw}}}`, want: v1beta1.RawDeployment},
		"OMENative of one pod":                              {spec: `{deploymentMode: OMENative, engine: {minReplicas: 0}}`, want: v1beta1.RawDeployment, reasons: []string{ReasonOMENativeReplaced}},
		"OMENative of groups":                               {spec: `{engine: {annotations: {ome.io/deploymentMode: OMENative}, ` + worker + `}}`, want: v1beta1.MultiNode, reasons: []string{ReasonOMENativeReplaced}},
		"OMENative of a decoder":                            {spec: `{engine: {}, decoder: {annotations: {ome.io/deploymentMode: OMENative}, ` + worker + `}}`, kind: v1beta1.DecoderComponent, want: v1beta1.MultiNode, reasons: []string{ReasonOMENativeReplaced}},
		"OMENative everywhere is one finding":               {spec: `{deploymentMode: OMENative, engine: {}, decoder: {}, router: {}}`, want: v1beta1.RawDeployment, reasons: []string{ReasonOMENativeReplaced}},
		"a router's annotation has no part in it":           {spec: `{engine: {}, router: {annotations: {ome.io/deploymentMode: Serverless}}}`, kind: v1beta1.RouterComponent, want: v1beta1.RawDeployment},
	} {
		t.Run(name, func(t *testing.T) {
			if test.kind == "" {
				test.kind = v1beta1.EngineComponent
			}
			in := input{meta: test.meta, spec: test.spec, runtime: plainRuntime}.input(t)
			assert.Equal(t, test.want, composed(t, in, test.kind).Mode)
			assert.Equal(t, test.reasons, reasons(in))
		})
	}
}

// TestAModeThatWasAskedForInVainIsExplained: an explanation never says that nothing asked for another
// mode where an annotation did.
func TestAModeThatWasAskedForInVainIsExplained(t *testing.T) {
	for sentence, test := range map[string]struct {
		asked, spec string
		kind        v1beta1.ComponentType
		want        string
	}{
		"a misspelt value":         {spec: `{engine: {annotations: {ome.io/deploymentMode: Multinode}}}`, want: `"Multinode" of the engine names no mode`},
		"on the service":           {asked: "MultiNode", spec: `{engine: {}}`, want: `"MultiNode" of the service says how its status is aggregated`},
		"misspelt on the service":  {asked: "Multinode", spec: `{engine: {}}`, want: `"Multinode" of the service names no mode`},
		"on a router":              {spec: `{engine: {}, router: {annotations: {ome.io/deploymentMode: Serverless}}}`, kind: v1beta1.RouterComponent, want: "is read on an engine only"},
		"serverless and a decoder": {spec: `{engine: {annotations: {ome.io/deploymentMode: Serverless}}, decoder: {}}`, want: "cannot be followed"},
		"the one that was chosen":  {asked: "RawDeployment", spec: `{engine: {annotations: {ome.io/deploymentMode: RawDeployment}}}`},
	} {
		t.Run(sentence, func(t *testing.T) {
			if test.kind == "" {
				test.kind = v1beta1.EngineComponent
			}
			in := input{spec: test.spec, runtime: plainRuntime}.input(t)
			in.AskedMode = test.asked
			composed(t, in, test.kind)
			for _, e := range in.Record.Entries() {
				if e.Subject == string(test.kind)+"/mode" {
					assert.Contains(t, e.Message, test.want)
					assert.Equal(t, test.want != "", strings.Contains(e.Message, v1beta1.AnnotationDeploymentMode+` "`), e.Message)
					assert.NotContains(t, e.Message, "nothing")
				}
			}
		})
	}
}

// TestAnAccountUnderItsOldName: serviceAccount counts as serviceAccountName, on each side of the merge.
func TestAnAccountUnderItsOldName(t *testing.T) {
	runtime := `{engineConfig: {serviceAccountName: of-runtime, runner: {name: c, image: x}}, routerConfig: {runner: {name: r, image: x}}}`
	in := input{spec: `{engine: {serviceAccount: own}, router: {serviceAccount: own}}`, runtime: runtime}.input(t)
	assert.Equal(t, "own", composed(t, in, v1beta1.EngineComponent).Pod.ServiceAccountName)
	assert.Equal(t, "own", composed(t, in, v1beta1.RouterComponent).Pod.ServiceAccountName, "a router that names one gets none of its own")
}

func TestMetadata(t *testing.T) {
	in := input{
		meta: `{labels: {team: platform, part-of: assistant}, annotations: {contact: ml, argocd.argoproj.io/sync-wave: "1", ome.io/base-model-name: lie}}`,
		spec: `{engine: {labels: {team: inference}, annotations: {cost: "1"}}, router: {}}`, model: plainModel, runtime: plainRuntime,
	}.input(t)
	engine, router := composed(t, in, v1beta1.EngineComponent), composed(t, in, v1beta1.RouterComponent)
	assert.Equal(t, map[string]string{
		"team": "inference", "part-of": "assistant", v1beta1.LabelInferenceService: "chat", v1beta1.LabelComponent: "engine",
		v1beta1.LabelFineTunedServing: "false", v1beta1.LabelServingRuntime: "rt", v1beta1.LabelBaseModelName: "m",
		v1beta1.LabelBaseModelSize: "SMALL", v1beta1.LabelBaseModelType: "Serving", v1beta1.LabelBaseModelVendor: "acme",
	}, engine.Labels)
	assert.Equal(t, map[string]string{
		"contact": "ml", "cost": "1", v1beta1.AnnotationServingRuntime: "rt", v1beta1.AnnotationBaseModelName: "m",
		v1beta1.AnnotationBaseModelVendor: "acme", v1beta1.AnnotationBaseModelFormat: "safetensors",
	}, engine.Annotations)
	assert.Equal(t, "platform", router.Labels["team"], "a component's labels are its own")
	assert.NotContains(t, router.Annotations, "cost")
}

func TestWeightMetadata(t *testing.T) {
	weight := &v1beta1.FineTunedWeight{ObjectMeta: metav1.ObjectMeta{Name: "ft"}}
	for name, test := range map[string]struct {
		merged bool
		want   string
	}{
		"an adapter":     {false, "false"},
		"merged weights": {true, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{spec: `{engine: {}, router: {}}`, model: plainModel, runtime: plainRuntime}.input(t)
			in.Weight = &resolve.Weight{Object: weight, Merged: test.merged, Strategy: "lora"}
			engine := composed(t, in, v1beta1.EngineComponent)
			assert.Equal(t, "true", engine.Labels[v1beta1.LabelFineTunedServing])
			assert.Equal(t, test.want, engine.Labels[v1beta1.LabelFineTunedMerged])
			assert.Equal(t, "ft", engine.Annotations[v1beta1.AnnotationInjectFineTunedAdapter])
			_, waits := engine.Pod.NodeSelector["models.ome.io/clusterbasemodel.m"]
			assert.Equal(t, !test.merged, waits, "merged weights need no base model")
			router := composed(t, in, v1beta1.RouterComponent)
			assert.Equal(t, "false", router.Labels[v1beta1.LabelFineTunedServing])
			assert.NotContains(t, router.Annotations, v1beta1.AnnotationInjectFineTunedAdapter)
		})
	}
}

func TestQueueLabels(t *testing.T) {
	for name, test := range map[string]struct{ annotations, want map[string]string }{
		"no queue":                       {map[string]string{}, map[string]string{}},
		"a Volcano queue by name":        {map[string]string{v1beta1.AnnotationVolcanoQueue: "q"}, map[string]string{v1beta1.LabelVolcanoQueue: "q"}},
		"a dedicated cluster is Volcano": {map[string]string{v1beta1.AnnotationDedicatedAICluster: "c"}, map[string]string{v1beta1.LabelVolcanoQueue: "c", v1beta1.LabelRayPriorityClass: v1beta1.VolcanoPriorityHigh}},
		"or Kueue":                       {map[string]string{v1beta1.AnnotationDedicatedAICluster: "c", v1beta1.AnnotationKueueEnabled: ""}, map[string]string{v1beta1.LabelKueueQueue: "c", v1beta1.LabelKueuePriorityClass: v1beta1.KueuePriorityHigh}},
		"Kueue alone names no queue":     {map[string]string{v1beta1.AnnotationKueueEnabled: "true"}, map[string]string{}},
		"a queue by name goes first":     {map[string]string{v1beta1.AnnotationVolcanoQueue: "q", v1beta1.AnnotationDedicatedAICluster: "c"}, map[string]string{v1beta1.LabelVolcanoQueue: "q"}},
		"Volcano schedules Ray":          {map[string]string{v1beta1.AnnotationVolcano: ""}, map[string]string{v1beta1.LabelRayScheduler: "volcano"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, makeQueueLabels(test.annotations)) })
	}
}

func TestEnvironment(t *testing.T) {
	t.Run("a router's config is sorted and replaces in place", func(t *testing.T) {
		in := input{spec: `{engine: {}, router: {config: {b: "2", a: "1", c: "3"}}}`,
			runtime: `{engineConfig: {runner: {name: e, image: x}}, routerConfig: {runner: {name: r, image: x, env: [{name: c, value: "0"}, {name: z, value: "9"}]}}}`}.input(t)
		assert.Equal(t, []corev1.EnvVar{{Name: "c", Value: "3"}, {Name: "z", Value: "9"}, {Name: "a", Value: "1"}, {Name: "b", Value: "2"}},
			runner(t, composed(t, in, v1beta1.RouterComponent)).Env)
	})
	t.Run("a router's config of the runtime is under the service's", func(t *testing.T) {
		in := input{spec: `{engine: {}, router: {config: {a: "1"}}}`,
			runtime: `{engineConfig: {runner: {name: e, image: x}}, routerConfig: {config: {a: "0", b: "2"}, runner: {name: r, image: x}}}`}.input(t)
		assert.Equal(t, []corev1.EnvVar{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}, runner(t, composed(t, in, v1beta1.RouterComponent)).Env)
	})
	t.Run("an accelerator's variables are sorted, after the model's", func(t *testing.T) {
		in := input{spec: `{engine: {}}`, model: plainModel, runtime: plainRuntime}.input(t)
		in.Accelerators = map[v1beta1.ComponentType]*resolve.Accelerator{v1beta1.EngineComponent: {
			Name: "ac", Class: &v1beta1.AcceleratorClass{},
			Config: &v1beta1.AcceleratorModelConfig{EnvironmentOverride: map[string]string{"B": "2", "A": "1"}},
		}}
		assert.Equal(t, []corev1.EnvVar{{Name: "MODEL_PATH", Value: "/models/m"}, {Name: "A", Value: "1"}, {Name: "B", Value: "2"}},
			runner(t, composed(t, in, v1beta1.EngineComponent)).Env)
	})
}

func TestComponentsArePresentWhenTheServiceAsks(t *testing.T) {
	for name, test := range map[string]struct {
		spec string
		want []v1beta1.ComponentType
	}{
		"an engine alone, whatever the runtime has": {`{engine: {}}`, []v1beta1.ComponentType{v1beta1.EngineComponent}},
		"all three in their order": {`{router: {}, decoder: {}, engine: {}}`, []v1beta1.ComponentType{
			v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent,
		}},
		"nothing": {`{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			in := input{spec: test.spec, runtime: plainRuntime}.input(t)
			assert.Equal(t, test.want, ComponentTypes(in.Service))
		})
	}
}

func TestComponentsStandOnTheirOwn(t *testing.T) {
	in := input{spec: `{engine: {}, decoder: {}}`, runtime: `{engineConfig: {runner: {name: e, image: x}}}`}.input(t)
	results := Components(in)
	require.Len(t, results, 2)
	assert.Nil(t, results[0].Problem)
	require.NotNil(t, results[1].Problem)
	assert.Equal(t, ReasonNoRunner, results[1].Problem.Reason)
	assert.Contains(t, results[1].Problem.Message, "spec.decoder.runner")
}

// Runtimes are shared by calls, so that not even a text may change in them.
func TestInputsStayAsTheyAre(t *testing.T) {
	for sentence, in := range map[string]input{
		"resources beside a runner": {spec: `{engine: {resources: {limits: {cpu: "2"}}, runner: {args: [a]}}, router: {config: {k: v}}}`, model: plainModel, runtime: plainRuntime},
		"several nodes, with placeholders, sidecars and resources on both sides": {
			spec: `{kedaConfig: {scalingThreshold: "3"}, engine: {minReplicas: 1, labels: {a: b}, nodeSelector: {own: node}, volumes: [{name: v, emptyDir: {}}],
				resources: {limits: {nvidia.com/gpu: "2"}}, leader: {runner: {args: ["--own={{.Name}}"], env: [{name: A, value: "{{.Namespace}}"}]}},
				worker: {size: 1, runner: {args: ["--own={{.Name}}"]}, containers: [{name: side, image: "s:1", args: ["{{.Name}}"]}]}}}`,
			model: plainModel,
			runtime: `{containers: [{name: ome-container, resources: {requests: {cpu: "1"}}}], nodeSelector: {runtime: node},
				engineConfig: {kedaConfig: {promServerAddress: "http://p"}, resources: {limits: {memory: 1Gi}}, volumes: [{name: v, emptyDir: {}}],
				leader: {runner: {name: ome-container, image: "i:1", command: ["{{.Name}}"], args: ["--name={{.Name}}"], env: [{name: A, value: x}, {name: B, value: "{{.Name}}"}]},
					initContainers: [{name: init, image: "i:1", args: ["{{.Namespace}}"]}], nodeSelector: {leader: node}},
				worker: {size: 2, runner: {name: ome-container, image: "i:1", args: ["--name={{.Name}}"]}, containers: [{name: side, image: "s:0", args: ["{{.Name}}"]}]}}}`,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, record := range []*trace.Recorder{trace.NewExplainingRecorder(), {}} {
				in := in.input(t)
				in.Record = record
				service, model, runtime := in.Service.DeepCopy(), in.Model.Spec.DeepCopy(), in.Runtime.Spec.DeepCopy()
				first := Components(in)
				require.Nil(t, first[0].Problem)
				assert.Equal(t, service, in.Service)
				assert.Equal(t, model, in.Model.Spec)
				assert.Equal(t, runtime, in.Runtime.Spec)
				assert.Equal(t, first, Components(in), "a second time too")
			}
		})
	}
}
