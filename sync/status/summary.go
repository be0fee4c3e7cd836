package status

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/capacity"
)

// summarizeService is the service in short.
func summarizeService(in *Input, out *v1beta1.InferenceServiceStatus, components []componentState) *v1beta1.ServiceSummary {
	summary := &v1beta1.ServiceSummary{
		Ready: readyInShort(out.Conditions), Reason: reasonInShort(out, components),
		Mode: modesInShort(components), Replicas: replicasInShort(components), Accelerators: acceleratorsInShort(components),
		URL: urlInShort(out.URL, out.Address, in.Parent.Namespace),
	}
	if in.ServiceMode == v1beta1.VirtualDeployment {
		summary.Mode = "Virtual"
	}
	previous := in.Parent.Status.Summary
	if in.Failure != nil && previous != nil && previous.Runtime != "" { // what runs was made with it
		summary.Runtime, summary.RuntimeKind = previous.Runtime, previous.RuntimeKind
	} else if in.Runtime != nil {
		summary.Runtime, summary.RuntimeKind = in.Runtime.Name, in.Runtime.Kind
	}
	model := ""
	if in.Parent.Spec.Model != nil {
		model = in.Parent.Spec.Model.Name
	}
	summary.ShortRuntime, summary.ShortModel = shortenInTheMiddle(summary.Runtime, roomForName), shortenInTheMiddle(model, roomForName)
	summary.ShortURL = shortenAtTheEnd(summary.URL, roomForURL)
	return summary
}

// readyInShort is the status of Ready; servesThough for a service that is not Ready and serves.
func readyInShort(conditions []v1beta1.Condition) string {
	ready := findCondition(conditions, v1beta1.Ready)
	switch {
	case ready == nil:
		return ""
	case ready.Status != corev1.ConditionTrue && conditionIsTrue(conditions, v1beta1.Serving):
		return servesThough
	}
	return string(ready.Status)
}

// The words of a summary that are no reasons of conditions.
const (
	// servesThough: the service is not Ready, and requests are answered nevertheless.
	servesThough = "Serving"
	// wordStandby: no replica runs, and the next request starts one.
	wordStandby = "Standby"
	// wordUpdating, wordUpdateFails: other pods than those that serve are coming up, or cannot.
	wordUpdating    = "Updating"
	wordUpdateFails = "UpdateFails"
	// wordLoading: pods run and do not serve yet.
	wordLoading = "Loading"
	// wordStarting: pods do not run yet.
	wordStarting = "Starting"
)

// reasonInShort is why the service is not Ready, or what else is worth a word.
func reasonInShort(out *v1beta1.InferenceServiceStatus, components []componentState) string {
	ready := findCondition(out.Conditions, v1beta1.Ready)
	switch {
	case ready == nil:
		return ""
	case ready.Status != corev1.ConditionTrue:
		return wordOfParts(ready, components)
	}
	states := out.ModelStatus.ModelRevisionStates
	switch {
	case out.ModelStatus.TransitionStatus == v1beta1.BlockedByFailedLoad:
		return wordUpdateFails
	case out.ModelStatus.TransitionStatus == v1beta1.InProgress:
		return wordUpdating
	case states != nil && states.ActiveModelState == v1beta1.Standby:
		return wordStandby
	}
	return ""
}

// wordOfParts is what the pods of the component say that decides about Ready, else the reason of Ready.
func wordOfParts(ready *v1beta1.Condition, components []componentState) string {
	for i := range components {
		s := &components[i]
		if s.Problem != nil || s.Updating != "" || s.ready.isTrue() || !s.exists || s.ready.reason != ready.Reason {
			continue
		}
		if word := wordOfReplicas(s.replicas); word != "" {
			return word
		}
		if ready.Reason == reasonOfMissingReplicas {
			return wordStarting
		}
	}
	return ready.Reason
}

// reasonOfMissingReplicas is what a Deployment says while its pods do not serve, whatever the cause.
const reasonOfMissingReplicas = "MinimumReplicasUnavailable"

// wordOfReplicas is what the newest replica that does not serve says; empty if none says anything.
func wordOfReplicas(replicas []replica) string {
	for i := range replicas {
		switch r := &replicas[i]; {
		case r.failure != nil:
			return r.failure.word
		case r.waiting != "":
			return r.waitingWord
		}
	}
	if slices.ContainsFunc(replicas, func(r replica) bool { return r.state == v1beta1.Loading }) {
		return wordLoading
	}
	return ""
}

// shortModes are the modes in a column.
func shortModes() map[v1beta1.DeploymentMode]string {
	return map[v1beta1.DeploymentMode]string{v1beta1.RawDeployment: "Raw", v1beta1.MultiNodeRayVLLM: "Ray"}
}

// partsInShort are the components that hold the model; the router where there is no other.
func partsInShort(components []componentState) []*componentState {
	if parts := componentsWithModel(components); len(parts) > 0 || len(components) == 0 {
		return parts
	}
	return []*componentState{&components[0]}
}

func modesInShort(components []componentState) string {
	var words []string
	for _, s := range partsInShort(components) {
		word, isLong := shortModes()[s.Mode]
		if !isLong {
			word = string(s.Mode)
		}
		if word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, "+")
}

func replicasInShort(components []componentState) string {
	var words []string
	for _, s := range partsInShort(components) {
		w := s.workloadStatus()
		words = append(words, fmt.Sprintf("%d/%d", w.ReadyReplicas, w.DesiredReplicas))
	}
	return strings.Join(words, "+")
}

// acceleratorsInShort is the number of devices of all components; "?" where some are not counted.
func acceleratorsInShort(components []componentState) string {
	if len(components) == 0 {
		return ""
	}
	var sum int64
	for i := range components {
		for name, count := range components[i].Usage.Counts() {
			if name == capacity.ClaimsOfDevices || accelerators.IsShare(corev1.ResourceName(name)) {
				return "?"
			}
			sum += count
		}
	}
	return strconv.FormatInt(sum, 10)
}

// urlInShort is an address without what can be left out inside the cluster.
func urlInShort(url string, address *v1beta1.Address, namespace string) string {
	short, isPlain := strings.CutPrefix(url, "http://")
	if !isPlain {
		return url
	}
	host, path, hasPath := strings.Cut(short, "/")
	if name, _, isService := strings.Cut(host, "."+namespace+".svc."); isService && address != nil && address.URL == url {
		host = name + "." + namespace
	}
	if hasPath && path != "" {
		return host + "/" + path
	}
	return host
}

// workloadStatus is how the component runs.
func (s *componentState) workloadStatus() *v1beta1.ComponentWorkload {
	desired, ready := s.replicaCounts()
	return &v1beta1.ComponentWorkload{
		Mode: s.Mode, DesiredReplicas: desired, ReadyReplicas: ready, Pods: s.Usage.Pods, Accelerators: s.Usage.Counts(),
	}
}

// replicaCounts are the replicas that the workload should have and those that serve: as its controller
// says, or where that does not count, as the pods say.
func (s *componentState) replicaCounts() (desired, ready int32) {
	switch {
	case !s.exists:
		return s.Replicas, 0
	case s.knative == nil:
		return s.desiredReplicas, s.readyReplicas
	case s.podsKnown:
		return int32(min(len(s.replicas), math.MaxInt32)), int32(min(countLoaded(s.replicas), math.MaxInt32)) //nolint:gosec // they fit
	case s.ready.isTrue():
		return s.Replicas, s.Replicas
	}
	return s.Replicas, 0
}
