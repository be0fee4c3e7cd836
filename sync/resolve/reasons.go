package resolve

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Reasons for which a service cannot be resolved. Seen in Ready.
const (
	// ModelNotFound: spec.model names a model, or one of its overlays, that neither scope has. Fix: create
	// the model, or correct the name.
	ModelNotFound = "ModelNotFound"
	// ModelDisabled: the model has spec.disabled true. Fix: set it to false, or name another model.
	ModelDisabled = "ModelDisabled"
	// ModelSharded: the model has spec.distribution Sharded: each node holds a part of it, and no pod
	// can serve it. Fix: set the field to PerNode, or name another model.
	ModelSharded = "ModelSharded"
	// ModelInvalid: the model cannot be decoded, or refers to nothing usable. Fix: correct the
	// model.
	ModelInvalid = "ModelInvalid"

	// FineTunedWeightNotFound: a weight that is named does not exist. Fix: create it, or correct
	// spec.model.fineTunedWeights.
	FineTunedWeightNotFound = "FineTunedWeightNotFound"
	// FineTunedWeightInvalid: the weight cannot be decoded or a field of it that matters has the
	// wrong type. Fix: correct the weight.
	FineTunedWeightInvalid = "FineTunedWeightInvalid"
	// FineTunedWeightsUnsupported: more than one weight is named. Fix: name one.
	FineTunedWeightsUnsupported = "FineTunedWeightsUnsupported"

	// RuntimeNotFound: spec.runtime names a runtime that neither scope has. Fix: create the
	// runtime, correct spec.runtime.name, or remove spec.runtime to have one selected.
	RuntimeNotFound = "RuntimeNotFound"
	// RuntimeInvalid: the runtime cannot be decoded. Fix: correct the runtime.
	RuntimeInvalid = "RuntimeInvalid"
	// RuntimeInheritance: the runtime that is named inherits from one that isvc does not see, that cannot
	// be read, or that inherits from it. Fix: create the runtime that the message names, or give it the
	// label ome.io/runtime-profile "true", by which Metacontroller shows it to isvc.
	RuntimeInheritance = "RuntimeInheritance"
	// RuntimeDisabled: the runtime has spec.disabled true. Fix: set it to false, or name another
	// runtime.
	RuntimeDisabled = "RuntimeDisabled"
	// RuntimeIncompatible: the runtime that is named does not list the accelerator class that the
	// service names. Fix: name another runtime or another class, or add the class to the runtime's
	// spec.acceleratorRequirements.acceleratorClasses.
	RuntimeIncompatible = "RuntimeIncompatible"
	// NoSupportingRuntime: no runtime is named and none can be selected. Fix: name a runtime, or
	// correct one that the message lists; isvc explain --all shows each with the rule that rejects
	// it.
	NoSupportingRuntime = "NoSupportingRuntime"

	// AcceleratorClassNotFound: a class that is named does not exist. Fix: create it, or correct
	// the name.
	AcceleratorClassNotFound = "AcceleratorClassNotFound"
	// AcceleratorClassInvalid: the class cannot be decoded. Fix: correct the class.
	AcceleratorClassInvalid = "AcceleratorClassInvalid"
)

// ModelMetadataMissing: the model does not say its format, so a runtime cannot be selected for it;
// a runtime that is named is used. Seen in Ready and SpecHonored. Fix: set spec.modelFormat.name of
// the model, or wait until the model agent has read the model.
const ModelMetadataMissing = "ModelMetadataMissing"

// Reasons of findings that stop nothing. Seen in SpecHonored.
const (
	// ReferenceKindUnknown: the reference names a kind that cannot be meant; the default kind was
	// taken. Fix: write one of the two kinds that the message names.
	ReferenceKindUnknown = "ReferenceKindUnknown"
	// RuntimeMismatch: the runtime that the service names does not declare support for the model: its
	// format, version, framework, architecture, quantization or size. It is used. Fix: nothing, if it
	// can serve the model; else name another runtime, or correct what the message compares.
	RuntimeMismatch = "RuntimeMismatch"
	// OverlaySkipped: a model of spec.model.overlays is disabled, or no pod can mount it, and pods do
	// without it. Fix: correct the model, or remove it from the list.
	OverlaySkipped = "OverlaySkipped"
	// RuntimeProfileUnlabelled: a runtime that others inherit from lacks the label by which a cluster
	// shows it to isvc. Fix: add the label ome.io/runtime-profile
	// with the value "true".
	RuntimeProfileUnlabelled = "RuntimeProfileUnlabelled"
	// ModelSizeUnreadable: spec.modelParameterSize of the model is not a number with a suffix M, B
	// or T, and counts as 0. Fix: write for example 70B.
	ModelSizeUnreadable = "ModelSizeUnreadable"
	// FineTunedWeightDisabled: the weight has spec.disabled true; it is used. Fix: name another
	// weight, or set it to false.
	FineTunedWeightDisabled = "FineTunedWeightDisabled"
	// FineTunedWeightForOtherModel: the weight adapts another model than the one that the service
	// names; it is used. Fix: name the model of the weight, or another weight.
	FineTunedWeightForOtherModel = "FineTunedWeightForOtherModel"
	// FineTunedWeightStrategyMissing: spec.hyperParameters.strategy is absent. Fix: write the
	// method of fine-tuning there, for example lora.
	FineTunedWeightStrategyMissing = "FineTunedWeightStrategyMissing"
	// AcceleratorClassUnusable: a class that the runtime lists does not exist or cannot be decoded;
	// the policy chooses among the others. Fix: correct the list of the runtime, or the class.
	AcceleratorClassUnusable = "AcceleratorClassUnusable"
	// NoAcceleratorClass: a policy is set and no class is left to choose; the component runs
	// without one. Fix: loosen the constraints, name a class, or let the runtime list some.
	NoAcceleratorClass = "NoAcceleratorClass"
	// AcceleratorPolicyUnknown: the policy does not exist. Fix: use BestFit, Cheapest, MostCapable
	// or FirstAvailable.
	AcceleratorPolicyUnknown = "AcceleratorPolicyUnknown"
)

// Reasons for which a runtime is rejected, in the trace and in messages. Seen in isvc explain.
const (
	// AcceleratorUnsupported: a class that the service names is not listed.
	AcceleratorUnsupported = "AcceleratorUnsupported"
	// FormatsUndefined: the runtime lists no supportedModelFormats.
	FormatsUndefined = "FormatsUndefined"
	// DiffusionMismatch: the pipelines of model and entry differ.
	DiffusionMismatch = "DiffusionMismatch"
	// ArchitectureMismatch: modelArchitecture differs or is on one side only.
	ArchitectureMismatch = "ArchitectureMismatch"
	// QuantizationMismatch: quantization differs or is on one side only.
	QuantizationMismatch = "QuantizationMismatch"
	// FormatMismatch: the names of the formats differ.
	FormatMismatch = "FormatMismatch"
	// FormatVersionMismatch: the versions of the formats do not go together.
	FormatVersionMismatch = "FormatVersionMismatch"
	// FrameworkMismatch: the frameworks differ or are on one side only.
	FrameworkMismatch = "FrameworkMismatch"
	// FrameworkVersionMismatch: the frameworks' versions do not go together.
	FrameworkVersionMismatch = "FrameworkVersionMismatch"
	// SizeOutOfRange: the model is outside modelSizeRange.
	SizeOutOfRange = "SizeOutOfRange"
	// AutoSelectOff: the entry that matches does not have autoSelect true.
	AutoSelectOff = "AutoSelectOff"
	// NoScore: the score of the entry that matches is not positive.
	NoScore = "NoScore"
)

// Reasons for which something was taken, in the trace. Seen in isvc explain.
const (
	// Named: the service names it.
	Named = "Named"
	// ReferenceAmbiguous: the other scope has an object of the name too, which the kind that the
	// reference names leaves out.
	ReferenceAmbiguous = "ReferenceAmbiguous"
	// OtherScope: the service names it and only the other scope has it.
	OtherScope = "OtherScope"
	// NotNamed: the service names none.
	NotNamed = "NotNamed"
	// Inherits: the runtime has what the runtimes that it inherits from say.
	Inherits = "Inherits"
	// Ranked: it went before, or after, the other candidates.
	Ranked = "Ranked"
	// EntryMatches: the entry of supportedModelFormats that applies.
	EntryMatches = "EntryMatches"
	// ModelNotReady: no node has the model yet; pods wait for one.
	ModelNotReady = "ModelNotReady"
)

// newFailuref makes the finding for which a service cannot be resolved until an object is changed.
// Its ModelReason is always one that OME's custom resource definition allows.
func newFailuref(reason, format string, args ...any) *finding.Finding {
	return &finding.Finding{
		Reason:      reason,
		Message:     fmt.Sprintf(format, args...),
		ModelReason: failureReason(reason),
	}
}

// failureReason translates a reason into the nearest one that OME's custom resource definition
// allows; for weights and accelerators that is InvalidPredictorSpec.
func failureReason(reason string) v1beta1.FailureReason {
	switch reason {
	case ModelNotFound:
		return v1beta1.BaseModelNotFound
	case ModelDisabled, ModelSharded, ModelInvalid, ModelMetadataMissing:
		return v1beta1.BaseModelNotReady
	case RuntimeNotFound, RuntimeInvalid, RuntimeInheritance:
		return v1beta1.RuntimeNotRecognized
	case RuntimeDisabled:
		return v1beta1.RuntimeDisabled
	case RuntimeIncompatible, NoSupportingRuntime:
		return v1beta1.NoSupportingRuntime
	}
	return v1beta1.InvalidPredictorSpec
}
