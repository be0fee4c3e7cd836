package compose

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/resolve"
)

// The variables that the pods of a service can rely on.
const (
	envModelPath   = "MODEL_PATH"
	envServedModel = "SERVED_MODEL_NAME"
	envTFEWPath    = "TFEW_PATH"
	envParallelism = "PARALLELISM_SIZE"
)

// variable is an environment variable that composition gives to a runner.
type variable struct {
	name, value string
	// onlyIfAbsent leaves a variable alone that the service or the runtime sets.
	onlyIfAbsent bool
	by           origin
}

// planVariables lists the variables that a router's config gives, or that the weight or the model, its
// overlays and the accelerator class give.
func planVariables(s *sources, config, annotations map[string]string, access modelAccess) []variable {
	if !s.servesModel() {
		return variablesOfConfig(s, config)
	}
	var planned []variable
	switch {
	case s.weight != nil:
		planned = variablesOfWeight(s, annotations)
	case access.modelPath != "":
		planned = []variable{{name: envModelPath, value: access.modelPath, onlyIfAbsent: true,
			by: origin{reason: FromModel, source: s.modelName() + " spec.storage"}}}
	}
	for _, overlay := range access.overlays {
		planned = append(planned, variable{name: overlay.variable, value: overlay.mount.MountPath, onlyIfAbsent: true, by: originOfOverlay(overlay.model)})
	}
	return append(planned, variablesOfAccelerator(s)...)
}

// originOfOverlay is the origin of what pods have of an overlay.
func originOfOverlay(model *resolve.Model) origin {
	return origin{reason: FromModel, source: resolve.KindAndName(model.Kind, model.Name) + " spec.storage"}
}

// variablesOfConfig lists the config of a router as variables, sorted.
func variablesOfConfig(s *sources, config map[string]string) []variable {
	var all []variable
	for _, name := range slices.Sorted(maps.Keys(config)) {
		by := origin{reason: FromRuntime, source: s.runtimeField(".config")}
		if _, set := s.fromService.Config[name]; set {
			by = origin{reason: FromService, source: s.serviceField(".config")}
		}
		all = append(all, variable{name: name, value: config[name], by: by})
	}
	return all
}

// variablesOfWeight lists what the servers of two vendors need to find a fine-tuned model.
func variablesOfWeight(s *sources, annotations map[string]string) []variable {
	by := origin{reason: FromWeight, source: s.weightName()}
	switch {
	case annotations[v1beta1.AnnotationBaseModelVendor] == "meta":
		adapter := annotations[v1beta1.AnnotationInjectFineTunedAdapter]
		return []variable{
			{name: envServedModel, value: "/data/" + adapter, by: by},
			{name: envModelPath, value: modelDirectory, onlyIfAbsent: true, by: by},
		}
	case isStackedTFEW(s, annotations):
		return []variable{{name: envTFEWPath, value: tfewDirectory + "/fastertransformer/1", onlyIfAbsent: true, by: by}}
	}
	return nil
}

// variablesOfAccelerator lists what the runtime sets for the class, sorted.
func variablesOfAccelerator(s *sources) []variable {
	config := s.acceleratorConfig()
	if config == nil {
		return nil
	}
	var all []variable
	for _, name := range slices.Sorted(maps.Keys(config.EnvironmentOverride)) {
		all = append(all, variable{name: name, value: config.EnvironmentOverride[name], by: acceleratorOverride(s)})
	}
	return all
}

// planParallelism is the variable PARALLELISM_SIZE: how many accelerators one replica has in all
// its pods. A router, and a runner without accelerators or with an unknown number of them, do not get
// it.
func planParallelism(s *sources, demand accelerators.Demand, podsOfOneReplica int64) []variable {
	if !s.servesModel() {
		return nil
	}
	size := multiplySaturating(demand.Count, podsOfOneReplica)
	if size <= 0 {
		return nil
	}
	return []variable{{name: envParallelism, value: strconv.FormatInt(size, 10), onlyIfAbsent: true,
		by: origin{reason: FromDefault, message: "the accelerators in all pods of one replica"}}}
}

// setVariables returns the environment of a container with variables set, each in its place or at
// the end.
func setVariables(env []corev1.EnvVar, variables []variable, container string, collected *origins) []corev1.EnvVar {
	for _, v := range variables {
		set := corev1.EnvVar{Name: v.name, Value: v.value}
		at := podspec.IndexOfVariable(env, v.name)
		switch {
		case at < 0:
			env = append(env, set)
		case v.onlyIfAbsent:
			continue
		default:
			env[at] = set
		}
		collected.addValue(container, "env", v.name, variableText(set), v.by)
	}
	return env
}
