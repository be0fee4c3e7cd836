package hook

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// Syncer computes what the cluster should hold; an error means that the request is malformed.
type Syncer func(*sync.Request) (*sync.Response, error)

// Customizer says which objects a parent needs, of the child kinds that are declared to Metacontroller and
// of kinds that every cluster with isvc has; an error means that the request is malformed.
type Customizer func(parent json.RawMessage, declared kinds.Set) ([]sync.Rule, error)

// The defaults of Options.
const (
	DefaultBodyLimit        = 32 << 20
	DefaultBodyBudget       = 256 << 20
	DefaultConcurrency      = 64
	DefaultCheckDeterminism = 100
)

// Options configure a Handler. Sync and Customize are required.
type Options struct {
	Sync      Syncer
	Customize Customizer
	// Config returns the configuration in force; nil, or a nil configuration, means config.Default.
	// It is called once for each request.
	Config func() *config.Config
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives one line for each call; nil means slog.Default.
	Logger *slog.Logger
	// Metrics counts calls; nil means that nothing is counted.
	Metrics Metrics
	// Token returns the bearer token that a caller of the hooks must send; nil means that none is
	// needed.
	Token func() string
	// RequireClientCertificate refuses callers of the hooks whose certificate was not verified.
	RequireClientCertificate bool
	// BodyLimit is the largest request in bytes, DefaultBodyLimit when 0.
	BodyLimit int64
	// BodyBudget is how many bytes the requests of all calls in progress may have together,
	// DefaultBodyBudget when 0, and at least BodyLimit. Further calls are answered with status 429.
	// A request that is being computed takes a few times its bytes. What a Recorder keeps is not
	// counted.
	BodyBudget int64
	// Concurrency is how many calls are computed at once, DefaultConcurrency when 0. Further calls
	// are answered with status 429.
	Concurrency int
	// CheckDeterminism computes one of so many calls of the sync hook twice and reports answers
	// that differ; 0 means none.
	CheckDeterminism int
	// Recorder keeps calls of the sync hook; nil means that none are kept.
	Recorder Recorder
	// CacheSize bounds the related objects that are remembered decoded between calls, in bytes of
	// their JSON; 0 means that none are.
	CacheSize int
	// Revision is the only revision that is answered. A call whose URL asks for another one, or for
	// none, is answered with status 429. Empty answers all calls.
	Revision string
	// Version is what GET /version answers, as JSON.
	Version any
}

// Handler serves the hooks.
type Handler struct {
	Options
	router    chi.Router
	admission *admission
	sampler   sampler
	cache     *observed.Cache
	stopping  atomic.Bool
}

// NewHandler returns a handler that is ready to serve.
func NewHandler(options Options) *Handler {
	h := &Handler{Options: withDefaults(options)}
	h.admission = newAdmission(h.Options)
	h.sampler.every = int64(h.CheckDeterminism)
	if h.CacheSize > 0 {
		h.cache = observed.NewCache(h.CacheSize)
	}
	h.router = h.makeRouter()
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
	if o.BodyBudget <= 0 {
		o.BodyBudget = DefaultBodyBudget
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	return o
}

func (h *Handler) makeRouter() chi.Router {
	r := chi.NewRouter()
	r.Post("/sync", h.serveHook(hookSync, h.answerSync))
	r.Post("/customize", h.serveHook(hookCustomize, h.answerCustomize))
	for path, handler := range map[string]http.HandlerFunc{
		"/healthz": h.answerHealthz, "/readyz": h.answerReadyz, "/version": h.answerVersion,
	} {
		r.Get(path, handler)
		r.Head(path, handler)
	}
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		writeLine(w, http.StatusNotFound, "not found: the paths are /sync, /customize, /healthz, /readyz and /version")
	})
	r.MethodNotAllowed(refuseMethod)
	return r
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.router.ServeHTTP(w, r) }

// FailReadiness makes /readyz fail, so that no new calls are sent here. Calls that come all the
// same are answered, and their connections closed.
func (h *Handler) FailReadiness() { h.stopping.Store(true) }

func refuseMethod(w http.ResponseWriter, r *http.Request) {
	allowed := "GET, HEAD"
	if r.URL.Path == "/sync" || r.URL.Path == "/customize" {
		allowed = http.MethodPost
	}
	w.Header().Set("Allow", allowed)
	writeLine(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not allowed: use "+allowed)
}

func (h *Handler) answerHealthz(w http.ResponseWriter, _ *http.Request) {
	writeLine(w, http.StatusOK, "ok")
}

func (h *Handler) answerReadyz(w http.ResponseWriter, _ *http.Request) {
	if h.stopping.Load() {
		writeLine(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	writeLine(w, http.StatusOK, "ok")
}

func (h *Handler) answerVersion(w http.ResponseWriter, _ *http.Request) {
	body, err := encodeBody(h.Version)
	if err != nil {
		writeLine(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeBody(w, http.StatusOK, "application/json", body)
}

// serveHook serves one hook: admission, the answer, and its record.
func (h *Handler) serveHook(name string, compute computation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		if h.stopping.Load() {
			// The next call of this connection would meet a server that is gone.
			w.Header().Set("Connection", "close")
		}
		a := &answer{}
		size := h.admitAndCompute(w, r, name, compute, a)
		a.writeResponse(w)
		h.logAndCountCall(r.Context(), name, a, size, time.Since(start))
	}
}
