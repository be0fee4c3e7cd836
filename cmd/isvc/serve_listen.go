package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"

	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/hook/prommetrics"
	"github.com/isvc-io/isvc/sync/hook/reload"
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
	return reload.WatchCertificates(f.tlsCert, f.tlsKey, f.clientCA, reload.Options{Logger: logger})
}

// serveMetrics starts the listener of /metrics. The returned function stops it.
func (f *serveFlags) serveMetrics(logger *slog.Logger, metrics *prommetrics.Metrics) (func(), error) {
	if f.metricsListen == "" {
		if f.profiling {
			return nil, errors.New("--profiling needs --metrics-listen")
		}
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", f.metricsListen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for metrics: %w", f.metricsListen, err)
	}
	server := hook.NewServer(metricsRoutes(metrics, f.profiling), logger)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("cannot serve metrics", "error", err.Error())
		}
	}()
	logger.Info("serving metrics", "address", listener.Addr().String(), "profiling", f.profiling)
	return func() { _ = server.Close() }, nil // the program ends
}

// metricsRoutes are the pages for those who watch the program.
func metricsRoutes(metrics *prommetrics.Metrics, profiling bool) http.Handler {
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", metrics.Handler())
	if profiling {
		routes.HandleFunc("GET /debug/pprof/", pprof.Index)
		routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return routes
}

// record starts recording. The returned function ends it.
func (f *serveFlags) record(logger *slog.Logger, options *hook.Options) (func(), error) {
	if f.recordFolder == "" {
		return func() {}, nil
	}
	recorder, err := newRecorder(f.recordFolder, f.recordEvery, f.recordMaxBytes, logger)
	if err != nil {
		return nil, err
	}
	options.Recorder = recorder
	logger.Info("recording", "folder", f.recordFolder, "every", f.recordEvery, "maxBytes", f.recordMaxBytes)
	return recorder.close, nil
}
