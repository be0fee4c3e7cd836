package hook

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/go-chi/chi/v5"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Syncer computes what the cluster should hold; an error means that the
// request is malformed.
type Syncer func(*sync.Request) (*sync.Response, error)

// Customizer says which objects a parent needs; an error means that the
// request is malformed.
type Customizer func(parent json.RawMessage) ([]sync.Rule, error)

// The defaults of Options.
const (
	DefaultBodyLimit        = 32 << 20
	DefaultConcurrency      = 64
	DefaultCheckDeterminism = 100
)

// readers is how many calls may be read for each that is computed: callers
// that send slowly must not keep others from being answered.
const readers = 4

// Options configure a Handler. Sync and Customize are required.
type Options struct {
	Sync      Syncer
	Customize Customizer
	// Config returns the configuration in force; nil, or a nil configuration,
	// means config.Default. It is called once for each request.
	Config func() *config.Config
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives one line for each call; nil means slog.Default.
	Logger *slog.Logger
	// Metrics counts calls; nil means that nothing is counted.
	Metrics Metrics
	// Token returns the bearer token that a caller of the hooks must send; nil
	// means that none is needed.
	Token func() string
	// RequireClientCertificate refuses callers of the hooks whose certificate
	// was not verified.
	RequireClientCertificate bool
	// BodyLimit is the largest request in bytes, DefaultBodyLimit when 0.
	BodyLimit int64
	// Concurrency is how many calls are computed at once,
	// DefaultConcurrency when 0. Further calls are answered with status 429.
	Concurrency int
	// CheckDeterminism computes one of so many calls of the sync hook twice and
	// reports answers that differ; 0 means none.
	CheckDeterminism int
	// Recorder keeps calls of the sync hook; nil means that none are kept.
	Recorder Recorder
	// CacheSize bounds the related objects that are remembered decoded between
	// calls, in bytes; 0 means that none are.
	CacheSize int
	// Version is what GET /version answers, as JSON.
	Version any
}

// Handler serves the hooks.
type Handler struct {
	Options
	router   chi.Router
	reading  slots
	slots    slots
	checks   sampler
	cache    *observed.Cache
	stopping atomic.Bool
}

// New returns a handler that is ready to serve.
func New(options Options) *Handler {
	h := &Handler{Options: withDefaults(options)}
	h.reading, h.slots = make(slots, readers*h.Concurrency), make(slots, h.Concurrency)
	h.checks.every = int64(h.CheckDeterminism)
	if h.CacheSize > 0 {
		h.cache = observed.NewCache(h.CacheSize)
	}
	h.router = h.routes()
	return h
}

func withDefaults(o Options) Options {
	if o.Config == nil {
		o.Config = func() *config.Config { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	if o.Recorder == nil {
		o.Recorder = noRecorder{}
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	return o
}

func (h *Handler) routes() chi.Router {
	r := chi.NewRouter()
	r.Post("/sync", h.endpoint(hookSync, h.sync))
	r.Post("/customize", h.endpoint(hookCustomize, h.customize))
	for path, handler := range map[string]http.HandlerFunc{
		"/healthz": h.healthz, "/readyz": h.readyz, "/version": h.version,
	} {
		r.Get(path, handler)
		r.Head(path, handler)
	}
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		writeLine(w, http.StatusNotFound, "not found: the paths are /sync, /customize, /healthz, /readyz and /version")
	})
	r.MethodNotAllowed(notAllowed)
	return r
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.router.ServeHTTP(w, r) }

// Stop makes /readyz fail, so that no new calls are sent here. Calls that come
// all the same are answered, and their connections closed.
func (h *Handler) Stop() { h.stopping.Store(true) }

func notAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := "GET, HEAD"
	if r.URL.Path == "/sync" || r.URL.Path == "/customize" {
		allowed = http.MethodPost
	}
	w.Header().Set("Allow", allowed)
	writeLine(w, http.StatusMethodNotAllowed, "method "+shorten(r.Method)+" is not allowed: use "+allowed)
}

func (h *Handler) healthz(w http.ResponseWriter, _ *http.Request) {
	writeLine(w, http.StatusOK, "ok")
}

func (h *Handler) readyz(w http.ResponseWriter, _ *http.Request) {
	if h.stopping.Load() {
		writeLine(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	writeLine(w, http.StatusOK, "ok")
}

func (h *Handler) version(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(h.Version)
	if err != nil {
		writeLine(w, http.StatusInternalServerError, "cannot write the version: "+err.Error())
		return
	}
	write(w, http.StatusOK, "application/json", append(body, '\n'))
}

// outcome is the answer to one call and what is worth knowing about it.
type outcome struct {
	code int
	body []byte
	// retryAfter is sent with status 429.
	retryAfter time.Duration
	// verdict is one word for the log.
	verdict string
	// reason is the reason of a hold, or the text of an error.
	reason string
	parent Parent
	// observed and returned count children, or rules for customize.
	observed, returned int
}

// fail answers with an error of one line.
func (o *outcome) fail(code int, verdict, message string) {
	o.code, o.verdict, o.reason = code, verdict, oneLine(message)
	o.body = append(append(o.body[:0], o.reason...), '\n')
	o.returned = 0
}

// wait answers that the caller should come back.
func (o *outcome) wait(after time.Duration, verdict, message string) {
	o.fail(http.StatusTooManyRequests, verdict, message)
	o.retryAfter = after
}

// endpoint serves one hook: admission, the answer, and its record.
func (h *Handler) endpoint(name string, answer func(*observed.Reader, *outcome)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		if h.stopping.Load() {
			// The next call of this connection would meet a server that is gone.
			w.Header().Set("Connection", "close")
		}
		memory := scratches.Get().(*scratch)
		out := outcome{body: memory.answer[:0]}
		size := h.answer(w, r, name, answer, &out, memory)
		writeOutcome(w, &out)
		h.record(r, name, &out, size, time.Since(start))
		if h.Recorder == (noRecorder{}) {
			memory.answer = out.body
			memory.release()
		}
	}
}

// answer fills the outcome and returns the size of the request.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, name string, answer func(*observed.Reader, *outcome), out *outcome, memory *scratch) int {
	if code, message := h.refuse(r); code != 0 {
		out.fail(code, "unauthorized", message)
		return 0
	}
	var ok bool
	if !h.reading.use(func() { ok = h.read(w, r, out, &memory.request) }) {
		out.wait(time.Second, "busy", "too many calls at once")
		return 0
	}
	memory.reader.Reset(memory.request.Bytes())
	if ok && !h.slots.use(func() { h.protect(name, &memory.reader, answer, out) }) {
		out.wait(time.Second, "busy", "too many calls at once")
	}
	return memory.request.Len()
}

// slots bound how much is done at once.
type slots chan struct{}

// use does the work if there is a slot for it, and reports whether there was.
func (s slots) use(work func()) bool {
	select {
	case s <- struct{}{}:
		defer func() { <-s }()
		work()
		return true
	default:
		return false
	}
}

// refuse checks who is calling; code 0 means that the caller may go on.
func (h *Handler) refuse(r *http.Request) (code int, message string) {
	if h.RequireClientCertificate && (r.TLS == nil || len(r.TLS.VerifiedChains) == 0) {
		return http.StatusUnauthorized, "a client certificate is required"
	}
	if h.Token == nil {
		return 0, ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !equal(strings.TrimSpace(token), h.Token()) {
		return http.StatusUnauthorized, "a valid bearer token is required"
	}
	return 0, ""
}

// equal compares in a time that depends on neither text.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// read reads the request and reports whether it could.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, out *outcome, into *bytes.Buffer) bool {
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, h.BodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		out.fail(http.StatusRequestEntityTooLarge, "too-large",
			"the request is larger than "+strconv.FormatInt(h.BodyLimit, 10)+" bytes")
	case err != nil:
		out.fail(http.StatusBadRequest, "malformed", "cannot read the request: "+err.Error())
	}
	return err == nil
}

// protect turns a panic into status 500, on which Metacontroller leaves the
// children as they are.
func (h *Handler) protect(name string, request *observed.Reader, answer func(*observed.Reader, *outcome), out *outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			h.Metrics.Panicked(name)
			h.Logger.Error("panic", "hook", name, "parent", out.parent.String(), "cause", cause, "stack", string(debug.Stack()))
			out.fail(http.StatusInternalServerError, "panic",
				"cannot compute "+out.parent.String()+": internal error, its children stay as they are")
		}
	}()
	answer(request, out)
}

// sync answers the sync hook.
func (h *Handler) sync(body *observed.Reader, out *outcome) {
	request, parent, err := decodeSync(body)
	out.parent = parent
	if err == nil {
		err = checkParent(parent)
	}
	if err != nil {
		out.fail(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	out.observed = count(request.Children)
	request.Config, request.Now = h.Config(), metav1.NewTime(h.Now().UTC().Truncate(time.Second))
	request.Cache = h.cache
	notable := true // until it is known that there was no panic
	defer func() { h.Recorder.Record(request, notable) }()
	response, err := h.Sync(request)
	if err != nil {
		out.fail(http.StatusBadRequest, "malformed", err.Error())
	} else {
		h.respond(request, response, out)
	}
	notable = out.code == http.StatusInternalServerError ||
		out.code == http.StatusOK && h.differs(request, parent, out.body)
}

// checkParent refuses a parent that the hooks are not for.
func checkParent(parent Parent) error {
	if parent.Kind == kinds.InferenceService {
		return nil
	}
	return errors.New("the parent is a " + shorten(string(parent.Kind)) + ": these hooks are for " + string(kinds.InferenceService))
}

// respond writes what was computed, unless it must not be sent.
func (h *Handler) respond(request *sync.Request, response *sync.Response, out *outcome) {
	if response == nil {
		out.fail(http.StatusInternalServerError, "invalid", "cannot answer for "+out.parent.String()+": there is no response")
		h.Metrics.Invalid()
		return
	}
	for _, held := range holds(response) {
		h.Metrics.Held(held.Reason)
	}
	if response.RetryAfter > 0 {
		out.wait(response.RetryAfter, "retry", retryMessage(response))
		return
	}
	body, err := encodeSync(out.body[:0], request, out.parent, response)
	if err != nil {
		h.Metrics.Invalid()
		out.fail(http.StatusInternalServerError, "invalid", "cannot answer for "+out.parent.String()+": "+err.Error())
		return
	}
	out.code, out.body, out.returned, out.verdict = http.StatusOK, body, len(response.Children), "computed"
	for _, child := range response.Children {
		h.Metrics.Returned(kindOf(child))
	}
	switch {
	case response.Hold != nil:
		out.verdict, out.reason = "hold", response.Hold.Reason
	case len(response.Partial) > 0:
		out.verdict, out.reason = "partial", response.Partial[0].Subject+": "+response.Partial[0].Reason
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

// customize answers the customize hook.
func (h *Handler) customize(body *observed.Reader, out *outcome) {
	raw, parent, err := decodeCustomize(body)
	out.parent = parent
	if err == nil {
		err = checkParent(parent)
	}
	var rules []sync.Rule
	if err == nil {
		rules, err = h.Customize(raw)
	}
	if err != nil {
		out.fail(http.StatusBadRequest, "malformed", err.Error())
		return
	}
	answer, err := encodeRules(out.body[:0], rules)
	if err != nil {
		out.fail(http.StatusInternalServerError, "invalid", "cannot write the rules: "+err.Error())
		return
	}
	out.body, out.code, out.returned, out.verdict = answer, http.StatusOK, len(rules), "computed"
}

func encodeRules(into []byte, rules []sync.Rule) ([]byte, error) {
	if rules == nil {
		rules = []sync.Rule{}
	}
	body, err := json.Marshal(map[string]any{"relatedResources": rules})
	return append(append(into, body...), '\n'), err
}

// record writes the line of the log and counts the call.
func (h *Handler) record(r *http.Request, name string, out *outcome, size int, took time.Duration) {
	h.Metrics.Called(name, out.code, took, size, len(out.body))
	level := slog.LevelInfo
	if out.code >= http.StatusBadRequest && out.code != http.StatusTooManyRequests {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("hook", name), slog.String("namespace", out.parent.Namespace), slog.String("name", out.parent.Name),
		slog.String("uid", out.parent.UID), slog.Int64("generation", out.parent.Generation),
		slog.String("resourceVersion", out.parent.ResourceVersion), slog.Bool("deleting", out.parent.Deleting),
		slog.Int("observed", out.observed), slog.Int("returned", out.returned),
		slog.Int("code", out.code), slog.String("verdict", out.verdict),
		slog.Float64("ms", math.Round(took.Seconds()*1e6)/1e3),
		slog.Int("bytesIn", size), slog.Int("bytesOut", len(out.body)),
	}
	if out.reason != "" {
		attrs = append(attrs, slog.String("reason", out.reason))
	}
	h.Logger.LogAttrs(r.Context(), level, "call", attrs...)
}

func writeOutcome(w http.ResponseWriter, out *outcome) {
	if out.code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(out.retryAfter.Seconds())))))
	}
	if out.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
		// Else the server would wait for a body that nobody is going to read.
		w.Header().Set("Connection", "close")
	}
	contentType := "text/plain; charset=utf-8"
	if out.code == http.StatusOK {
		contentType = "application/json"
	}
	write(w, out.code, contentType, out.body)
}

func writeLine(w http.ResponseWriter, code int, line string) {
	write(w, code, "text/plain; charset=utf-8", []byte(oneLine(line)+"\n"))
}

func write(w http.ResponseWriter, code int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // a caller that is gone needs no answer
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
