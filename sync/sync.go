package sync

import (
	gosync "sync"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/ignored"
)

// Sync returns the desired children and the status of one InferenceService.
//
// The error is for a malformed request: a parent that is not a JSON object or has
// no name. Every other mistake is answered in the response.
func Sync(req *Request) (*Response, error) {
	conf := configOf(req)
	service, problem, err := readService(req.Parent, conf.Deploy.DefaultDeploymentMode)
	if err != nil {
		return nil, err
	}
	record := newRecorder(req)
	warnAboutUnknownFields(service, record)
	current := observe(service, req)
	var desired desiredState
	if problem == nil {
		env := &modes.Env{
			Parent: service.effective, Config: conf, Kinds: req.Managed,
			PullSecrets: defaultPullSecrets(req, service.effective.Namespace),
		}
		desired, problem = decide(req, service, current, env, record)
	}
	if problem != nil {
		return hold(req, service, current, desired, problem, record), nil
	}
	return respond(req, service, current, desired, nil, record), nil
}

// decide returns what the cluster should hold for a readable service. With a problem,
// nothing of the service may change, and the desired state is what was decided before
// the problem was found; the status still shows it.
func decide(
	req *Request, service inferenceService, current observedState, env *modes.Env, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	if problem := current.foreignObject(); problem != nil {
		return desiredState{}, problem
	}
	if service.mode == v1beta1.VirtualDeployment {
		return desireVirtualDeployment(env), nil
	}
	if problem := invalidDeployConfig(env.Config); problem != nil {
		return desiredState{}, problem
	}
	if problem := invalidSpec(service); problem != nil {
		return desiredState{}, problem
	}
	references, problem := findReferences(req, service, current, record)
	if problem != nil {
		return desiredState{}, problem
	}
	components := compose.Components(&compose.Input{
		Service: service.effective, AskedMode: service.given.Annotations[v1beta1.AnnotationDeploymentMode],
		Model: references.model, Weight: references.weight, Overlays: references.overlays.Mounted,
		Runtime: references.runtime, Accelerators: references.accelerators,
		Zeros: zerosWritten(req.Parent, service), Config: env.Config, Kinds: env.Kinds, Record: record,
	})
	pair := pairOf(service, components, env.Config)
	rules := rolloutRulesOf(req, service, references, pair, env.Config, record)
	desired := desire(components, references, pair, rules, current, env, record)
	warnAboutAutoscalers(service, current, desired, record)
	warnAboutRolesAtZero(desired, record)
	warnAboutWhatIsIgnored(service, references, desired, current, env, record)
	retained, problem := retain(service, current, desired, record)
	if problem != nil {
		return retained, problem
	}
	retained.children = withPortsOfRoutes(retained.children, current)
	return withoutTakenNames(current, retained, record), nil
}

// warnAboutWhatIsIgnored records which fields and annotations have no effect.
func warnAboutWhatIsIgnored(
	service inferenceService, references references, desired desiredState, current observedState,
	env *modes.Env, record *trace.Recorder,
) {
	components := builtComponents(desired.components)
	ingress, problem := modes.IngressConfigOf(env.Config, env.Parent)
	if problem != nil {
		ingress = env.Config.Ingress
	}
	in := &ignored.Input{
		Given: service.given, Service: service.effective, Model: references.model, Runtime: references.runtime,
		Accelerators: references.accelerators, Components: components, Deployed: current.deployed(components),
		Route: modes.Route{Config: ingress, Components: components}, Config: env.Config,
	}
	recordFindings(ignored.Findings(in), record)
	ignored.RecordDescriptions(in, record)
	for _, c := range components {
		modes.RecordInjection(env.Config, c, record)
	}
}

// recordFindings records what a builder found, in its order.
func recordFindings(findings []finding.Finding, record *trace.Recorder) {
	for _, found := range findings {
		record.AddFinding(found.Subject, found.Reason, found.Message)
	}
}

// newRecorder records findings and, where the request asks for it, every decision.
func newRecorder(req *Request) *trace.Recorder {
	if req.Explain {
		return trace.NewExplainingRecorder()
	}
	return &trace.Recorder{}
}

// configOf is the configuration of the request, or the default.
func configOf(req *Request) *config.Config {
	if req.Config == nil {
		return defaultConfig()
	}
	return req.Config
}

// defaultConfig is config.Default, shared; nothing changes it.
var defaultConfig = gosync.OnceValue(config.Default)
