package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/hook/prommetrics"
	"github.com/isvc-io/isvc/sync/hook/reload"
	"github.com/isvc-io/isvc/sync/load"
)

const serveHelp = `Answer the sync and customize hooks of Metacontroller (version v2).

Paths: POST /sync, POST /customize, GET /healthz, /readyz, /version. The program
needs no access to Kubernetes. Files that are named by flags are read again when
they change; a file that turns bad leaves the last good content in force.

On SIGTERM or SIGINT /readyz fails first, then calls that are being computed are
answered.

Every flag can be given by an environment variable instead: ISVC_ and the name
of the flag in capitals with _ for -, for example ISVC_TOKEN_FILE. The flag wins.`

// envPrefix starts the names of environment variables.
const envPrefix = "ISVC_"

// cacheSize bounds the catalogue that is kept decoded, in bytes of its JSON. The
// whole of OME's has 1.3 MB.
const cacheSize = 16 << 20

// serveFlags are the flags of serve.
type serveFlags struct {
	listen        string
	metricsListen string
	tlsCert       string
	tlsKey        string
	clientCA      string
	tokenFile     string
	configPath    string
	revision      string
	pods          bool
	bodyLimit     int64
	bodyBudget    int64
	concurrency   int
	drainDelay    time.Duration
	drainTimeout  time.Duration
	logFormat     string

	profiling        bool
	checkDeterminism int
	recordFolder     string
	recordEvery      int
	recordMaxBytes   int64
}

func newServe(std streams) *cobra.Command {
	flags := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer Metacontroller's hooks",
		Long:  serveHelp,
		Args:  cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return fromEnvironment(cmd.Flags(), os.LookupEnv)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			return flags.run(ctx, std)
		},
	}
	flags.register(cmd.Flags())
	return cmd
}

func (f *serveFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "listen", ":8080", "address of the hooks")
	flags.StringVar(&f.metricsListen, "metrics-listen", ":9090", "address of /metrics; empty for none")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "file with the certificate of the server; needs --tls-key")
	flags.StringVar(&f.tlsKey, "tls-key", "", "file with the key of the certificate")
	flags.StringVar(&f.clientCA, "client-ca", "", "file with the authorities of client certificates, which callers of the hooks then need")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with the bearer token, which callers of the hooks then need")
	flags.StringVar(&f.configPath, "config", "", "configuration: a ConfigMap, a mapping of its sections, or a folder with a file for each")
	flags.StringVar(&f.revision, "revision", "",
		"answer only calls whose URL has this revision (?rev=) and tell others to come back; empty answers all calls")
	flags.BoolVar(&f.pods, "pods", true, "ask Metacontroller for the pods of services, to tell the state of their models")
	flags.Int64Var(&f.bodyLimit, "body-limit", hook.DefaultBodyLimit, "largest request in bytes")
	flags.Int64Var(&f.bodyBudget, "body-budget", hook.DefaultBodyBudget, "bytes of the requests of all calls in progress; more are told to come back")
	flags.IntVar(&f.concurrency, "concurrency", hook.DefaultConcurrency, "calls that are computed at once; more are told to come back")
	flags.DurationVar(&f.drainDelay, "drain-delay", hook.DefaultDrainDelay, "time between failing /readyz and refusing calls at the end")
	flags.DurationVar(&f.drainTimeout, "drain-timeout", hook.DefaultDrainTimeout, "time that running calls may take at the end")
	flags.StringVar(&f.logFormat, "log-format", "json", "form of the log on standard error: json or text")
	flags.BoolVar(&f.profiling, "profiling", false, "serve Go profiles at /debug/pprof/ of --metrics-listen; they may show what is in memory")
	flags.IntVar(&f.checkDeterminism, "check-determinism", hook.DefaultCheckDeterminism,
		"compute one of so many calls of the sync hook twice and report answers that differ; 0 for none")
	flags.StringVar(&f.recordFolder, "record", "", "folder to write calls of the sync hook to, without secrets, for isvc replay")
	flags.IntVar(&f.recordEvery, "record-every", defaultRecordEvery, "record one of so many calls; calls that show a defect are always recorded")
	flags.Int64Var(&f.recordMaxBytes, "record-max-bytes", defaultRecordMaxBytes, "size of all recordings in bytes; the oldest are removed")
}

// fromEnvironment sets the flags that the command line does not.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var failures []error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, given := lookup(name)
		if flag.Changed || !given || flag.Name == "help" {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			failures = append(failures, fmt.Errorf("environment variable %s: %w", name, err))
		}
	})
	return errors.Join(failures...)
}

// run serves until the context is done.
func (f *serveFlags) run(ctx context.Context, std streams) error {
	logger, err := newLogger(f.logFormat, std.err)
	if err != nil {
		return err
	}
	metrics := newMetrics()
	options, err := f.handler(logger, metrics)
	if err != nil {
		return err
	}
	server := &hook.Server{DrainDelay: f.drainDelay, DrainTimeout: f.drainTimeout}
	if server.TLS, err = f.tls(logger, &options); err != nil {
		return err
	}
	stopRecording, err := f.record(logger, &options)
	if err != nil {
		return err
	}
	defer stopRecording()
	stopMetrics, err := f.serveMetrics(logger, metrics)
	if err != nil {
		return err
	}
	defer stopMetrics()
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", f.listen, err)
	}
	server.Handler = hook.NewHandler(options)
	logger.Info("serving", "address", listener.Addr().String(), "tls", server.TLS != nil,
		"token", options.Token != nil, "clientCertificates", options.RequireClientCertificate, "version", thisBuild().Version, "revision", options.Revision)
	return server.Serve(ctx, listener)
}

func newLogger(format string, out io.Writer) (*slog.Logger, error) {
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(out, nil)), nil
	case "text":
		return slog.New(slog.NewTextHandler(out, nil)), nil
	}
	return nil, fmt.Errorf("there is no log format %q: use json or text", format)
}

// handler makes the options of the hooks.
func (f *serveFlags) handler(logger *slog.Logger, metrics *prommetrics.Metrics) (hook.Options, error) {
	options := hook.Options{
		Sync: sync.Sync,
		Customize: func(parent json.RawMessage, declared kinds.Set) ([]sync.Rule, error) {
			return sync.Customize(parent, sync.CustomizeOptions{Pods: f.pods, Declared: declared})
		},
		Logger: logger, Metrics: metrics, Version: thisBuild(), Revision: f.revision,
		BodyLimit: f.bodyLimit, BodyBudget: f.bodyBudget, Concurrency: f.concurrency, CheckDeterminism: f.checkDeterminism, CacheSize: cacheSize,
	}
	if f.bodyLimit < 1 || f.concurrency < 1 || f.checkDeterminism < 0 {
		return options, errors.New("--body-limit and --concurrency must be positive, --check-determinism must not be negative")
	}
	if f.bodyBudget < f.bodyLimit {
		return options, errors.New("--body-budget must not be less than --body-limit")
	}
	if f.tokenFile != "" {
		token, err := reload.WatchToken(f.tokenFile, reload.Options{Logger: logger})
		if err != nil {
			return options, err
		}
		options.Token = token
	}
	if f.configPath != "" {
		current, err := watchConfig(f.configPath, reload.Options{Logger: logger, Failed: metrics.ConfigReloadFailed})
		if err != nil {
			return options, err
		}
		options.Config = current
	}
	return options, nil
}

// brokenSections names the sections that cannot be used.
func brokenSections(c *config.Config) error {
	var all []string
	for _, section := range slices.Sorted(maps.Keys(c.Problems)) {
		all = append(all, "section "+section+": "+c.Problems[section])
	}
	return errors.New(strings.Join(all, "; "))
}

// watchConfig follows a configuration. One with a broken section is refused,
// except to begin with: then the services that need the section are held.
func watchConfig(path string, options reload.Options) (get func() *config.Config, err error) {
	started := false
	parse := func(files []load.File) (*config.Config, error) {
		parsed, err := parseConfig(path, files)
		if err == nil && parsed != nil && len(parsed.Unknown) > 0 {
			options.Logger.Warn("the configuration has keys that do not exist", "path", path, "keys", strings.Join(parsed.Unknown, "; "))
		}
		if err != nil || parsed == nil || len(parsed.Problems) == 0 {
			return parsed, err
		}
		if err = brokenSections(parsed); started {
			return nil, err
		}
		options.Logger.Error("the configuration has broken sections", "path", path, "error", err.Error())
		return parsed, nil
	}
	read := func() ([]load.File, error) { return readConfig(path) }
	get, err = reload.WatchFiles("configuration", read, parse, options)
	started = true
	return get, err
}
