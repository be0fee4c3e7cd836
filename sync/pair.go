package sync

import (
	"fmt"
	"slices"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
)

// Prefill and decode of one revision. A decoder of one version need not understand an engine of another, and
// while both roll out a router pairs them as it finds them. Where a service asks for it, the pods of both
// have one label with the digest of both templates, and a variable with it, so that a router can select
// workers of its own revision. So an edit of one role replaces the pods of both.

const (
	// ReasonPairIncomplete: prefill and decode of a service share a revision, and one of the two cannot be
	// computed, so that the other one stays as it is. Seen in EngineReady, DecoderReady and
	// RouterReady. Fix: see the condition of the other role, or set the annotation
	// isvc.io/pair-revision to "false".
	ReasonPairIncomplete = "PairIncomplete"
	// PairRevisionDecided: prefill and decode share a revision. Seen in isvc explain.
	PairRevisionDecided = "PairRevision"
)

// pairOfRoles is how the roles of a service share a revision.
type pairOfRoles struct {
	// members are the components whose pods have it: engine and decoder, and a router that reads it. Nil
	// where they share none.
	members []*modes.Component
	// annotated is what the service says about it; empty where it says nothing, or nothing else than the
	// configuration's default.
	annotated string
}

// pairOf decides whether the roles of a service share a revision.
func pairOf(service inferenceService, components []compose.Result, conf *config.Config) pairOfRoles {
	var pair pairOfRoles
	if !hasPairOfRoles(components) {
		return pair
	}
	byConfig := conf.Rollout.PairRevision
	isOn := byConfig
	switch text := service.given.Annotations[v1beta1.AnnotationPairRevision]; {
	case text == "true", text == "false" && byConfig:
		pair.annotated, isOn = text, text == "true"
	}
	if !isOn {
		return pair
	}
	for _, component := range components {
		if c := component.Component; c != nil && (c.Type != v1beta1.RouterComponent || modes.ReadsPairRevision(c)) {
			pair.members = append(pair.members, c)
		}
	}
	return pair
}

// hasPairOfRoles reports whether a service has prefill and decode.
func hasPairOfRoles(components []compose.Result) bool {
	has := func(role v1beta1.ComponentType) bool {
		return slices.ContainsFunc(components, func(c compose.Result) bool { return c.Type == role })
	}
	return has(v1beta1.EngineComponent) && has(v1beta1.DecoderComponent)
}

// has reports whether the pods of a component of a type have the revision.
func (p pairOfRoles) has(componentType v1beta1.ComponentType) bool {
	return slices.ContainsFunc(p.members, func(c *modes.Component) bool { return c.Type == componentType })
}

// annotationFor is what the service says about the revision, for a component whose pods may have it.
func (p pairOfRoles) annotationFor(c *modes.Component) string {
	if c.Type == v1beta1.RouterComponent && !modes.ReadsPairRevision(c) {
		return ""
	}
	return p.annotated
}

// others are the members beside a component; nil where it is none.
func (p pairOfRoles) others(c *modes.Component) []*modes.Component {
	if !p.has(c.Type) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.members), func(other *modes.Component) bool { return other.Type == c.Type })
}

// withPairRevision gives the pods of a pair the revision that both have. It is that of the templates without
// it and of one replica, so that scaling never changes it. With a role that cannot be computed the others
// stay as they are.
func withPairRevision(
	components []builtComponent, pair pairOfRoles, current observedState, env *modes.Env, record *trace.Recorder,
) []builtComponent {
	if len(pair.members) == 0 {
		return components
	}
	templates := map[string]any{}
	for _, component := range components {
		if component.Type == v1beta1.RouterComponent {
			continue
		}
		template, complete := templateOfOneReplica(component, env)
		if !complete {
			return withPairHeld(components, pair, component)
		}
		templates[string(component.Type)] = template
	}
	revision := digestOf(templates)
	record.AddEntry(trace.Entry{
		Subject: "service/pairRevision", Verdict: trace.Set, Value: revision, Reason: PairRevisionDecided,
		Message: fmt.Sprintf("prefill and decode have the label %s and the variable %s", v1beta1.LabelPairRevision, modes.PairRevisionVariable),
	})
	out := slices.Clone(components)
	for i, component := range components {
		if component.Problem != nil || !pair.has(component.Type) {
			continue
		}
		paired := *component.Component
		paired.PairRevision = revision
		result := component.Result
		result.Component = &paired
		out[i] = buildComponent(result, current, env, &trace.Recorder{}) // its findings are known
	}
	return out
}

// templateOfOneReplica is what makes the pods of a component of one replica; complete is false where it cannot
// be computed.
func templateOfOneReplica(component builtComponent, env *modes.Env) (parts map[string]any, complete bool) {
	if component.Problem != nil {
		return nil, false
	}
	one := int32(1)
	c := *component.Component
	c.Scaling = modes.Scaling{Autoscaler: modes.AutoscalerNone, Min: one, Max: one, Replicas: &one}
	made, problem := modes.BuildComponent(env, &c)
	if problem != nil {
		return nil, false
	}
	mode, _ := modes.Of(c.Mode)
	workload, exists := canonicalChildren(made.Objects...)[workloadKey(&c)]
	if !exists {
		return nil, false
	}
	return partsAt(workload.Object, mode.TemplatePaths), true
}

// withPairHeld keeps the members of a pair as they are where one of them cannot be computed.
func withPairHeld(components []builtComponent, pair pairOfRoles, broken builtComponent) []builtComponent {
	out := slices.Clone(components)
	for i, component := range components {
		if component.Problem != nil || component.Type == broken.Type || !pair.has(component.Type) {
			continue
		}
		result := component.Result
		result.Problem = &finding.Finding{Reason: ReasonPairIncomplete, Message: fmt.Sprintf(
			"the %s stays as it is, because its pods share a revision with those of the %s, which cannot be computed: see the condition of the %[2]s, or set the annotation %[3]s to \"false\"",
			component.Type, broken.Type, v1beta1.AnnotationPairRevision)}
		out[i] = builtComponent{Result: result}
	}
	return out
}
