package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/isvc-io/isvc/sync/hook"
)

// tls reads the flags of the secure listener; nil means plain HTTP.
func (f *serveFlags) tls(logger *slog.Logger, options *hook.Options) (*tls.Config, error) {
	switch {
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return nil, errors.New("--tls-cert and --tls-key need each other")
	case f.tlsCert == "" && f.clientCA != "":
		return nil, errors.New("--client-ca needs --tls-cert and --tls-key")
	case f.tlsCert == "":
		return nil, nil
	}
	options.RequireClientCertificate = f.clientCA != ""
	return hook.WatchTLS(f.tlsCert, f.tlsKey, f.clientCA, hook.WatchOptions{Logger: logger})
}

// serveMetrics starts the listener of /metrics and tells the hooks to count.
// The returned function stops it.
func (f *serveFlags) serveMetrics(logger *slog.Logger, options *hook.Options) (func(), error) {
	metrics, page := newMetrics()
	if f.metricsListen == "" || page == nil {
		return func() {}, nil
	}
	options.Metrics = metrics
	listener, err := net.Listen("tcp", f.metricsListen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for metrics: %w", f.metricsListen, err)
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", page)
	server := hook.NewServer(routes, logger)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("cannot serve metrics", "error", err.Error())
		}
	}()
	return func() { _ = server.Close() }, nil // the program ends
}
