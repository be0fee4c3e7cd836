package hook

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// readersPerCall is how many calls may be read for each that is computed: callers that send slowly
// must not keep others from being answered.
const readersPerCall = 4

// admission bounds what is done at once. What it does not admit is answered with status 429.
type admission struct {
	// reading and computing count calls, memory counts the bytes of their requests.
	reading, computing, memory *semaphore.Weighted
	// bodyLimit is the largest request in bytes.
	bodyLimit int64
}

func newAdmission(o Options) *admission {
	return &admission{
		reading:   semaphore.NewWeighted(int64(readersPerCall * o.Concurrency)),
		computing: semaphore.NewWeighted(int64(o.Concurrency)),
		memory:    semaphore.NewWeighted(max(o.BodyBudget, o.BodyLimit+bytes.MinRead)),
		bodyLimit: o.BodyLimit,
	}
}

// Why a call is not admitted.
var (
	errTooManyCalls = errors.New("too many calls at once")
	errTooManyBytes = errors.New("the requests of all calls in progress are too large together")
)

// computation fills the answer to a request.
type computation func(body []byte, a *answer)

// admitAndCompute has a call answered, unless its caller, its revision, its size or the load forbids
// it. It returns the size of the request as far as it was read. A call that is refused unread ends
// its connection, or the server would wait for a body that nothing is going to read; the next call
// may then reach another server.
func (h *Handler) admitAndCompute(w http.ResponseWriter, r *http.Request, name string, compute computation, a *answer) (size int) {
	if refusal := h.whyUnauthorized(r); refusal != "" {
		a.setError(http.StatusUnauthorized, "unauthorized", refusal)
		a.closeConnection = true
		return 0
	}
	if refusal := h.whyOtherRevision(r); refusal != "" {
		a.setRetryLater(revisionRetryAfter, "revision", refusal)
		a.closeConnection = true
		return 0
	}
	request := &body{admission: h.admission}
	defer request.releaseMemory()
	err := request.readRequest(w, r)
	size = len(request.raw)
	if err == nil && !h.admission.computing.TryAcquire(1) {
		err = errTooManyCalls
	}
	if err != nil {
		a.refuseRequest(err)
		return size
	}
	defer h.admission.computing.Release(1)
	defer h.recoverPanic(name, a)
	compute(request.raw, a)
	return size
}

// whyUnauthorized returns why the caller must not call the hooks; empty when it may.
func (h *Handler) whyUnauthorized(r *http.Request) (refusal string) {
	if h.RequireClientCertificate && (r.TLS == nil || len(r.TLS.VerifiedChains) == 0) {
		return "a client certificate is required"
	}
	if h.Token == nil {
		return ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !equalSecrets(strings.TrimSpace(token), h.Token()) {
		return "a valid bearer token is required"
	}
	return ""
}

// equalSecrets compares in a time that depends on neither string.
func equalSecrets(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// refuseRequest answers a call that could not be read or cannot be computed now.
func (a *answer) refuseRequest(err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errTooManyCalls), errors.Is(err, errTooManyBytes):
		a.setRetryLater(time.Second, "busy", err.Error())
	case errors.As(err, &tooLarge):
		a.setError(http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("the request is larger than %d bytes", tooLarge.Limit))
	default:
		a.setError(http.StatusBadRequest, "malformed", "cannot read the request: "+err.Error())
	}
}

// recoverPanic, when deferred, turns a panic into status 500, on which Metacontroller leaves the
// children as they are.
func (h *Handler) recoverPanic(name string, a *answer) {
	if cause := recover(); cause != nil {
		h.Metrics.CountPanic(name)
		h.Logger.Error("panic", "hook", name, "parent", a.parent.String(), "cause", cause, "stack", string(debug.Stack()))
		a.setError(http.StatusInternalServerError, "panic",
			"cannot compute "+a.parent.String()+": internal error, its children stay as they are")
	}
}
