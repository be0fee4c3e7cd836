package sync

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// Request is everything that a decision may depend on. The hook server builds
// it from Metacontroller's request, the command line from files.
type Request struct {
	// Parent is the InferenceService as JSON.
	Parent json.RawMessage
	// Children are the observed objects that the service owns.
	Children observed.Objects
	// Related are the other objects that Customize asked for: models,
	// runtimes, accelerator classes, fine-tuned weights and pods.
	Related observed.Objects
	// Managed are the child kinds that may be returned: those that are
	// installed and declared to Metacontroller.
	Managed kinds.Set
	// Config is the cluster's configuration; nil means config.Default.
	Config *config.Config
	// Now is the time of the call. It is written where a condition changes and
	// nowhere else.
	Now metav1.Time
	// Cache remembers decoded related objects between requests; nil for none.
	// It changes nothing else.
	Cache *observed.Cache
	// Explain asks for the trace of every decision. It changes nothing else.
	Explain bool
}

// Response is what the cluster should hold.
type Response struct {
	// Children is the total list of desired objects, sorted by kind and name.
	// An owned object that is not in it is deleted. It must be ignored when
	// RetryAfter is set.
	Children []*unstructured.Unstructured
	// Status is the whole new status of the service.
	Status v1beta1.InferenceServiceStatus
	// Hold says why the observed children were kept instead of being computed;
	// nil when everything was computed.
	Hold *finding.Finding
	// Partial lists the parts of the service, components or routes, whose
	// observed children were kept while the rest was computed.
	Partial []finding.Finding
	// Held lists the components whose pods keep their template although another
	// one was computed. The subject is the component, the reason why it is kept.
	Held []finding.Finding
	// RetryAfter is set when the observed children could neither be computed
	// nor repeated: the caller must leave everything as it is and ask again.
	RetryAfter time.Duration
	// Findings do not stop the service; the status lists them.
	Findings []finding.Finding
	// Trace holds the decisions in order when the request asked for them.
	Trace []trace.Entry
}

// Unresolved says why the service, or parts of it, could not be computed; empty when everything was.
func (r *Response) Unresolved() []finding.Finding {
	var held []finding.Finding
	if r.Hold != nil {
		held = append(held, *r.Hold)
	}
	held = append(held, r.Partial...)
	if len(held) == 0 && r.RetryAfter > 0 {
		return []finding.Finding{{
			Reason: "Undecided", Message: fmt.Sprintf("nothing can be decided yet: try again in %s", r.RetryAfter),
		}}
	}
	return held
}
