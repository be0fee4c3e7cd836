package resolve

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// Parents are the runtimes that it inherits from, the nearest first; Spec has what they say.
	Parents []RuntimeName
	// Meta is the metadata of the runtime; it must not be changed.
	Meta metav1.ObjectMeta
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
// A runtime that is named is used, whether or not it declares support for the model and has autoSelect;
// a finding says what does not fit. Of a model that does not say its format, only what it does say is
// compared, and a finding says so.
//
// A runtime that is named inherits from the runtime of its annotation ome.io/inherit-from; one that is
// selected does not, as in OME.
//
// Findings for a named runtime: RuntimeNotFound, RuntimeInvalid, RuntimeInheritance, RuntimeDisabled and, where it does not
// list an accelerator class that the service names, RuntimeIncompatible. For an automatic choice:
// NoSupportingRuntime and ModelMetadataMissing; the caller decides whether a service with complete
// runners can do without a runtime.
func FindRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	warnAboutUnreadableSize(in.Model, rec)
	if in.Ref != nil && in.Ref.Name != "" {
		return namedRuntime(cat, in, rec)
	}
	rec.AddEntry(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: NotNamed, Message: "spec.runtime is not set, so a runtime is selected for the model"})
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

// warnAboutUnreadableSize warns of a size that counts as 0 because it cannot be read.
func warnAboutUnreadableSize(m *Model, rec *trace.Recorder) {
	if m == nil || m.Spec.ModelParameterSize == nil {
		return
	}
	if _, ok := parseSize(*m.Spec.ModelParameterSize); !ok {
		rec.AddFinding("model/"+m.Name, ModelSizeUnreadable, fmt.Sprintf(
			"%s %s spec.modelParameterSize %q counts as 0: write a number with a suffix M, B or T, for example 70B",
			m.Kind, m.Name, *m.Spec.ModelParameterSize))
	}
}

// namedRuntime finds the runtime of spec.runtime and compares it with the model.
func namedRuntime(cat *Catalog, in RuntimeInput, rec *trace.Recorder) (*Runtime, *finding.Finding) {
	runtime, failure := followReference(cat, reference{
		field: "spec.runtime", subject: "runtime", name: in.Ref.Name, kind: in.Ref.Kind,
		kinds:    [2]string{KindServingRuntime, KindClusterServingRuntime},
		notFound: RuntimeNotFound, invalid: RuntimeInvalid,
	}, cat.runtimeOfKind, rec)
	if failure != nil {
		return nil, failure
	}
	if failure := inheritRuntime(cat, runtime, rec); failure != nil {
		return nil, failure
	}
	req := newRequirements(cat, in, false, true)
	v := req.evaluate(runtime)
	if !v.holds {
		rec.AddEntry(v.traceEntry(trace.Failed))
		return nil, refusalOfNamed(v)
	}
	warnAboutUnknownFormat(in.Model, req, rec)
	if in.Model != nil {
		warnAboutMismatch(in.Model, runtime, req.lacksSupport(runtime), rec)
	}
	runtime.Format, runtime.Score = v.entry, v.score
	recordFormat(v, rec)
	return runtime, nil
}

// inheritRuntime gives a runtime what it inherits. The finding is why it cannot.
func inheritRuntime(cat *Catalog, runtime *Runtime, rec *trace.Recorder) *finding.Finding {
	named := KindAndName(runtime.Kind, runtime.Name)
	inherited, inherits := cat.Inherited[named]
	subject := "runtime/" + runtime.Name
	switch {
	case !inherits:
		return nil
	case inherited.Problem != "":
		rec.AddEntry(trace.Entry{Subject: subject, Verdict: trace.Failed, Reason: RuntimeInheritance, Message: inherited.Problem, Source: named})
		return newFailuref(RuntimeInheritance, "%s", inherited.Problem)
	}
	runtime.Spec, runtime.Parents = inherited.Spec, inherited.Parents
	chain := make([]string, len(inherited.Parents))
	for i, parent := range inherited.Parents {
		chain[i] = parent.KindAndName()
	}
	rec.AddEntry(trace.Entry{
		Subject: subject, Verdict: trace.Set, Reason: Inherits, Source: named + " metadata.annotations[" + v1beta1.AnnotationInheritFrom + "]",
		Message: "it is laid over " + strings.Join(chain, ", and that over ") + ", so that what is said to come from it may be theirs",
	})
	if len(inherited.Unlabelled) > 0 {
		rec.AddFinding(subject, RuntimeProfileUnlabelled, fmt.Sprintf(
			"%s inherits from %s without the label %s \"true\", by which alone a cluster shows isvc a runtime that no service names: add it",
			named, strings.Join(inherited.Unlabelled, ", "), v1beta1.LabelRuntimeProfile))
	}
	return nil
}

// refusalOfNamed is the finding of a named runtime for which a rule does not hold.
func refusalOfNamed(v evaluation) *finding.Finding {
	if v.reason == RuntimeDisabled {
		return newFailuref(RuntimeDisabled, "%s %s is disabled: set its spec.disabled to false, or name another runtime in spec.runtime.name", v.runtime.Kind, v.runtime.Name)
	}
	return newFailuref(RuntimeIncompatible, "%s %s cannot be used: %s: name another runtime in spec.runtime.name, or another accelerator class",
		v.runtime.Kind, v.runtime.Name, v.message)
}

// warnAboutMismatch warns that the runtime that a service names does not declare support for its model.
func warnAboutMismatch(m *Model, r *Runtime, why string, rec *trace.Recorder) {
	if why != "" {
		rec.AddFinding("runtime/"+r.Name, RuntimeMismatch, fmt.Sprintf(
			"%s %s does not declare support for %s: %s; it is used because spec.runtime.name names it: if it cannot serve the model, name another, or correct the runtime or the model",
			r.Kind, r.Name, describeModel(m), why))
	}
}

// describeModel names a model for messages.
func describeModel(m *Model) string {
	if m == nil {
		return "the service"
	}
	return m.Kind + " " + m.Name
}

// warnAboutUnknownFormat warns that a model says too little to be compared.
func warnAboutUnknownFormat(m *Model, req *requirements, rec *trace.Recorder) {
	if m != nil && req.formatUnknown {
		rec.AddFinding("model/"+m.Name, ModelMetadataMissing, fmt.Sprintf(
			"%s has no spec.modelFormat.name, so the named runtime could be compared with the rest of the model only: set the field, or wait until the model agent has read the model",
			describeModel(m)))
	}
}

// recordFormat records which entry of the chosen runtime applies.
func recordFormat(v evaluation, rec *trace.Recorder) {
	if !rec.IsExplaining() || v.entry == nil {
		return
	}
	_, inWords := scoreInNumbers(v.entry)
	rec.AddEntry(trace.Entry{
		Subject: "runtime/" + v.runtime.Name + "/format", Verdict: trace.Set, Reason: EntryMatches,
		Message: inWords, Value: describeEntry(v.entry), Score: v.score,
		Source: KindAndName(v.runtime.Kind, v.runtime.Name) + " spec.supportedModelFormats",
	})
}
