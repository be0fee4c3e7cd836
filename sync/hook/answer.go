package hook

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is the answer to one call and what is worth knowing about it.
type answer struct {
	code int
	body []byte
	// retryAfter is sent with status 429.
	retryAfter time.Duration
	// closeConnection ends the connection of the call.
	closeConnection bool
	// verdict is one word for the log.
	verdict string
	// reason is the reason of a hold, or the message of an error.
	reason string
	parent Parent
	// observed and returned count children, or rules for customize.
	observed, returned int
}

// messageLimit is the longest message of an error in bytes: it may quote a caller.
const messageLimit = 1024

// setError answers with an error of one line.
func (a *answer) setError(code int, verdict, message string) {
	a.code, a.verdict, a.reason = code, verdict, oneLine(message)
	a.body = []byte(a.reason + "\n")
	a.returned = 0
}

// setRetryLater answers that the caller should come back.
func (a *answer) setRetryLater(after time.Duration, verdict, message string) {
	a.setError(http.StatusTooManyRequests, verdict, message)
	a.retryAfter = after
}

// setComputed answers with status 200.
func (a *answer) setComputed(body []byte, returned int) {
	a.code, a.body, a.returned, a.verdict = http.StatusOK, body, returned, "computed"
}

// writeResponse sends the answer.
func (a *answer) writeResponse(w http.ResponseWriter) {
	if a.code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(a.retryAfter.Seconds())))))
	}
	if a.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if a.closeConnection {
		w.Header().Set("Connection", "close")
	}
	contentType := "text/plain; charset=utf-8"
	if a.code == http.StatusOK {
		contentType = "application/json"
	}
	writeBody(w, a.code, contentType, a.body)
}

// logAndCountCall writes the line of the log and counts the call.
func (h *Handler) logAndCountCall(ctx context.Context, name string, a *answer, size int, took time.Duration) {
	h.Metrics.CountCall(name, a.code, took, size, len(a.body))
	level := slog.LevelInfo
	if a.code >= http.StatusBadRequest && a.code != http.StatusTooManyRequests {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("hook", name), slog.String("namespace", a.parent.Namespace), slog.String("name", a.parent.Name),
		slog.String("uid", a.parent.UID), slog.Int64("generation", a.parent.Generation),
		slog.String("resourceVersion", a.parent.ResourceVersion), slog.Bool("deleting", a.parent.Deleting),
		slog.Int("observed", a.observed), slog.Int("returned", a.returned),
		slog.Int("code", a.code), slog.String("verdict", a.verdict),
		slog.Float64("ms", math.Round(took.Seconds()*1e6)/1e3),
		slog.Int("bytesIn", size), slog.Int("bytesOut", len(a.body)),
	}
	if a.reason != "" {
		attrs = append(attrs, slog.String("reason", a.reason))
	}
	h.Logger.LogAttrs(ctx, level, "call", attrs...)
}

func writeLine(w http.ResponseWriter, code int, line string) {
	writeBody(w, code, "text/plain; charset=utf-8", []byte(oneLine(line)+"\n"))
}

func writeBody(w http.ResponseWriter, code int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // a caller that is gone needs no answer
}

// oneLine joins the lines of a message and cuts it.
func oneLine(message string) string {
	if len(message) > messageLimit {
		message = strings.ToValidUTF8(message[:messageLimit], "") + " ..."
	}
	return strings.Join(strings.Fields(message), " ")
}
