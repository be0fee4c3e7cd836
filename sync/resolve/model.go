package resolve

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Model is the model that a service uses.
type Model struct {
	Name string
	// Namespace is empty for a ClusterBaseModel.
	Namespace string
	// Kind is BaseModel or ClusterBaseModel.
	Kind string
	// Spec is never nil and must not be changed.
	Spec *v1beta1.BaseModelSpec
	// Meta has the annotations that travel to pods.
	Meta metav1.ObjectMeta
	// Status is informative: a model that is not ready yet still gets pods,
	// which wait for a node that has it.
	Status v1beta1.ModelStatusSpec
}

// FindModel finds the model that ref names. Without a reference it returns nil
// and no Failure: whether a service can do without a model is the caller's to
// say.
//
// The kind that ref names is tried first, then the other scope; no kind means
// ClusterBaseModel, as the custom resource definition defaults it. The kind
// FineTunedWeight means the model that the weight adapts.
//
// Failures: ModelNotFound, ModelInvalid, ModelDisabled and, for the kind
// FineTunedWeight, FineTunedWeightNotFound and FineTunedWeightInvalid.
func FindModel(cat *Catalog, ref *v1beta1.ModelRef, rec *trace.Recorder) (*Model, *finding.Finding) {
	if ref == nil {
		rec.Add(trace.Entry{Subject: "model", Verdict: trace.Absent, Reason: NotNamed, Message: "spec.model is not set"})
		return nil, nil
	}
	if ref.Name == "" {
		return nil, failf(ModelNotFound, "spec.model.name is empty: write the name of a BaseModel or ClusterBaseModel")
	}
	reference, failure := modelReference(cat, ref, rec)
	if failure != nil {
		return nil, failure
	}
	model, failure := follow(cat, reference, cat.model, rec)
	if failure != nil {
		return nil, failure
	}
	return usable(model, rec)
}

// modelReference turns the service's reference, or that of the weight if the
// service names one in the model's place, into one that can be followed.
func modelReference(cat *Catalog, ref *v1beta1.ModelRef, rec *trace.Recorder) (reference, *finding.Finding) {
	r := reference{
		field: "spec.model", subject: "model", name: ref.Name, kind: ref.Kind,
		kinds:    [2]string{KindBaseModel, KindClusterBaseModel},
		notFound: ModelNotFound, invalid: ModelInvalid,
	}
	if !namesWeight(ref) {
		return r, nil
	}
	return weightReference(cat, r, rec)
}

// weightReference replaces the reference to a weight by the weight's reference
// to its model: a namespace there means a BaseModel, none a ClusterBaseModel.
func weightReference(cat *Catalog, r reference, rec *trace.Recorder) (reference, *finding.Finding) {
	weight, failure := findWeight(cat, r.name, rec)
	if failure != nil {
		return r, failure
	}
	r.field = "FineTunedWeight " + r.name + " spec.baseModelRef"
	base := weight.Spec.BaseModelRef
	if base.Name == nil || *base.Name == "" {
		return r, failf(FineTunedWeightInvalid, "%s.name is empty: write the name of the model that the weight adapts", r.field)
	}
	r.name, r.kind = *base.Name, nil
	r.because, r.choose = r.field+" has no namespace", "set "+r.field+".namespace"
	if base.Namespace == nil || *base.Namespace == "" {
		return r, nil
	}
	namespaced := KindBaseModel
	r.kind = &namespaced
	r.because, r.choose = r.field+" has a namespace", "remove "+r.field+".namespace"
	return r, sameNamespace(cat, r.field, *base.Namespace)
}

// namesWeight reports whether the service names a weight in the model's place.
func namesWeight(ref *v1beta1.ModelRef) bool {
	return ref != nil && ref.Kind != nil && *ref.Kind == KindFineTunedWeight
}

// sameNamespace refuses a model of another namespace.
func sameNamespace(cat *Catalog, field, namespace string) *finding.Finding {
	if namespace == cat.Namespace {
		return nil
	}
	return failf(ModelNotFound, "%s.namespace is %s, but a service in namespace %s can only use models of its own namespace or of the cluster: use such a model",
		field, namespace, cat.Namespace)
}

// usable refuses a disabled model. The model's state is only recorded: OME
// does not look at it, the pods' node selector does.
func usable(model *Model, rec *trace.Recorder) (*Model, *finding.Finding) {
	if isTrue(model.Spec.Disabled) {
		rec.Add(trace.Entry{Subject: "model/" + model.Name, Verdict: trace.Failed, Reason: ModelDisabled, Source: Key(model.Kind, model.Name) + " spec.disabled"})
		return nil, failf(ModelDisabled, "%s %s is disabled: set its spec.disabled to false, or name another model", model.Kind, model.Name)
	}
	if state := model.Status.State; state != v1beta1.LifeCycleReady {
		rec.Add(trace.Entry{
			Subject: "model/" + model.Name + "/state", Verdict: trace.Warned, Reason: ModelNotReady, Value: string(state),
			Message: fmt.Sprintf("the model is not ready on any node (state %q); pods are made all the same and wait for a node that has it", state),
			Source:  Key(model.Kind, model.Name) + " status.state",
		})
	}
	return model, nil
}

func isTrue(b *bool) bool { return b != nil && *b }
