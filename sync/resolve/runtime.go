package resolve

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// RuntimeInput is what the choice of a runtime depends on.
type RuntimeInput struct {
	// Ref is spec.runtime; when it is nil or has no name, a runtime is selected.
	Ref *v1beta1.ServingRuntimeRef
	// Model is the service's model, or nil when it has none.
	Model *Model
	// RequiredAccelerators are the names of the accelerator classes that the runtime must list, see
	// the function RequiredAccelerators.
	RequiredAccelerators []string
}

// Runtime is the runtime that a service uses.
type Runtime struct {
	Name string
	// Namespace is empty for a ClusterServingRuntime.
	Namespace string
	// Kind is ServingRuntime or ClusterServingRuntime.
	Kind string
	// Spec is never nil and must not be changed.
	Spec *v1beta1.ServingRuntimeSpec
	// Format is the entry of Spec.SupportedModelFormats that matches the model with the highest
	// score, the first of equals; nil when the model does not say enough to choose.
	Format *v1beta1.SupportedModelFormat
	// Selected is true when the service names no runtime.
	Selected bool
	// RunnerUp is the name of the candidate that came second, if any.
	RunnerUp string
	// Score is the score of Format: (weight of the format + weight of the framework) x priority.
	Score int64
}

// FindRuntime finds the runtime that the service names, or selects one for its model.
//
// A runtime that is named must be able to serve the model; autoSelect does not matter. A model that
// does not say its format does not stop a service that names its runtime: only what the model does
// say is compared, and a note says so.
//
// Findings for a named runtime: RuntimeNotFound, RuntimeInvalid, RuntimeDisabled,
// RuntimeIncompatible. For an automatic choice: NoSupportingRuntime and ModelMetadataMissing; the
// caller decides whether a service with complete runners can do without a runtime.
func FindRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	noteUnreadableSize(in.Model, rec)
	if in.Ref != nil && in.Ref.Name != "" {
		return namedRuntime(cat, in, rec)
	}
	rec.Add(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: NotNamed, Message: "spec.runtime is not set, so a runtime is selected for the model"})
	return selectRuntime(cat, in, rec)
}

// RequiredAccelerators lists the names of the accelerator classes that a service names, each once,
// in the order annotation, service, engine, decoder. A runtime must list all of them to serve it.
// Policies and constraints do not restrict runtimes.
func RequiredAccelerators(service *v1beta1.InferenceService) []string {
	named := []string{
		service.Annotations[v1beta1.AnnotationAcceleratorClass],
		classOfSelector(service.Spec.AcceleratorSelector),
	}
	if service.Spec.Engine != nil {
		named = append(named, classOfSelector(service.Spec.Engine.AcceleratorOverride))
	}
	if service.Spec.Decoder != nil {
		named = append(named, classOfSelector(service.Spec.Decoder.AcceleratorOverride))
	}
	return uniqueNames(named)
}

// uniqueNames drops empty and repeated names.
func uniqueNames(names []string) []string {
	var kept []string
	seen := map[string]bool{"": true}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			kept = append(kept, name)
		}
	}
	return kept
}

// noteUnreadableSize notes a size that counts as 0 because it cannot be read.
func noteUnreadableSize(m *Model, rec *trace.Recorder) {
	if m == nil || m.Spec.ModelParameterSize == nil {
		return
	}
	if _, ok := parseSize(*m.Spec.ModelParameterSize); !ok {
		rec.Note("model/"+m.Name, ModelSizeUnreadable, fmt.Sprintf(
			"%s %s spec.modelParameterSize %q counts as 0: write a number with a suffix M, B or T, for example 70B",
			m.Kind, m.Name, *m.Spec.ModelParameterSize))
	}
}

// namedRuntime finds the runtime of spec.runtime and checks that it can serve the model.
func namedRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	runtime, failure := followReference(cat, reference{
		field: "spec.runtime", subject: "runtime", name: in.Ref.Name, kind: in.Ref.Kind,
		kinds:    [2]string{KindServingRuntime, KindClusterServingRuntime},
		notFound: RuntimeNotFound, invalid: RuntimeInvalid,
	}, cat.runtimeOfKind, rec)
	if failure != nil {
		return nil, failure
	}
	req := newRequirements(cat, in, false, true)
	v := req.evaluate(runtime)
	if !v.holds {
		rec.Add(v.traceEntry(trace.Failed))
		return nil, refusalOfNamed(v, in.Model)
	}
	noteUnknownFormat(in.Model, req, rec)
	runtime.Format, runtime.Score = v.entry, v.score
	recordFormat(v, rec)
	return runtime, nil
}

// refusalOfNamed is the finding of a named runtime for which a rule does not hold.
func refusalOfNamed(v evaluation, m *Model) *finding.Finding {
	if v.reason == RuntimeDisabled {
		return newFailuref(RuntimeDisabled, "%s %s is disabled: set its spec.disabled to false, or name another runtime in spec.runtime.name", v.runtime.Kind, v.runtime.Name)
	}
	return newFailuref(RuntimeIncompatible, "%s %s does not support %s: %s: name another runtime in spec.runtime.name, or correct the runtime or the model",
		v.runtime.Kind, v.runtime.Name, describeModel(m), v.message)
}

// describeModel names a model for messages.
func describeModel(m *Model) string {
	if m == nil {
		return "the service"
	}
	return m.Kind + " " + m.Name
}

// noteUnknownFormat notes that a model says too little to be compared.
func noteUnknownFormat(m *Model, req *requirements, rec *trace.Recorder) {
	if m != nil && req.formatUnknown {
		rec.Note("model/"+m.Name, ModelMetadataMissing, fmt.Sprintf(
			"%s has no spec.modelFormat.name, so the named runtime could be compared with the rest of the model only: set the field, or wait until the model agent has read the model",
			describeModel(m)))
	}
}

// recordFormat records which entry of the chosen runtime applies.
func recordFormat(v evaluation, rec *trace.Recorder) {
	if !rec.On() || v.entry == nil {
		return
	}
	rec.Add(trace.Entry{
		Subject: "runtime/" + v.runtime.Name + "/format", Verdict: trace.Set, Reason: EntryMatches,
		Message: "the entry that matches the model", Value: describeEntry(v.entry), Score: v.score,
		Source: KindAndName(v.runtime.Kind, v.runtime.Name) + " spec.supportedModelFormats",
	})
}
