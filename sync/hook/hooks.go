package hook

import (
	"errors"
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
)

// answerSync answers the sync hook.
func (h *Handler) answerSync(body []byte, a *answer) {
	request, parent, err := DecodeSync(body)
	a.parent = parent
	if err == nil {
		err = checkParent(parent)
	}
	if err != nil {
		a.setError(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	a.observed = countObjects(request.Children)
	request.Config, request.Now = h.Config(), metav1.NewTime(h.Now().UTC().Truncate(time.Second))
	request.Cache = h.cache
	showsDefect := true // stays true if Sync panics
	defer func() { h.Recorder.RecordCall(request, showsDefect) }()
	response, err := h.Sync(request)
	if err != nil {
		a.setError(http.StatusBadRequest, "malformed", err.Error())
	} else {
		h.answerWithResponse(request, response, a)
	}
	showsDefect = a.code == http.StatusInternalServerError ||
		a.code == http.StatusOK && h.answerChanged(request, parent, a.body)
}

// checkParent refuses a parent that the hooks are not for.
func checkParent(parent Parent) error {
	if parent.Kind == kinds.InferenceService {
		return nil
	}
	return errors.New("the parent is a " + string(parent.Kind) + ": these hooks are for " + string(kinds.InferenceService))
}

// answerWithResponse answers with what was computed, unless it must not be sent.
func (h *Handler) answerWithResponse(request *sync.Request, response *sync.Response, a *answer) {
	if response == nil {
		a.setError(http.StatusInternalServerError, "invalid", "cannot answer for "+a.parent.String()+": there is no response")
		h.Metrics.CountInvalidResponse()
		return
	}
	for _, held := range listHolds(response) {
		h.Metrics.CountHold(held.Reason)
	}
	if response.RetryAfter > 0 {
		a.setRetryLater(response.RetryAfter, "retry", retryMessage(response))
		return
	}
	body, err := encodeSync(request, a.parent, response)
	if err != nil {
		h.Metrics.CountInvalidResponse()
		a.setError(http.StatusInternalServerError, "invalid", "cannot answer for "+a.parent.String()+": "+err.Error())
		return
	}
	a.setComputed(body, len(response.Children))
	for _, child := range response.Children {
		h.Metrics.CountChild(kindOf(child))
	}
	for _, reason := range reasonsOfHeldUpdates(response) {
		h.Metrics.CountHeldUpdate(reason)
	}
	switch {
	case response.Hold != nil:
		a.verdict, a.reason = "hold", response.Hold.Reason
	case len(response.Partial) > 0:
		a.verdict, a.reason = "partial", response.Partial[0].Subject+": "+response.Partial[0].Reason
	}
}

// listHolds returns the holds of the service and of its parts.
func listHolds(response *sync.Response) []finding.Finding {
	if response.Hold != nil {
		return append([]finding.Finding{*response.Hold}, response.Partial...)
	}
	return response.Partial
}

// reasonsOfHeldUpdates are the reasons for which components keep their pod template, each once and in
// order.
func reasonsOfHeldUpdates(response *sync.Response) []string {
	var reasons []string
	for _, held := range response.Held {
		reasons = append(reasons, held.Reason)
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

func retryMessage(response *sync.Response) string {
	if response.Hold == nil {
		return "nothing can be decided yet"
	}
	return response.Hold.Reason + ": " + response.Hold.Message
}

// answerCustomize answers the customize hook.
func (h *Handler) answerCustomize(body []byte, a *answer) {
	raw, declared, parent, err := DecodeCustomize(body)
	a.parent = parent
	if err == nil {
		err = checkParent(parent)
	}
	var rules []sync.Rule
	if err == nil {
		rules, err = h.Customize(raw, declared)
	}
	if err != nil {
		a.setError(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	encoded, err := encodeCustomize(rules)
	if err != nil {
		a.setError(http.StatusInternalServerError, "invalid", err.Error())
		return
	}
	a.setComputed(encoded, len(rules))
}
