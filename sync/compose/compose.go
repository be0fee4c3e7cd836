package compose

import (
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/compose/merge"
	"github.com/isvc-io/isvc/sync/compose/servers"
	"github.com/isvc-io/isvc/sync/resolve"
)

// Input is what the components of one service are made of. Only Record is written to.
type Input struct {
	// Service is the InferenceService with defaults, see defaulting.Service.
	Service *v1beta1.InferenceService
	// AskedMode is the annotation ome.io/deploymentMode that the author of the service wrote in its
	// metadata; empty without.
	AskedMode string
	// Model is the base model; nil when the service names none.
	Model *resolve.Model
	// Weight is the fine-tuned weight; nil when the service names none.
	Weight *resolve.Weight
	// Overlays are the models that are mounted beside the base model.
	Overlays []*resolve.Model
	// Runtime is the serving runtime; nil when complete runners need none.
	Runtime *resolve.Runtime
	// Accelerators are the classes chosen for engine and decoder.
	Accelerators map[v1beta1.ComponentType]*resolve.Accelerator
	// Zeros are the zero values that the author of the service wrote, by their path in the spec.
	Zeros merge.Zeros
	// Config is the cluster's configuration; its section deploy can be used.
	Config *config.Config
	// Kinds are the kinds that isvc may create.
	Kinds kinds.Set
	// Record receives decisions and findings; it may be nil.
	Record *trace.Recorder
}

// Result is one component, or the mistake that prevents it.
type Result struct {
	Type v1beta1.ComponentType
	// Component is nil when its pods cannot be composed. A component whose pods are fine and whose
	// scaling is not comes with both: its status can still be read.
	Component *modes.Component
	Problem   *finding.Finding
}

// Components composes the components that the service asks for, in the order engine, decoder,
// router. A mistake in one does not stop the others.
func Components(in *Input) []Result {
	var results []Result
	for _, component := range ComponentTypes(in.Service) {
		composed, problem := composeComponent(readSources(in, component))
		results = append(results, Result{Type: component, Component: composed, Problem: problem})
	}
	return results
}

// ComponentTypes lists the components that the service asks for, in the order engine, decoder,
// router. A runtime alone never adds a component.
func ComponentTypes(service *v1beta1.InferenceService) []v1beta1.ComponentType {
	var types []v1beta1.ComponentType
	if service.Spec.Engine != nil {
		types = append(types, v1beta1.EngineComponent)
	}
	if service.Spec.Decoder != nil {
		types = append(types, v1beta1.DecoderComponent)
	}
	if service.Spec.Router != nil {
		types = append(types, v1beta1.RouterComponent)
	}
	return types
}

// composeComponent makes one component of what its sources say.
func composeComponent(s *sources) (*modes.Component, *finding.Finding) {
	merged, layers := mergeSpecs(s)
	labels := labelLayers(s)
	annotations := makeAnnotations(s, modes.AnnotationsInheritedFromService(s.service.Annotations), merged.Annotations)
	autoscaler, autoscalerProblem := findAskedAutoscaler(s, merged, annotations)
	chosen := chooseMode(s, merged, autoscaler.class)
	mode := chosen.mode

	mainDraft, problem := draftMainPod(s, merged, layers, mode)
	if problem != nil {
		return nil, problem
	}
	access := planModelAccess(s, annotations)
	additions := podAdditions{
		access:           access,
		variables:        planVariables(s, merged.Config, annotations, access),
		podsOfOneReplica: countPodsOfOneReplica(s, merged),
		gracePeriod:      gracePeriodOfPods(s, mode),
	}
	main := composePod(s, mainDraft, additions)
	worker, problem := composeWorker(s, merged, layers, mode, additions)
	if problem != nil {
		return nil, problem
	}

	podLabels, podAnnotations := makePodMetadata(s, merged, labels, modes.PodMetadataRule{
		Mode: mode.Name, Named: s.config.Deploy, Read: podspec.MetadataReadBy(&main.spec, worker.spec),
	})
	merged.DeploymentStrategy = strategyThatRolls(s, merged, mode, s.hasAccelerators(&main.spec, worker.spec))
	warnAboutFieldsLostInGroups(s, merged, fieldsOfPods(mainDraft, worker))
	var scaling modes.Scaling
	if autoscalerProblem == nil {
		scaling = decideScaling(s, merged, chosen, autoscaler)
	}
	server := servers.Recognize(podspec.ContainerNamed(main.spec.Containers, main.runner), annotations)
	explainServer(s, scaling, server)
	return &modes.Component{
		Type:           s.component,
		Mode:           mode.Name,
		Service:        s.service.Name,
		Namespace:      s.service.Namespace,
		Name:           componentName(s),
		Labels:         unionOfLayers(labels),
		Annotations:    annotations,
		PodLabels:      podLabels,
		PodAnnotations: podAnnotations,
		QueueLabels:    makeQueueLabels(annotations),
		Pod:            main.spec,
		Runner:         main.runner,
		Worker:         worker.spec,
		WorkerRunner:   worker.runner,
		WorkerSize:     worker.size,
		Server:         server,
		Extension:      merged.ComponentExtensionSpec,
		Topology:       merged.TopologySpec,
		Scaling:        scaling,
		Canary:         decideCanary(s, merged),
		Injection:      modes.Injection{Weight: s.weightObject()},
	}, autoscalerProblem
}

func componentName(s *sources) string {
	return names.Component(s.service.Name, string(s.component))
}
