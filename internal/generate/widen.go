package generate

import (
	"fmt"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// Widen sets up to so many fields in the specifications of the objects of a world: any field of the
// types, those of Kubernetes included, with values that are legal in most places.
func (d Dice) Widen(w *World, fields int) {
	for range 1 + d.IntN(fields) {
		target, t := d.specToWiden(w)
		if target != nil {
			d.setField(target, t)
		}
	}
}

// specToWiden is the specification of one object with its type: in half of the cases that of a service.
func (d Dice) specToWiden(w *World) (map[string]any, reflect.Type) {
	if d.Chance(50) || len(w.Related) == 0 {
		spec, _ := OneOf(d, w.Services...)["spec"].(object)
		return spec, reflect.TypeFor[v1beta1.InferenceServiceSpec]()
	}
	chosen := OneOf(d, w.Related...)
	spec, _ := chosen["spec"].(object)
	types := map[string]reflect.Type{
		"ClusterServingRuntime": reflect.TypeFor[v1beta1.ServingRuntimeSpec](), "ServingRuntime": reflect.TypeFor[v1beta1.ServingRuntimeSpec](),
		"ClusterBaseModel": reflect.TypeFor[v1beta1.BaseModelSpec](), "BaseModel": reflect.TypeFor[v1beta1.BaseModelSpec](),
		"AcceleratorClass": reflect.TypeFor[v1beta1.AcceleratorClassSpec](), "FineTunedWeight": reflect.TypeFor[v1beta1.FineTunedWeightSpec](),
	}
	return spec, types[chosen["kind"].(string)]
}

// setField sets one field of an object of a type, or one below it.
func (d Dice) setField(into object, t reflect.Type) {
	fields := jsonFields(t)
	if len(fields) == 0 {
		return
	}
	field := d.fieldToSet(fields)
	into[field.name] = d.valueOf(field.of, field.name, t, into[field.name])
}

// jsonField is a field of a type as JSON has it.
type jsonField struct {
	name string
	of   reflect.Type
}

// jsonFields are the fields of a struct, with those that are inline.
func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" || strings.Contains(options, "inline"):
			fields = append(fields, jsonFields(indirect(field.Type))...)
		default:
			fields = append(fields, jsonField{name, field.Type})
		}
	}
	return fields
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// fieldToSet prefers fields that have more below them: pods have most of all fields.
func (d Dice) fieldToSet(fields []jsonField) jsonField {
	var deep []jsonField
	for _, field := range fields {
		switch t := indirect(field.of); {
		case t.Kind() == reflect.Struct && isOfProject(t), field.name == "runner", field.name == "containers":
			deep = append(deep, field)
		}
	}
	if len(deep) > 0 && d.Chance(50) {
		return OneOf(d, deep...)
	}
	return OneOf(d, fields...)
}

func isOfProject(t reflect.Type) bool { return strings.Contains(t.PkgPath(), "isvc-io/isvc") }

// valueOf makes a value of a type for a field of a type; what is there already is kept and widened.
func (d Dice) valueOf(t reflect.Type, name string, of reflect.Type, present any) any {
	t = indirect(t)
	if values, fixed := valuesOfType(t); fixed {
		return OneOf(d, values...)
	}
	switch t.Kind() {
	case reflect.Struct:
		out, _ := present.(object)
		if out == nil {
			out = requiredFields(t)
		}
		d.setField(out, t)
		return out
	case reflect.Slice:
		return d.listOf(t.Elem(), name, of, present)
	case reflect.Map:
		return d.mapOf(t.Elem(), name, of, present)
	case reflect.String:
		return d.stringOf(t, name, of)
	case reflect.Bool:
		return d.Chance(70)
	case reflect.Int, reflect.Int32, reflect.Int64:
		return d.numberOf(name)
	case reflect.Float32, reflect.Float64:
		return 0.5
	}
	panic(fmt.Sprintf("field %s of %s: there are no values of type %s", name, of, t))
}

func (d Dice) listOf(item reflect.Type, name string, of reflect.Type, present any) any {
	if item.Kind() == reflect.Uint8 {
		return "YQ=="
	}
	list, _ := present.([]any)
	list = append([]any{}, list...)
	if len(list) > 0 && d.Chance(50) {
		at := d.IntN(len(list))
		if below, isObject := list[at].(object); isObject {
			d.setField(below, indirect(item))
			return list
		}
	}
	return append(list, d.valueOf(item, name, of, nil))
}

func (d Dice) mapOf(value reflect.Type, name string, of reflect.Type, present any) any {
	into, _ := present.(object)
	if into == nil {
		into = object{}
	}
	key := OneOf(d, "added", "example.com/added")
	switch {
	case strings.Contains(name, "limits"), strings.Contains(name, "requests"), name == "limitsAndRequests", name == "overhead":
		key = OneOf(d, "cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu", "example.com/device")
	case name == "rayStartParams":
		key = OneOf(d, "num-cpus", "port")
	}
	into[key] = d.valueOf(value, name, of, into[key])
	return into
}

// valuesOfType are values of types that are no plain JSON, and of those that list their values.
func valuesOfType(t reflect.Type) ([]any, bool) {
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return []any{"1", "2", "2Gi", "4Mi"}, true
	case reflect.TypeFor[intstr.IntOrString]():
		return []any{1, 8080, "25%"}, true
	case reflect.TypeFor[runtime.RawExtension](), reflect.TypeFor[metav1.FieldsV1]():
		return []any{object{"x": "a"}}, true
	case reflect.TypeFor[metav1.Time]():
		return []any{"2026-01-01T00:00:00Z"}, true
	}
	values, listed := enumerations[t]
	return values, listed
}

// enumerations are values of the types that have few.
var enumerations = map[reflect.Type][]any{
	reflect.TypeFor[corev1.PullPolicy]():                              {"Always", "IfNotPresent", "Never"},
	reflect.TypeFor[corev1.Protocol]():                                {"TCP", "UDP"},
	reflect.TypeFor[corev1.DNSPolicy]():                               {"ClusterFirst", "Default", "ClusterFirstWithHostNet"},
	reflect.TypeFor[corev1.RestartPolicy]():                           {"Always", "Never", "OnFailure"},
	reflect.TypeFor[corev1.ContainerRestartPolicy]():                  {"Always"},
	reflect.TypeFor[corev1.TerminationMessagePolicy]():                {"File", "FallbackToLogsOnError"},
	reflect.TypeFor[corev1.URIScheme]():                               {"HTTP", "HTTPS"},
	reflect.TypeFor[corev1.TaintEffect]():                             {"NoSchedule", "NoExecute"},
	reflect.TypeFor[corev1.TolerationOperator]():                      {"Exists", "Equal"},
	reflect.TypeFor[corev1.NodeSelectorOperator]():                    {"In", "NotIn"},
	reflect.TypeFor[metav1.LabelSelectorOperator]():                   {"In", "NotIn"},
	reflect.TypeFor[corev1.UnsatisfiableConstraintAction]():           {"DoNotSchedule", "ScheduleAnyway"},
	reflect.TypeFor[corev1.NodeInclusionPolicy]():                     {"Honor", "Ignore"},
	reflect.TypeFor[corev1.StorageMedium]():                           {"", "Memory"},
	reflect.TypeFor[corev1.HostPathType]():                            {"", "DirectoryOrCreate"},
	reflect.TypeFor[corev1.MountPropagationMode]():                    {"HostToContainer", "None"},
	reflect.TypeFor[corev1.RecursiveReadOnlyMode]():                   {"Disabled", "IfPossible"},
	reflect.TypeFor[corev1.PreemptionPolicy]():                        {"Never", "PreemptLowerPriority"},
	reflect.TypeFor[corev1.OSName]():                                  {"linux"},
	reflect.TypeFor[corev1.ProcMountType]():                           {"Default"},
	reflect.TypeFor[corev1.SeccompProfileType]():                      {"RuntimeDefault", "Unconfined"},
	reflect.TypeFor[corev1.AppArmorProfileType]():                     {"RuntimeDefault", "Unconfined"},
	reflect.TypeFor[corev1.PodFSGroupChangePolicy]():                  {"Always", "OnRootMismatch"},
	reflect.TypeFor[corev1.SupplementalGroupsPolicy]():                {"Merge", "Strict"},
	reflect.TypeFor[corev1.PodSELinuxChangePolicy]():                  {"MountOption", "Recursive"},
	reflect.TypeFor[corev1.ResourceResizeRestartPolicy]():             {"NotRequired", "RestartContainer"},
	reflect.TypeFor[corev1.PersistentVolumeAccessMode]():              {"ReadWriteOnce", "ReadOnlyMany"},
	reflect.TypeFor[corev1.PersistentVolumeMode]():                    {"Filesystem"},
	reflect.TypeFor[corev1.ResourceName]():                            {"cpu", "memory"},
	reflect.TypeFor[corev1.ContainerRestartRuleAction]():              {"Restart"},
	reflect.TypeFor[corev1.ContainerRestartRuleOnExitCodesOperator](): {"In", "NotIn"},
	reflect.TypeFor[corev1.AzureDataDiskCachingMode]():                {"None"},
	reflect.TypeFor[corev1.AzureDataDiskKind]():                       {"Shared"},
	reflect.TypeFor[corev1.PodSchedulingGate]():                       {object{"name": "example.com/gate"}},
	reflect.TypeFor[corev1.Signal]():                                  {"SIGTERM"},
}

// stringOf makes a string for a field, by its name where not every text is legal.
func (d Dice) stringOf(t reflect.Type, name string, of reflect.Type) any {
	if of == reflect.TypeFor[corev1.EnvVar]() && name == "name" {
		return OneOf(d, "A", "B", "PARALLELISM_SIZE", "MODEL_PATH")
	}
	switch name {
	case "path", "mountPath", "devicePath", "terminationMessagePath", "workingDir":
		return OneOf(d, "/a", "/dev/shm", "/models/m")
	case "ip", "nameservers", "hostIP":
		return "10.0.0.1"
	case "image":
		return OneOf(d, "server:3", "other:1")
	case "fieldPath":
		return OneOf(d, "metadata.name", "status.podIP")
	case "resource":
		return OneOf(d, "limits.cpu", "requests.memory")
	case "args", "command":
		return OneOf(d, "--a", "$(A)", "{{.Name}}")
	case "topologyKey":
		return OneOf(d, "kubernetes.io/hostname", "zone")
	case "storageUri":
		return OneOf(d, "hf://a/b", "pvc://claim/a")
	case "modelParameterSize":
		return "7B"
	case "deploymentMode":
		return OneOf(d, "RawDeployment", "MultiNode")
	case "runAsUserName":
		return "a"
	case "type":
		return OneOf(d, "a", "Recreate", "RollingUpdate")
	}
	if t == reflect.TypeFor[v1beta1.ScaleMetric]() {
		return OneOf(d, "cpu", "memory", "concurrency", "rps")
	}
	return OneOf(d, "a", "b", "ome-container", "shm")
}

func (d Dice) numberOf(name string) any {
	switch name {
	case "expirationSeconds":
		return 3600
	case "values":
		return 1 + d.IntN(100)
	case "successThreshold":
		return 1
	case "maxReplicas":
		return OneOf(d, 1, 7)
	case "containerPort", "port", "hostPort":
		return OneOf(d, 8080, 6379, 9090, 80)
	case "priority", "weight", "minReplicas", "size":
		return OneOf(d, 0, 1, 2)
	}
	return OneOf(d, 1, 5, 30)
}

// requiredFields are the fields without which a value of a type says nothing.
func requiredFields(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[corev1.Container](), reflect.TypeFor[v1beta1.RunnerSpec]():
		return object{"name": "added", "image": "added:1"}
	case reflect.TypeFor[corev1.ContainerPort]():
		return object{"containerPort": 7777}
	case reflect.TypeFor[corev1.VolumeMount]():
		return object{"name": "shm", "mountPath": "/added"}
	case reflect.TypeFor[corev1.Volume]():
		return object{"name": "added", "emptyDir": object{}}
	case reflect.TypeFor[corev1.VolumeDevice]():
		return object{"name": "disk", "devicePath": "/dev/added"}
	case reflect.TypeFor[corev1.ContainerRestartRule]():
		return object{"action": "Restart", "exitCodes": object{"operator": "In", "values": []any{1}}}
	case reflect.TypeFor[corev1.ContainerRestartRuleOnExitCodes]():
		return object{"operator": "In", "values": []any{1}}
	case reflect.TypeFor[corev1.HostAlias]():
		return object{"ip": "10.0.0.2"}
	case reflect.TypeFor[corev1.TopologySpreadConstraint]():
		return object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
	case reflect.TypeFor[corev1.PodAffinityTerm]():
		return object{"topologyKey": "zone", "labelSelector": object{"matchLabels": object{"a": "b"}}}
	case reflect.TypeFor[corev1.WeightedPodAffinityTerm]():
		return object{"weight": 1, "podAffinityTerm": object{"topologyKey": "zone"}}
	case reflect.TypeFor[corev1.PreferredSchedulingTerm]():
		return object{"weight": 1, "preference": object{"matchExpressions": []any{object{"key": "zone", "operator": "In", "values": []any{"a"}}}}}
	case reflect.TypeFor[corev1.NodeSelector]():
		return object{"nodeSelectorTerms": []any{object{"matchExpressions": []any{object{"key": "zone", "operator": "In", "values": []any{"a"}}}}}}
	case reflect.TypeFor[corev1.NodeSelectorRequirement](), reflect.TypeFor[metav1.LabelSelectorRequirement]():
		return object{"key": "zone", "operator": "In", "values": []any{"a"}}
	case reflect.TypeFor[corev1.EnvVar]():
		return object{"name": "ADDED"}
	case reflect.TypeFor[corev1.KeyToPath]():
		return object{"key": "a", "path": "a"}
	case reflect.TypeFor[corev1.Toleration]():
		return object{"key": "a", "operator": "Exists"}
	case reflect.TypeFor[corev1.Probe]():
		return object{"tcpSocket": object{"port": 8080}}
	case reflect.TypeFor[corev1.HTTPGetAction](), reflect.TypeFor[corev1.TCPSocketAction](), reflect.TypeFor[corev1.GRPCAction]():
		return object{"port": 8080}
	case reflect.TypeFor[corev1.LifecycleHandler]():
		return object{"sleep": object{"seconds": 5}}
	case reflect.TypeFor[corev1.PodResourceClaim]():
		return object{"name": "gpus", "resourceClaimTemplateName": "gpus"}
	case reflect.TypeFor[corev1.LocalObjectReference](), reflect.TypeFor[corev1.ResourceClaim]():
		return object{"name": "gpus"}
	case reflect.TypeFor[corev1.SecretKeySelector](), reflect.TypeFor[corev1.ConfigMapKeySelector]():
		return object{"name": "a", "key": "a"}
	case reflect.TypeFor[corev1.EnvFromSource]():
		return object{"configMapRef": object{"name": "a"}}
	}
	return object{}
}
