package sync

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
	"github.com/isvc-io/isvc/sync/defaulting"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/validation"
)

// The reasons that reading a service gives.
const (
	// ReasonUndecodable: a field of the service has a value of the wrong form;
	// nothing of the service changes until it is corrected. Seen in Ready. Fix:
	// correct the field that the message names.
	ReasonUndecodable = "InvalidField"
	// ReasonUnknownField: the service has a field that the API does not have.
	// Seen in SpecHonored. Fix: correct or remove the field.
	ReasonUnknownField = "UnknownField"
)

// inferenceService is the parent of a request. Nothing changes it after readService.
type inferenceService struct {
	// given is the service as it arrived, with its previous status.
	given *v1beta1.InferenceService
	// effective is given with the values that OME's webhook would have written.
	effective *v1beta1.InferenceService
	// mode is the mode of the service as a whole; see defaulting.Mode.
	mode v1beta1.DeploymentMode
	// unknownFields are the fields of spec that the API does not have, sorted.
	unknownFields []string
}

// readService reads the parent of a request. The defaultMode is that of the
// configuration.
//
// A specification with a field of the wrong form is a problem, and the service then has
// an empty one. Labels or annotations of a wrong form are a problem too, and the service then
// has none of either. A previous status that cannot be read is dropped. The error is for a
// parent without which nothing can be answered: not a JSON object, or without a name.
func readService(parent json.RawMessage, defaultMode string) (inferenceService, *finding.Finding, error) {
	var parts struct {
		Metadata jsontext.Value `json:"metadata"`
		Spec     jsontext.Value `json:"spec"`
		Status   jsontext.Value `json:"status"`
	}
	if err := v1beta1.DecodeLenient(parent, &parts); err != nil {
		return inferenceService{}, nil, fmt.Errorf("cannot decode the parent: %w", err)
	}
	given := &v1beta1.InferenceService{}
	given.APIVersion, given.Kind = v1beta1.APIVersion, v1beta1.KindInferenceService
	ofMetadata, err := readMetadata(parts.Metadata, &given.ObjectMeta)
	if err != nil {
		return inferenceService{}, nil, err
	}
	if given.Name == "" {
		return inferenceService{}, nil, errors.New("cannot decode the parent: metadata.name is missing")
	}
	if parts.Status != nil && v1beta1.DecodeLenient(parts.Status, &given.Status) != nil {
		given.Status = v1beta1.InferenceServiceStatus{}
	}
	unknown, problem := readSpec(parts.Spec, &given.Spec)
	problem = cmp.Or(ofMetadata, problem)
	effective := defaulting.Service(given, defaultMode)
	return inferenceService{
		given: given, effective: effective, mode: defaulting.Mode(effective, defaultMode), unknownFields: unknown,
	}, problem, nil
}

// readMetadata reads metadata without the record of managed fields, which is large and
// which no decision reads. With a problem, it has no labels and no annotations.
func readMetadata(raw []byte, into *metav1.ObjectMeta) (*finding.Finding, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	type withoutMethods metav1.ObjectMeta
	metadata := struct {
		*withoutMethods `json:",inline"`
		ManagedFields   jsontext.Value `json:"managedFields"`
	}{withoutMethods: (*withoutMethods)(into)}
	wrong := v1beta1.DecodeLenient(raw, &metadata)
	if wrong == nil {
		return nil, nil
	}
	*into = metav1.ObjectMeta{}
	withoutMaps := struct {
		*withoutMethods `json:",inline"`
		ManagedFields   jsontext.Value `json:"managedFields"`
		Labels          jsontext.Value `json:"labels"`
		Annotations     jsontext.Value `json:"annotations"`
	}{withoutMethods: (*withoutMethods)(into)}
	if err := v1beta1.DecodeLenient(raw, &withoutMaps); err != nil {
		return nil, fmt.Errorf("cannot decode the parent's metadata: %w", err)
	}
	return &finding.Finding{Reason: ReasonUndecodable, Message: undecodableField("metadata", wrong), ModelReason: v1beta1.InvalidPredictorSpec}, nil
}

// readSpec reads the specification and returns the fields that the API does not have.
// With a problem, the specification is left empty.
func readSpec(raw []byte, into *v1beta1.InferenceServiceSpec) ([]string, *finding.Finding) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	unknown, err := v1beta1.DecodeAndListUnknown(raw, into)
	if err != nil {
		*into = v1beta1.InferenceServiceSpec{}
		return nil, &finding.Finding{
			Reason: ReasonUndecodable, Message: undecodableField("spec", err), ModelReason: v1beta1.InvalidPredictorSpec,
		}
	}
	return unknown, nil
}

// zerosWritten are the zero values that the author of a service wrote, by their path in the effective
// specification. Where the deprecated predictor stands for the engine, they are the engine's.
func zerosWritten(parent json.RawMessage, service inferenceService) merge.Zeros {
	spec, err := observed.DecodeTree(observed.Member(parent, "spec"))
	if err != nil {
		return nil
	}
	zeros := merge.ZerosIn[v1beta1.InferenceServiceSpec](spec)
	engine := service.effective.Spec.Engine
	if service.given.Spec.Engine != nil || engine == nil {
		return zeros
	}
	runner := "-"
	if engine.Runner != nil {
		runner = "containers/" + engine.Runner.Name + "/"
	}
	for at := range zeros.Below("predictor") {
		at = strings.Replace(at, "workerSpec/", "worker/", 1)
		if inRunner, isRunner := strings.CutPrefix(at, runner); isRunner {
			at = "runner/" + inRunner
		}
		zeros["engine/"+at] = true
	}
	return zeros
}

// undecodableField says which field of a part of the service has the wrong form, and how.
func undecodableField(part string, err error) string {
	var field *v1beta1.FieldError
	if errors.As(err, &field) && field.Field != "" {
		return part + "." + field.Field + ": " + field.Problem
	}
	return part + ": " + err.Error()
}

// maxUnknownFields bounds how many unknown fields a finding lists.
const maxUnknownFields = 10

// warnAboutUnknownFields records the fields that have no effect because the API does not have
// them.
func warnAboutUnknownFields(service inferenceService, record *trace.Recorder) {
	unknown := service.unknownFields
	if len(unknown) == 0 {
		return
	}
	more := ""
	if extra := len(unknown) - maxUnknownFields; extra > 0 {
		unknown, more = unknown[:maxUnknownFields], fmt.Sprintf(" and %d more", extra)
	}
	fields := make([]string, len(unknown))
	for i, field := range unknown {
		fields[i] = "spec." + field
		if place := v1beta1.PlaceOfField(&v1beta1.InferenceServiceSpec{}, field); place != "" {
			fields[i] += " (write spec." + place + ")"
		}
	}
	record.AddFinding("service", ReasonUnknownField, fmt.Sprintf(
		"fields that the API does not have are ignored: %s%s: correct or remove them", strings.Join(fields, ", "), more))
}

// ReasonInvalidDeployConfig: the configuration that every pod follows cannot be used, and what runs
// stays as it is. Seen in Ready. Fix: correct the section deploy or acceleratorResources of the ConfigMap
// inferenceservice-config.
const ReasonInvalidDeployConfig = "InvalidDeployConfig"

// invalidDeployConfig is the problem of a section deploy or acceleratorResources that cannot be used; nil
// if both can. Without what it says about pods, every pod would restart.
func invalidDeployConfig(conf *config.Config) *finding.Finding {
	for _, section := range []string{config.SectionDeploy, config.SectionAccelerators} {
		if text, broken := conf.Problems[section]; broken {
			return &finding.Finding{Reason: ReasonInvalidDeployConfig, Message: fmt.Sprintf(
				"cannot decide what pods have: key %s of ConfigMap %s: %s", section, config.MapName, text)}
		}
	}
	return nil
}

// invalidSpec is the problem of a service that breaks rules which need nothing but the
// service itself; nil when it breaks none.
func invalidSpec(service inferenceService) *finding.Finding {
	broken := validation.Service(service.effective)
	if len(broken) == 0 {
		return nil
	}
	messages := make([]string, len(broken))
	for i, rule := range broken {
		messages[i] = rule.Field + ": " + rule.Message
	}
	return &finding.Finding{
		Reason: validation.ReasonInvalidSpec, Message: strings.Join(messages, "; "),
		ModelReason: v1beta1.InvalidPredictorSpec,
	}
}
