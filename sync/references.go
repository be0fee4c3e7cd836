package sync

import (
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/resolve"
)

// references are the objects that a service refers to, by name or by selection.
type references struct {
	// model and weight are nil when the service names none, runtime when complete runners
	// need none.
	model  *resolve.Model
	weight *resolve.Weight
	// overlays are the models that are mounted beside the model.
	overlays resolve.Overlays
	runtime  *resolve.Runtime
	// accelerators are the classes of engine and decoder; nil for one without.
	accelerators map[v1beta1.ComponentType]*resolve.Accelerator
}

// findReferences finds model, weight, runtime and accelerator classes. A service whose
// components are complete in themselves needs neither model nor runtime.
func findReferences(
	req *Request, service inferenceService, current observedState, record *trace.Recorder,
) (references, *finding.Finding) {
	spec := service.effective.Spec
	catalog := readCatalog(req, service)
	complete := runnersAreComplete(service.effective)
	var out references
	var problem *finding.Finding
	if spec.Model != nil || !complete {
		if out.model, problem = resolve.FindModel(catalog, spec.Model, record); problem != nil {
			return references{}, problem
		}
		if out.weight, problem = resolve.FindWeight(catalog, spec.Model, record); problem != nil {
			return references{}, problem
		}
		if out.overlays, problem = resolve.FindOverlays(catalog, spec.Model, record); problem != nil {
			return references{}, problem
		}
	}
	if out.runtime, problem = findRuntime(catalog, service, out.model, current, record); problem != nil {
		return references{}, problem
	}
	if out.accelerators, problem = findAccelerators(catalog, service, out.runtime, record); problem != nil {
		return references{}, problem
	}
	return out, nil
}

// findRuntime finds the runtime. Where none is named and none fits, complete runners go
// without, unless they run with one now: then the runtime was lost, which is a problem.
func findRuntime(
	catalog *resolve.Catalog, service inferenceService, model *resolve.Model, current observedState, record *trace.Recorder,
) (*resolve.Runtime, *finding.Finding) {
	ref := service.effective.Spec.Runtime
	named := ref != nil && ref.Name != ""
	optional := !named && runnersAreComplete(service.effective)
	if optional && model == nil {
		record.AddEntry(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: "CompleteRunners",
			Message: "no model and no runtime are named, and every component brings its own container"})
		return nil, nil
	}
	runtime, problem := resolve.FindRuntime(catalog, resolve.RuntimeInput{
		Ref: ref, Model: model, RequiredAccelerators: resolve.RequiredAccelerators(service.effective),
	}, record)
	if problem == nil || !optional {
		return runtime, problem
	}
	if former := current.formerRuntime(); former != "" {
		problem.Message += ": what runs was made with runtime " + former +
			" and stays; delete the workloads of the service to have them made without a runtime"
		return nil, problem
	}
	record.AddEntry(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: "CompleteRunners",
		Message: "no runtime fits, and none is needed: every component brings its own container"})
	return nil, nil
}

// findAccelerators chooses the accelerator classes of engine and decoder. A router has
// none.
func findAccelerators(
	catalog *resolve.Catalog, service inferenceService, runtime *resolve.Runtime, record *trace.Recorder,
) (map[v1beta1.ComponentType]*resolve.Accelerator, *finding.Finding) {
	spec := service.effective.Spec
	overrides := map[v1beta1.ComponentType]*v1beta1.AcceleratorSelector{}
	if spec.Engine != nil {
		overrides[v1beta1.EngineComponent] = spec.Engine.AcceleratorOverride
	}
	if spec.Decoder != nil {
		overrides[v1beta1.DecoderComponent] = spec.Decoder.AcceleratorOverride
	}
	accelerators := map[v1beta1.ComponentType]*resolve.Accelerator{}
	for _, component := range compose.ComponentTypes(service.effective) {
		override, loadsModel := overrides[component]
		if !loadsModel {
			continue
		}
		accelerator, problem := resolve.FindAccelerator(catalog, resolve.AcceleratorInput{
			Component: component, Override: override, Selector: spec.AcceleratorSelector,
			Annotation: service.effective.Annotations[v1beta1.AnnotationAcceleratorClass], Runtime: runtime,
		}, record)
		if problem != nil {
			return nil, problem
		}
		accelerators[component] = accelerator
	}
	return accelerators, nil
}

// runnersAreComplete reports whether every component brings its own image, so that
// nothing is missing without a runtime.
func runnersAreComplete(service *v1beta1.InferenceService) bool {
	engine, decoder, router := service.Spec.Engine, service.Spec.Decoder, service.Spec.Router
	complete := engine != nil && engineIsComplete(engine)
	if decoder != nil {
		asEngine := v1beta1.EngineSpec(*decoder)
		complete = complete && engineIsComplete(&asEngine)
	}
	if router != nil {
		complete = complete && (runnerHasImage(router.Runner) || len(router.Containers) > 0)
	}
	return complete
}

// engineIsComplete reports whether each pod has an image; beside a leader, the engine's own runner
// gives one to leader and workers.
func engineIsComplete(engine *v1beta1.EngineSpec) bool {
	own := runnerHasImage(engine.Runner)
	switch {
	case engine.Leader != nil && engine.Worker != nil:
		return own || runnerHasImage(engine.Leader.Runner) && runnerHasImage(engine.Worker.Runner)
	case engine.Leader != nil:
		return own || runnerHasImage(engine.Leader.Runner)
	}
	return own
}

func runnerHasImage(runner *v1beta1.RunnerSpec) bool { return runner != nil && runner.Image != "" }
