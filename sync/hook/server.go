package hook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of one connection. Metacontroller keeps idle connections for 90
// seconds; a server that closed them first would make calls fail at random.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 150 * time.Second
	maxHeaderBytes    = 64 << 10
)

// The defaults of Server.
const (
	DefaultDrainDelay   = 5 * time.Second
	DefaultDrainTimeout = 20 * time.Second
)

// Server serves a Handler until it is told to stop.
type Server struct {
	Handler *Handler
	// TLS is the configuration of the listener; nil means plain HTTP.
	TLS *tls.Config
	// DrainDelay is how long calls are still accepted after /readyz began to
	// fail, so that all callers have noticed.
	DrainDelay time.Duration
	// DrainTimeout is how long calls may take to end after that.
	DrainTimeout time.Duration
}

// Serve answers on the listener until the context is done, then stops
// gracefully: readiness fails first, new calls are refused after DrainDelay,
// and calls that are being computed are answered. It closes the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := NewServer(s.Handler, s.Handler.Logger)
	failed := make(chan error, 1)
	go func() { failed <- serveListener(server, listener, s.TLS) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	return s.stopGracefully(server, failed)
}

func serveListener(server *http.Server, listener net.Listener, config *tls.Config) error {
	if config == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = config
	return server.ServeTLS(listener, "", "")
}

// stopGracefully stops the server.
func (s *Server) stopGracefully(server *http.Server, failed <-chan error) error {
	s.Handler.FailReadiness()
	s.Handler.Logger.Info("stopping", "delay", s.DrainDelay.String())
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-time.After(s.DrainDelay):
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("calls did not end within %s: %w", s.DrainTimeout, err), server.Close())
	}
	return nil
}

// NewServer is an HTTP server with the limits of this package.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
