package compose

import (
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// chosenMode is how a component is deployed.
type chosenMode struct {
	mode modes.Mode
	// keepsOneReplica is true where the component asks for zero replicas and nothing can scale it from
	// zero.
	keepsOneReplica bool
}

// chooseMode decides how the component is deployed. The first line that applies decides:
//
//	a mode is named, see modes.NamedMode    that one; OMENative -> MultiNode with leader or worker,
//	                                    else RawDeployment
//	leader or worker                    MultiNode
//	minReplicas 0, but not a decoder    RawDeployment with an autoscaler of class KEDA, which scales
//	                                    to zero too; else Serverless
//	else                                RawDeployment
//
// An engine beside a decoder is never Serverless. Where Knative is not among the kinds that isvc may
// create, one replica of a Deployment serves instead of zero.
func chooseMode(s *sources, merged *componentSpec, autoscaler modes.Autoscaler) chosenMode {
	named, where := modes.NamedMode(s.component, merged.Annotations[v1beta1.AnnotationDeploymentMode], s.service.Spec.DeploymentMode)
	name, reason, message := modeByRules(s.component, merged, modeAsked{named, where, autoscaler})
	if name == v1beta1.Serverless && s.service.Spec.Decoder != nil && s.component == v1beta1.EngineComponent {
		name, reason, message = v1beta1.RawDeployment, "DecoderPresent",
			"an engine beside a decoder is never serverless"
	}
	keepsOneReplica := reason == reasonOfZero && !s.kinds.Has(kinds.KnativeService)
	if keepsOneReplica {
		name, message = v1beta1.RawDeployment, "minReplicas is 0, and Knative, which scales to zero, is not installed"
		s.record.AddFinding(s.traceSubject("minReplicas"), modes.ReasonScaleToZeroUnavailable, fmt.Sprintf(
			"spec.%s.minReplicas is 0, and a Deployment keeps one replica, because Knative cannot scale it to zero: that needs %s; or scale by class KEDA (spec.%s.autoscaler), or set minReplicas to 1",
			s.component, modes.DescribeUndeclaredKind(kinds.KnativeService), s.component))
	}
	s.record.AddEntry(trace.Entry{
		Subject: s.traceSubject("mode"), Verdict: trace.Chosen,
		Reason: reason, Message: message + askedInVain(s, merged, name), Value: string(name),
	})
	if named == v1beta1.OMENative {
		// The same words for every component are one finding.
		s.record.AddFinding(s.traceSubject("mode"), ReasonOMENativeReplaced, where+
			" says OMENative, which OME's own controller alone makes: a component with a leader or workers runs as a LeaderWorkerSet, any other as a Deployment")
	}
	mode, _ := modes.Of(name)
	return chosenMode{mode, keepsOneReplica}
}

// reasonOfZero is the reason of a mode that zero replicas ask for.
const reasonOfZero = "MinReplicasZero"

// modeAsked is what asks for a mode beside the component's pods and replicas: the mode that is named and
// where, and the autoscaler.
type modeAsked struct {
	named      v1beta1.DeploymentMode
	where      string
	autoscaler modes.Autoscaler
}

func modeByRules(component v1beta1.ComponentType, merged *componentSpec, asked modeAsked) (name v1beta1.DeploymentMode, reason, message string) {
	named, where := asked.named, asked.where
	hasGroups := merged.Leader != nil || merged.Worker != nil
	startsAtZero := merged.MinReplicas != nil && *merged.MinReplicas == 0
	switch {
	case named == v1beta1.OMENative && hasGroups:
		return v1beta1.MultiNode, "ModeNamed", where + " says OMENative, and the component has a leader or a worker"
	case named == v1beta1.OMENative:
		return v1beta1.RawDeployment, "ModeNamed", where + " says OMENative, and the component has no leader and no worker"
	case named != "":
		return named, "ModeNamed", where + " says so"
	case hasGroups:
		return v1beta1.MultiNode, "LeaderOrWorker", "the component has a leader or a worker"
	case startsAtZero && component == v1beta1.DecoderComponent:
		return v1beta1.RawDeployment, "Default", "there is no leader and no worker, and a decoder is never serverless"
	case startsAtZero && asked.autoscaler == modes.AutoscalerKEDA:
		return v1beta1.RawDeployment, "ScaledByKEDA", "minReplicas is 0, and KEDA scales a Deployment to zero"
	case startsAtZero:
		return v1beta1.Serverless, reasonOfZero, "minReplicas is 0"
	}
	return v1beta1.RawDeployment, "Default", "there is no leader and no worker, and minReplicas is not 0"
}

// askedInVain says which annotations ask for another mode than the one that was chosen, and why they do
// not choose it.
func askedInVain(s *sources, merged *componentSpec, chosen v1beta1.DeploymentMode) string {
	text := ""
	if asked := merged.Annotations[v1beta1.AnnotationDeploymentMode]; asked != "" && asked != string(chosen) && asked != string(v1beta1.OMENative) {
		why := "names no mode of a component"
		if named, _ := modes.NamedMode(s.component, asked, ""); named != "" {
			why = "cannot be followed"
		} else if _, known := modes.Of(v1beta1.DeploymentMode(asked)); known {
			why = "is read on an engine only"
		}
		text += fmt.Sprintf("; the annotation %s %q of the %s %s", v1beta1.AnnotationDeploymentMode, asked, s.component, why)
	}
	if asked := s.askedMode; asked != "" && asked != string(chosen) && asked != string(v1beta1.PDDisaggregated) {
		does := "says how its status is aggregated and chooses no mode of a component"
		if _, known := modes.Of(v1beta1.DeploymentMode(asked)); !known && asked != string(v1beta1.VirtualDeployment) {
			does = "names no mode"
		}
		text += fmt.Sprintf("; the annotation %s %q of the service %s", v1beta1.AnnotationDeploymentMode, asked, does)
	}
	return text
}
