// Package ignored says which fields and annotations of a service, and which fields of its runtime,
// have no effect, and why.
//
// A rule looks at one kind of them; the list rules is all there is. What is used here and what is said
// there add up to every field of the types, see TestNoFieldIsSilent in package sync.
package ignored

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/resolve"
)

// Input is a service with what was decided about it. It is only read.
type Input struct {
	// Given is the service as its author wrote it, Service the one with OME's defaults.
	Given, Service *v1beta1.InferenceService
	// Model and Runtime are nil where the service has none.
	Model   *resolve.Model
	Runtime *resolve.Runtime
	// Accelerators are the classes of engine and decoder.
	Accelerators map[v1beta1.ComponentType]*resolve.Accelerator
	// Components are those that could be composed, in the order engine, decoder, router.
	Components []*modes.Component
	// Deployed are the components whose workload exists.
	Deployed map[v1beta1.ComponentType]bool
	// Route is how the service is reached; its configuration is that of the service.
	Route modes.Route
	// Config is the cluster's configuration.
	Config *config.Config
}

// rule finds one kind of what has no effect, in a stable order.
type rule func(in *Input) []idle

// rules are what can be without effect, from the specification to the metadata.
var rules = []rule{
	predictorBesideEngine,      // an engine takes the place of the predictor
	predictorFieldsNobodyReads, // what only OME's image resolver read
	fieldsOfOMEsController,     // what only OME's own controller could do
	modeOfServiceReplaced,
	partsOfReferences,          // API groups, and references without a name
	selectorsThatChooseNothing, // constraints without a policy, a policy beside a class
	fieldsTheModeDoesNotUse,    // of service and runtime
	fieldsTheAutoscalerDoesNotUse,
	policiesOfAutoscalers,      // of a kind that is not served
	settingsOfOtherClasses,     // in an autoscaler block
	protocolsOfNoPort,          // names that no port has
	lifecyclesBeyondKubernetes, // what neither a Deployment nor a LeaderWorkerSet does
	strategiesUnknownToGroups,  // what a Deployment would be refused with
	topologyThatPlacesNothing,  // without workers, key or spread
	targetsThatAreNotPercentages,
	podsThatDoNotRun,            // leaders, workers, ephemeral containers
	portsThatKnativeDoesNotTake, // all but the one that takes requests
	timeoutsWithoutRoute,        // outside of Serverless a route has the timeout
	canariesWithoutPrevious,     // nothing to share the requests with
	kedaConfigOfService,         // without a component that KEDA scales
	kedaSettingsBesideAnnotations,
	runtimeFieldsNobodyReads, // the older pod template and others
	runtimeSizesNobodyUnderstands,
	annotationsThatDoNothing,  // misspelt, misplaced, without effect
	labelsThatAreAnnotations,  // and a label that OME does not read
	annotationsOfTheCatalogue, // on the runtime or the model instead of the service
}

// Findings lists what has no effect. A component that could not be composed is left out: its problem is
// told in its place.
//
// What has no effect for the same reason is told together.
func Findings(in *Input) []finding.Finding {
	var all []idle
	for _, find := range rules {
		for _, found := range find(in) {
			same := func(other idle) bool { return other.reason == found.reason && other.why == found.why }
			if at := slices.IndexFunc(all, same); at < 0 {
				all = append(all, found)
			} else if !slices.Contains(all[at].where, found.where[0]) {
				all[at].where = append(all[at].where, found.where...)
			}
		}
	}
	findings := make([]finding.Finding, len(all))
	for i, found := range all {
		verb := " has no effect"
		if len(found.where) > 1 {
			verb = " have no effect"
		}
		findings[i] = finding.Finding{Subject: found.subject, Reason: found.reason, Message: strings.Join(found.where, ", ") + verb + found.why}
	}
	return findings
}

// idle is what has no effect.
type idle struct {
	subject, reason string
	// where are the places, "spec.engine.scaleTarget", one when it is found.
	where []string
	// why goes on after "has no effect".
	why string
}

// part is what one object says of a component.
type part struct {
	// owner is the object in messages, "ClusterServingRuntime/x "; empty for the service itself.
	owner string
	// path is where the part is, "spec.engine" or "spec.engineConfig".
	path string
	// spec is the part; a router is an engine without leader, worker and override.
	spec *v1beta1.EngineSpec
	// over is what the service says of the same component, where this part is the runtime's.
	over *v1beta1.EngineSpec
	// component is what became of it.
	component *modes.Component
	mode      modes.Mode
}

// parts are what service and runtime say of each component.
func (in *Input) parts() []part {
	var all []part
	for _, c := range in.Components {
		mode, _ := modes.Of(c.Mode)
		own := specOf(&in.Service.Spec, c.Type)
		all = append(all, part{path: in.pathOfService(c.Type), spec: own, component: c, mode: mode})
		if template := templateOf(in.Runtime, c.Type); template != nil {
			all = append(all, part{
				owner: in.runtimeName() + " ", path: "spec." + string(c.Type) + "Config",
				spec: template, over: own, component: c, mode: mode,
			})
		}
	}
	return all
}

// pathOfService is where the author wrote a component.
func (in *Input) pathOfService(component v1beta1.ComponentType) string {
	if component == v1beta1.EngineComponent && in.Given.Spec.Engine == nil {
		return "spec.predictor"
	}
	return "spec." + string(component)
}

func (in *Input) runtimeName() string { return resolve.KindAndName(in.Runtime.Kind, in.Runtime.Name) }

// specOf is what a service says of a component; never nil.
func specOf(spec *v1beta1.InferenceServiceSpec, component v1beta1.ComponentType) *v1beta1.EngineSpec {
	switch component {
	case v1beta1.DecoderComponent:
		return (*v1beta1.EngineSpec)(spec.Decoder)
	case v1beta1.RouterComponent:
		return engineOfRouter(spec.Router)
	}
	return spec.Engine
}

// templateOf is what a runtime says of a component; nil without.
func templateOf(runtime *resolve.Runtime, component v1beta1.ComponentType) *v1beta1.EngineSpec {
	switch {
	case runtime == nil:
		return nil
	case component == v1beta1.DecoderComponent:
		return (*v1beta1.EngineSpec)(runtime.Spec.DecoderConfig)
	case component == v1beta1.RouterComponent:
		return engineOfRouter(runtime.Spec.RouterConfig)
	}
	return runtime.Spec.EngineConfig
}

func engineOfRouter(r *v1beta1.RouterSpec) *v1beta1.EngineSpec {
	if r == nil {
		return nil
	}
	return &v1beta1.EngineSpec{
		PodSpec: r.PodSpec, ComponentExtensionSpec: r.ComponentExtensionSpec, Runner: r.Runner, Resources: r.Resources,
	}
}

// fieldIgnored says that a field of a part has no effect.
func (p part) fieldIgnored(field, format string, args ...any) idle {
	return idle{
		subject: string(p.component.Type) + "/" + field, reason: p.reason(),
		where: []string{p.owner + p.path + "." + p.nameOf(field)}, why: fmt.Sprintf(format, args...),
	}
}

// nameOf is the name of a field where its author wrote it.
func (p part) nameOf(field string) string {
	if rest, isWorker := strings.CutPrefix(field, "worker"); isWorker && p.path == "spec.predictor" {
		return "workerSpec" + rest
	}
	return field
}

func (p part) reason() string {
	if p.owner != "" {
		return ReasonRuntimeFieldIgnored
	}
	return modes.ReasonFieldIgnored
}

// serviceField says that a field of the service as a whole has no effect.
func serviceField(path, format string, args ...any) []idle {
	return []idle{{
		subject: "service", reason: modes.ReasonFieldIgnored, where: []string{path}, why: fmt.Sprintf(format, args...),
	}}
}

// modesThatUse lists modes for a message: "RawDeployment, MultiNode"; empty where none uses the field.
func modesThatUse(field string) string {
	var users []string
	for _, mode := range modes.All() {
		if slices.Contains(mode.Uses, field) {
			users = append(users, string(mode.Name))
		}
	}
	return strings.Join(users, ", ")
}
