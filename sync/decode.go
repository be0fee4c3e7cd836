package sync

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/go-json-experiment/json/jsontext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The reasons that decoding gives.
const (
	// ReasonUndecodable: a field of the service has a value of the wrong form;
	// nothing of the service changes until it is corrected. Seen in Ready. Fix:
	// correct the field that the message names.
	ReasonUndecodable = "InvalidField"
	// ReasonUnknownField: the service has a field that the API does not have.
	// Seen in SpecHonored. Fix: correct or remove the field.
	ReasonUnknownField = "UnknownField"
)

// maxUnknownFields bounds how many unknown fields a finding lists.
const maxUnknownFields = 10

// rawParent are the parts of a service as JSON; nil where there is none.
type rawParent struct{ metadata, spec, status []byte }

// splitParent finds the parts of a service. Of one that occurs twice the last
// counts.
func splitParent(raw json.RawMessage) (rawParent, error) {
	var parts struct {
		Metadata jsontext.Value `json:"metadata"`
		Spec     jsontext.Value `json:"spec"`
		Status   jsontext.Value `json:"status"`
	}
	if err := v1beta1.Unmarshal(raw, &parts); err != nil {
		return rawParent{}, fmt.Errorf("cannot decode the parent: %w", err)
	}
	return rawParent{metadata: parts.Metadata, spec: parts.Spec, status: parts.Status}, nil
}

// decodeIdentity reads what a service must have to be answered at all: its
// metadata and its previous status. A status that cannot be read is dropped.
func decodeIdentity(raw json.RawMessage) (*v1beta1.InferenceService, rawParent, error) {
	parts, err := splitParent(raw)
	if err != nil {
		return nil, parts, err
	}
	parent := &v1beta1.InferenceService{}
	parent.APIVersion, parent.Kind = v1beta1.APIVersion, v1beta1.KindInferenceService
	if err := decodeMeta(parts.metadata, &parent.ObjectMeta); err != nil {
		return nil, parts, err
	}
	if parent.Name == "" {
		return nil, parts, fmt.Errorf("cannot decode the parent: metadata.name is missing")
	}
	if parts.status != nil && v1beta1.Unmarshal(parts.status, &parent.Status) != nil {
		parent.Status = v1beta1.InferenceServiceStatus{}
	}
	return parent, parts, nil
}

// decodeMeta reads metadata without the record of managed fields.
func decodeMeta(raw []byte, into *metav1.ObjectMeta) error {
	if len(raw) == 0 {
		return nil
	}
	type plain metav1.ObjectMeta
	meta := struct {
		*plain        `json:",inline"`
		ManagedFields jsontext.Value `json:"managedFields"`
	}{plain: (*plain)(into)}
	if err := v1beta1.Unmarshal(raw, &meta); err != nil {
		return fmt.Errorf("cannot decode the parent's metadata: %w", err)
	}
	return nil
}

// decodeSpec reads the specification. Unknown fields are noted, and a field of
// the wrong form holds the service.
func (p *pass) decodeSpec() *finding.Finding {
	if p.raw.spec == nil || string(p.raw.spec) == "null" {
		return nil
	}
	unknown, err := v1beta1.Decode(p.raw.spec, &p.parent.Spec)
	if err != nil {
		p.parent.Spec = v1beta1.InferenceServiceSpec{}
		return &finding.Finding{
			Reason: ReasonUndecodable, Message: wrongField(err),
			ModelReason: v1beta1.InvalidPredictorSpec,
		}
	}
	p.noteUnknown(unknown)
	return nil
}

// wrongField says which field of the specification is wrong, and how.
func wrongField(err error) string {
	var field *v1beta1.FieldError
	if errors.As(err, &field) && field.Field != "" {
		return "spec." + field.Field + ": " + field.Problem
	}
	return "spec: " + err.Error()
}

func (p *pass) noteUnknown(unknown []string) {
	if len(unknown) == 0 {
		return
	}
	more := ""
	if extra := len(unknown) - maxUnknownFields; extra > 0 {
		unknown, more = unknown[:maxUnknownFields], fmt.Sprintf(" and %d more", extra)
	}
	p.record.Note("service", ReasonUnknownField, fmt.Sprintf(
		"fields that the API does not have are ignored: spec.%s%s: correct or remove them",
		strings.Join(unknown, ", spec."), more))
}
