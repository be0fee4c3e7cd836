package record

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Answer is the answer to a request.
type Answer struct {
	// Error is why there is no answer: the request is malformed, or the program has a defect. All
	// other fields are empty then.
	Error string `json:"error,omitempty"`
	// RetryAfter is how long the caller was told to wait, for example "30s".
	RetryAfter string `json:"retryAfter,omitempty"`
	// Hold is why the observed children were kept; Partial is the same for parts of the service.
	Hold    *finding.Finding  `json:"hold,omitempty"`
	Partial []finding.Finding `json:"partial,omitempty"`
	// Findings did not stop the service.
	Findings []finding.Finding `json:"notes,omitempty"`
	// Status and Children are JSON.
	Status   any   `json:"status,omitempty"`
	Children []any `json:"children"`
}

// AnswerOf returns the answer for what Sync returned.
func AnswerOf(response *sync.Response, failed error) Answer {
	if failed == nil && response == nil {
		failed = fmt.Errorf("there is no response")
	}
	if failed != nil {
		return Answer{Error: failed.Error(), Children: []any{}}
	}
	answer := Answer{Hold: response.Hold, Partial: response.Partial, Findings: response.Findings, Children: []any{}}
	if response.RetryAfter > 0 {
		answer.RetryAfter = response.RetryAfter.String()
	}
	return answer.withObjects(response)
}

// withObjects adds the objects.
func (a Answer) withObjects(response *sync.Response) Answer {
	var err error
	if a.Status, err = toDecodedJSON(response.Status); err != nil {
		return Answer{Error: "cannot write the status: " + err.Error(), Children: []any{}}
	}
	for i, child := range response.Children {
		object, err := childOf(child)
		if err != nil {
			return Answer{Error: fmt.Sprintf("cannot write child %d: %s", i, err), Children: []any{}}
		}
		a.Children = append(a.Children, object)
	}
	return a
}

func childOf(child *unstructured.Unstructured) (any, error) {
	if child == nil {
		return nil, nil
	}
	return toDecodedJSON(child.Object)
}

// identityOf is the kind and the key of an object: "Deployment.apps/v1 team-a/chat".
func identityOf(object any) string {
	top, _ := object.(map[string]any)
	kind, _ := top["kind"].(string)
	apiVersion, _ := top["apiVersion"].(string)
	metadata, _ := top["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	name, _ := metadata["name"].(string)
	return string(kinds.New(kind, apiVersion)) + " " + observed.ObjectKey(namespace, name)
}
