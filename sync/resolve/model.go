package resolve

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
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
	// Status is only recorded: a model that is not ready yet still gets pods, which wait for a node
	// that has it.
	Status v1beta1.ModelStatusSpec
}

// IsSharded reports whether several nodes hold the model together, so that no pod can mount it.
func (m *Model) IsSharded() bool { return m.Spec.Distribution == v1beta1.DistributionSharded }

// IsOnClaim reports whether a PersistentVolumeClaim holds the model.
func (m *Model) IsOnClaim() bool {
	return m.Spec.Storage != nil && strings.HasPrefix(m.Spec.Storage.StorageURI, v1beta1.StorageSchemePVC)
}

// DirectoryOnNode is spec.storage.path; empty where the model does not say it.
func (m *Model) DirectoryOnNode() string {
	if m.Spec.Storage == nil || m.Spec.Storage.Path == nil {
		return ""
	}
	return *m.Spec.Storage.Path
}

// FindModel finds the model that ref names. Without a reference it returns nil and no finding: the
// caller decides whether a service can do without a model.
//
// The kind that ref names is tried first, then the other scope; no kind means ClusterBaseModel, as
// the custom resource definition defaults it. The kind FineTunedWeight means the model that the
// weight adapts.
//
// Findings: ModelNotFound, ModelInvalid, ModelDisabled, ModelSharded and, for the kind FineTunedWeight,
// FineTunedWeightNotFound and FineTunedWeightInvalid.
func FindModel(cat *Catalog, ref *v1beta1.ModelRef, rec *trace.Recorder) (*Model, *finding.Finding) {
	if ref == nil {
		rec.AddEntry(trace.Entry{Subject: "model", Verdict: trace.Absent, Reason: NotNamed, Message: "spec.model is not set"})
		return nil, nil
	}
	if ref.Name == "" {
		return nil, newFailuref(ModelNotFound, "spec.model.name is empty: write the name of a BaseModel or ClusterBaseModel")
	}
	reference, failure := modelReference(cat, ref, rec)
	if failure != nil {
		return nil, failure
	}
	model, failure := followReference(cat, reference, cat.modelOfKind, rec)
	if failure != nil {
		return nil, failure
	}
	if isTrue(model.Spec.Disabled) {
		return nil, refuseDisabledModel(model, rec)
	}
	if model.IsSharded() {
		return nil, refuseShardedModel(model, rec)
	}
	recordModelState(model, rec)
	return model, nil
}

// modelReference turns the service's reference, or the weight's where the service names a weight in
// place of the model, into one that can be followed.
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

// weightReference replaces the reference to a weight by the weight's reference to its model: with a
// namespace it means a BaseModel, without a namespace a ClusterBaseModel.
func weightReference(cat *Catalog, r reference, rec *trace.Recorder) (reference, *finding.Finding) {
	weight, failure := findWeight(cat, r.name, rec)
	if failure != nil {
		return r, failure
	}
	r.field = "FineTunedWeight " + r.name + " spec.baseModelRef"
	base := weight.Spec.BaseModelRef
	if base.Name == nil || *base.Name == "" {
		return r, newFailuref(FineTunedWeightInvalid, "%s.name is empty: write the name of the model that the weight adapts", r.field)
	}
	r.name, r.kind = *base.Name, nil
	r.because, r.choose = r.field+" has no namespace", "set "+r.field+".namespace"
	if base.Namespace == nil || *base.Namespace == "" {
		return r, nil
	}
	namespaced := KindBaseModel
	r.kind = &namespaced
	r.because, r.choose = r.field+" has a namespace", "remove "+r.field+".namespace"
	return r, refuseOtherNamespace(cat, r.field, *base.Namespace)
}

// namesWeight reports whether the service names a weight in place of the model.
func namesWeight(ref *v1beta1.ModelRef) bool {
	return ref != nil && ref.Kind != nil && *ref.Kind == KindFineTunedWeight
}

// refuseOtherNamespace is the finding of a model in another namespace; nil for the service's own.
func refuseOtherNamespace(cat *Catalog, field, namespace string) *finding.Finding {
	if namespace == cat.Namespace {
		return nil
	}
	return newFailuref(ModelNotFound, "%s.namespace is %s, but a service in namespace %s can only use models of its own namespace or of the cluster: use such a model",
		field, namespace, cat.Namespace)
}

// refuseDisabledModel is the finding of a disabled model.
func refuseDisabledModel(model *Model, rec *trace.Recorder) *finding.Finding {
	rec.AddEntry(trace.Entry{Subject: "model/" + model.Name, Verdict: trace.Failed, Reason: ModelDisabled, Source: KindAndName(model.Kind, model.Name) + " spec.disabled"})
	return newFailuref(ModelDisabled, "%s %s is disabled: set its spec.disabled to false, or name another model", model.Kind, model.Name)
}

// refuseShardedModel is the finding of a model that is spread over nodes, as in OME.
func refuseShardedModel(model *Model, rec *trace.Recorder) *finding.Finding {
	rec.AddEntry(trace.Entry{Subject: "model/" + model.Name, Verdict: trace.Failed, Reason: ModelSharded, Source: KindAndName(model.Kind, model.Name) + " spec.distribution"})
	return newFailuref(ModelSharded, "%s %s has spec.distribution Sharded, and a model that is spread over nodes cannot be served: set it to PerNode, so that each node has the whole model, or name another model",
		model.Kind, model.Name)
}

// recordModelState records a model that is not ready. OME does not look at the state either; the
// pods' node selector makes them wait.
func recordModelState(model *Model, rec *trace.Recorder) {
	if state := model.Status.State; state != v1beta1.LifeCycleReady {
		isReported := "the model is not ready on any node (state " + string(state) + ")"
		if state == "" {
			isReported = "no model agent has said on which nodes the model is ready"
		}
		rec.AddEntry(trace.Entry{
			Subject: "model/" + model.Name + "/state", Verdict: trace.Warned, Reason: ModelNotReady, Value: string(state),
			Message: isReported + "; pods are made all the same and wait for a node that has it",
			Source:  KindAndName(model.Kind, model.Name) + " status.state",
		})
	}
}

func isTrue(b *bool) bool { return b != nil && *b }
