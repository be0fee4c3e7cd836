// Package defaulting gives a service the values that OME's mutating webhook would have written into
// it. There is no such webhook here: the values are derived in every call and not written back.
package defaulting

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// deprecationText is the warning that OME puts on services with a predictor.
const deprecationText = "The Predictor field is deprecated and will be removed in a future release. Please use Engine and Model fields instead."

// Service returns the service with the deployment mode annotation and, where the deprecated
// predictor is used, with the engine, model and runtime that it stands for. The defaultMode is the
// configured one. The argument is not changed; the result shares all but the annotations with it.
func Service(service *v1beta1.InferenceService, defaultMode string) *v1beta1.InferenceService {
	out := *service
	out.Annotations = maps.Clone(service.Annotations)
	annotateMode(&out, defaultMode)
	if UsesPredictor(service) {
		annotateIfAbsent(&out, v1beta1.AnnotationDeprecationWarning, deprecationText)
		migratePredictor(&out)
	}
	return &out
}

// Mode is the mode of the service as a whole: its annotation when that names a mode, else the
// configured default. It decides whether objects are made at all and how the status is aggregated,
// not how a component is deployed.
func Mode(service *v1beta1.InferenceService, defaultMode string) v1beta1.DeploymentMode {
	annotated := v1beta1.DeploymentMode(service.Annotations[v1beta1.AnnotationDeploymentMode])
	if _, isComponentMode := modes.Of(annotated); isComponentMode || annotated == v1beta1.VirtualDeployment {
		return annotated
	}
	return v1beta1.DeploymentMode(defaultMode)
}

// annotateMode names the mode of a service that does not name one.
func annotateMode(service *v1beta1.InferenceService, defaultMode string) {
	engine := service.Spec.Engine
	switch {
	case engine != nil && service.Spec.Decoder != nil:
		annotateIfAbsent(service, v1beta1.AnnotationDeploymentMode, string(v1beta1.PDDisaggregated))
	case engine != nil && engine.Leader != nil && engine.Worker != nil &&
		engine.Worker.Size != nil && *engine.Worker.Size > 0:
		annotateIfAbsent(service, v1beta1.AnnotationDeploymentMode, string(v1beta1.MultiNode))
	case defaultMode == string(v1beta1.RawDeployment):
		annotateIfAbsent(service, v1beta1.AnnotationDeploymentMode, defaultMode)
	}
}

// annotateIfAbsent sets an annotation that is absent.
func annotateIfAbsent(service *v1beta1.InferenceService, key, value string) {
	if _, present := service.Annotations[key]; present {
		return
	}
	if service.Annotations == nil {
		service.Annotations = map[string]string{}
	}
	service.Annotations[key] = value
}

// UsesPredictor reports whether the service is described by the deprecated predictor.
func UsesPredictor(service *v1beta1.InferenceService) bool {
	p := &service.Spec.Predictor
	return (p.Model != nil && p.Model.BaseModel != nil) ||
		p.MinReplicas != nil || p.MaxReplicas != 0 || p.ServiceAccountName != "" ||
		len(p.Containers) > 0 || len(p.Volumes) > 0 || len(p.NodeSelector) > 0 ||
		len(p.Tolerations) > 0 || p.Affinity != nil || p.WorkerSpec != nil
}

// migratePredictor derives engine, model and runtime from the predictor. A service with an engine
// keeps it, and its predictor has no effect.
func migratePredictor(service *v1beta1.InferenceService) {
	if service.Spec.Engine != nil {
		return
	}
	p := &service.Spec.Predictor
	engine := &v1beta1.EngineSpec{
		PodSpec:                p.PodSpec,
		ComponentExtensionSpec: p.ComponentExtensionSpec,
		Worker:                 p.WorkerSpec,
	}
	engine.Runner, engine.Containers = splitRunner(p.Containers)
	service.Spec.Engine = engine
	if p.Model != nil {
		engine.Runner = withContainerOfModel(engine.Runner, p.Model)
		migrateReferences(&service.Spec, p.Model)
	}
}

// The variables by which a runner knows what the predictor says of its model, as in OME's controller.
const (
	envStorageURI      = "STORAGE_URI"
	envProtocolVersion = "PROTOCOL_VERSION"
)

// withContainerOfModel is a runner with what the predictor's model says of the container: each field
// that the runner does not have, and its variables after the runner's. Nil where neither says anything.
func withContainerOfModel(runner *v1beta1.RunnerSpec, model *v1beta1.ModelSpec) *v1beta1.RunnerSpec {
	given := model.Container.DeepCopy()
	given.Env = appendVariable(given.Env, envProtocolVersion, model.ProtocolVersion)
	given.Env = appendVariable(given.Env, envStorageURI, model.StorageURI)
	if reflect.ValueOf(*given).IsZero() {
		return runner
	}
	if runner == nil {
		return &v1beta1.RunnerSpec{Container: *given}
	}
	merged := runner.DeepCopy()
	merged.Env = append(merged.Env, given.Env...)
	into, from := reflect.ValueOf(&merged.Container).Elem(), reflect.ValueOf(given).Elem()
	for i := range into.NumField() {
		if into.Field(i).IsZero() {
			into.Field(i).Set(from.Field(i))
		}
	}
	return merged
}

// appendVariable appends a variable whose value is given.
func appendVariable(env []corev1.EnvVar, name string, value *string) []corev1.EnvVar {
	if value == nil || *value == "" {
		return env
	}
	return append(env, corev1.EnvVar{Name: name, Value: *value})
}

func migrateReferences(spec *v1beta1.InferenceServiceSpec, model *v1beta1.ModelSpec) {
	if spec.Model == nil && model.BaseModel != nil {
		spec.Model = &v1beta1.ModelRef{Name: *model.BaseModel, FineTunedWeights: model.FineTunedWeights}
	}
	if spec.Runtime == nil && model.Runtime != nil {
		spec.Runtime = &v1beta1.ServingRuntimeRef{Name: *model.Runtime}
	}
}

// splitRunner takes the container that serves out of a list: the first whose name is or contains
// "ome", else the first.
func splitRunner(containers []corev1.Container) (*v1beta1.RunnerSpec, []corev1.Container) {
	if len(containers) == 0 {
		return nil, nil
	}
	at := max(0, slices.IndexFunc(containers, func(c corev1.Container) bool {
		return strings.Contains(strings.ToLower(c.Name), "ome")
	}))
	rest := append(append([]corev1.Container(nil), containers[:at]...), containers[at+1:]...)
	return &v1beta1.RunnerSpec{Container: containers[at]}, rest
}
