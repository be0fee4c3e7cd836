package e2e

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
)

// serveHooks serves the product's hooks as its own program does and returns
// their URL.
func serveHooks(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(hook.New(hook.Options{
		Sync: isvc.Sync,
		Customize: func(parent json.RawMessage) ([]isvc.Rule, error) {
			return isvc.Customize(parent, isvc.CustomizeOptions{Pods: true})
		},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}))
	t.Cleanup(server.Close)
	return server.URL
}
