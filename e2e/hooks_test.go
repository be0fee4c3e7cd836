package e2e

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
)

// serveHooks serves the product's hooks as its own program does and returns
// their URL.
func serveHooks(t *testing.T) string {
	t.Helper()
	return serveHooksWith(t, nil)
}

// serveHooksWith does so under a configuration; nil means the default.
func serveHooksWith(t *testing.T, conf *config.Config) string {
	t.Helper()
	server := httptest.NewServer(hook.NewHandler(hook.Options{
		Sync: isvc.Sync,
		Customize: func(parent json.RawMessage, declared kinds.Set) ([]isvc.Rule, error) {
			return isvc.Customize(parent, isvc.CustomizeOptions{Pods: true, Declared: declared})
		},
		Config: func() *config.Config { return conf },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}))
	t.Cleanup(server.Close)
	return server.URL
}
