package hook

import (
	"errors"
	"net/http"
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
		a.fail(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	a.observed = count(request.Children)
	request.Config, request.Now = h.Config(), metav1.NewTime(h.Now().UTC().Truncate(time.Second))
	request.Cache = h.cache
	showsDefect := true // stays true if Sync panics
	defer func() { h.Recorder.Record(request, showsDefect) }()
	response, err := h.Sync(request)
	if err != nil {
		a.fail(http.StatusBadRequest, "malformed", err.Error())
	} else {
		h.respond(request, response, a)
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

// respond answers with what was computed, unless it must not be sent.
func (h *Handler) respond(request *sync.Request, response *sync.Response, a *answer) {
	if response == nil {
		a.fail(http.StatusInternalServerError, "invalid", "cannot answer for "+a.parent.String()+": there is no response")
		h.Metrics.Invalid()
		return
	}
	for _, held := range holds(response) {
		h.Metrics.Held(held.Reason)
	}
	if response.RetryAfter > 0 {
		a.retryLater(response.RetryAfter, "retry", retryMessage(response))
		return
	}
	body, err := encodeSync(request, a.parent, response)
	if err != nil {
		h.Metrics.Invalid()
		a.fail(http.StatusInternalServerError, "invalid", "cannot answer for "+a.parent.String()+": "+err.Error())
		return
	}
	a.succeed(body, len(response.Children))
	for _, child := range response.Children {
		h.Metrics.Returned(kindOf(child))
	}
	switch {
	case response.Hold != nil:
		a.verdict, a.reason = "hold", response.Hold.Reason
	case len(response.Partial) > 0:
		a.verdict, a.reason = "partial", response.Partial[0].Subject+": "+response.Partial[0].Reason
	}
}

// holds are the holds of the service and of its parts.
func holds(response *sync.Response) []finding.Finding {
	if response.Hold != nil {
		return append([]finding.Finding{*response.Hold}, response.Partial...)
	}
	return response.Partial
}

func retryMessage(response *sync.Response) string {
	if response.Hold == nil {
		return "nothing can be decided yet"
	}
	return response.Hold.Reason + ": " + response.Hold.Message
}

// answerCustomize answers the customize hook.
func (h *Handler) answerCustomize(body []byte, a *answer) {
	raw, parent, err := DecodeCustomize(body)
	a.parent = parent
	if err == nil {
		err = checkParent(parent)
	}
	var rules []sync.Rule
	if err == nil {
		rules, err = h.Customize(raw)
	}
	if err != nil {
		a.fail(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	encoded, err := encodeCustomize(rules)
	if err != nil {
		a.fail(http.StatusInternalServerError, "invalid", err.Error())
		return
	}
	a.succeed(encoded, len(rules))
}
