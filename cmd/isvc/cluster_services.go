package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// serviceResource is the resource of InferenceServices for kubectl. KServe has one of the same name
// in another group.
const serviceResource = "inferenceservices.ome.io"

// serviceSelection says which services of a cluster a verb works on, beside names.
type serviceSelection struct {
	namespace     string
	allNamespaces bool
	all           bool
	selector      string
}

// check reports flags and names that exclude each other or select nothing, and names that no object
// can have: they must not reach kubectl, which could read them as flags.
func (s *serviceSelection) check(names []string) error {
	byRule := s.all || s.selector != ""
	switch {
	case len(names) == 0 && !byRule:
		return errors.New("name services, or use --all or --selector")
	case len(names) > 0 && byRule:
		return errors.New("names cannot be combined with --all or --selector")
	case len(names) > 0 && s.allNamespaces:
		return errors.New("names cannot be combined with --all-namespaces: write NAMESPACE/NAME")
	case s.namespace != "" && s.allNamespaces:
		return errors.New("--namespace and --all-namespaces exclude each other")
	}
	if s.namespace != "" {
		if problems := validation.IsDNS1123Label(s.namespace); len(problems) > 0 {
			return fmt.Errorf("%q is no name of a namespace: %s", s.namespace, problems[0])
		}
	}
	for _, name := range names {
		if err := checkServiceName(name); err != nil {
			return err
		}
	}
	return nil
}

// checkServiceName reports an argument that is neither NAME nor NAMESPACE/NAME.
func checkServiceName(argument string) error {
	namespace, name := splitServiceName(argument)
	problems := validation.IsDNS1123Subdomain(name)
	if strings.Contains(argument, "/") {
		problems = append(problems, validation.IsDNS1123Label(namespace)...)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%q is neither NAME nor NAMESPACE/NAME of an InferenceService: %s", argument, problems[0])
	}
	return nil
}

// splitServiceName splits NAMESPACE/NAME; the namespace of a NAME is empty.
func splitServiceName(argument string) (namespace, name string) {
	if namespace, name, both := strings.Cut(argument, "/"); both {
		return namespace, name
	}
	return "", argument
}

// clusterService is what a verb needs to know of a service in a cluster. It is decoded leniently: a
// specification that cannot be understood has its condition, and is no reason to stop.
type clusterService struct {
	Metadata struct {
		Namespace         string            `json:"namespace"`
		Name              string            `json:"name"`
		Generation        int64             `json:"generation"`
		Annotations       map[string]string `json:"annotations"`
		DeletionTimestamp *metav1.Time      `json:"deletionTimestamp"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64               `json:"observedGeneration"`
		Conditions         []v1beta1.Condition `json:"conditions"`
		Components         map[v1beta1.ComponentType]struct {
			LatestCreatedRevision string `json:"latestCreatedRevision"`
			LatestReadyRevision   string `json:"latestReadyRevision"`
		} `json:"components"`
		ModelStatus struct {
			TransitionStatus v1beta1.TransitionStatus `json:"transitionStatus"`
			LastFailureInfo  v1beta1.FailureInfo      `json:"lastFailureInfo"`
		} `json:"modelStatus"`
	} `json:"status"`
}

// String is the service for people.
func (s clusterService) String() string { return s.Metadata.Namespace + "/" + s.Metadata.Name }

// condition returns a condition of the service; the zero Condition if it has none of the type.
func (s clusterService) condition(kind v1beta1.ConditionType) v1beta1.Condition {
	for _, condition := range s.Status.Conditions {
		if condition.Type == kind {
			return condition
		}
	}
	return v1beta1.Condition{}
}

func (s clusterService) isTrue(kind v1beta1.ConditionType) bool {
	return s.condition(kind).Status == corev1.ConditionTrue
}

// whyNotReleased says why a release of the service would have no effect; empty if it would have.
func (s clusterService) whyNotReleased() string {
	switch {
	case s.Metadata.DeletionTimestamp != nil:
		return "it is being deleted"
	case !s.isTrue(v1beta1.UpdateAvailable):
		return "it holds back no change"
	}
	return ""
}

// whyNotDone says why a released service does not serve with what it held back; empty if it does. A
// service stays Ready during a rolling update, so that Ready alone says nothing about the new pods.
func (s clusterService) whyNotDone() string {
	ready := s.condition(v1beta1.Ready)
	switch {
	case s.Status.ObservedGeneration < s.Metadata.Generation:
		return fmt.Sprintf("its status describes generation %d and the service has generation %d: "+
			"check that Metacontroller and isvc run", s.Status.ObservedGeneration, s.Metadata.Generation)
	case s.isTrue(v1beta1.UpdateAvailable):
		return "it still holds back a change: " + reasonAndMessage(s.condition(v1beta1.UpdateAvailable))
	case ready.Status != corev1.ConditionTrue:
		return "it is not Ready: " + cmp.Or(reasonAndMessage(ready), "it has no condition Ready")
	}
	return s.whyNotRolledOut()
}

// whyNotRolledOut says which pods are not replaced yet; empty if all are.
func (s clusterService) whyNotRolledOut() string {
	switch model := s.Status.ModelStatus; model.TransitionStatus {
	case "", v1beta1.UpToDate:
	case v1beta1.InProgress:
		return "its pods are still being replaced"
	default:
		return strings.TrimRight(fmt.Sprintf("its new pods do not serve (%s): %s", model.TransitionStatus, model.LastFailureInfo.Message), ": ")
	}
	for _, component := range slices.Sorted(maps.Keys(s.Status.Components)) {
		revisions := s.Status.Components[component]
		if revisions.LatestCreatedRevision != revisions.LatestReadyRevision {
			return fmt.Sprintf("its %s is still being replaced: revision %s is not ready", component, revisions.LatestCreatedRevision)
		}
	}
	return ""
}

// reasonAndMessage are the words of a condition for people.
func reasonAndMessage(condition v1beta1.Condition) string {
	if condition.Message == "" {
		return condition.Reason
	}
	return condition.Reason + ": " + condition.Message
}

// readServices reads the selected services: those of names in the order of the names, others by
// namespace and name. missing are the names that no service has.
func (s *serviceSelection) readServices(
	ctx context.Context, k *kubectl, messages io.Writer, names []string,
) (services []clusterService, missing []string, err error) {
	if len(names) == 0 {
		services, err = k.getServices(ctx, messages, s.ruleArguments()...)
		slices.SortFunc(services, func(a, b clusterService) int {
			return cmp.Or(cmp.Compare(a.Metadata.Namespace, b.Metadata.Namespace), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
		})
		return services, nil, err
	}
	known := map[string]bool{}
	for _, argument := range names {
		namespace, name := splitServiceName(argument)
		found, err := k.getServices(ctx, messages, nameArguments(cmp.Or(namespace, s.namespace), name)...)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) == 0:
			missing = append(missing, argument)
		case !known[found[0].String()]:
			known[found[0].String()] = true
			services = append(services, found[0])
		}
	}
	return services, missing, nil
}

// ruleArguments select services without naming them.
func (s *serviceSelection) ruleArguments() []string {
	var args []string
	if s.namespace != "" {
		args = append(args, "--namespace="+s.namespace)
	}
	if s.allNamespaces {
		args = append(args, "--all-namespaces")
	}
	if s.selector != "" {
		args = append(args, "--selector="+s.selector)
	}
	return args
}

// nameArguments select one service, whether it exists or not. An empty namespace is the current one
// of kubectl.
func nameArguments(namespace, name string) []string {
	args := []string{name, "--ignore-not-found"}
	if namespace != "" {
		args = append(args, "--namespace="+namespace)
	}
	return args
}

// getServices reads services. One that does not exist is left out if the arguments allow that.
func (k *kubectl) getServices(ctx context.Context, messages io.Writer, selection ...string) ([]clusterService, error) {
	args := append([]string{"get", serviceResource}, selection...)
	output, err := k.outputOf(ctx, messages, append(args, "--output=json")...)
	if err != nil || len(bytes.TrimSpace(output)) == 0 {
		return nil, err
	}
	// One object by name is printed alone, several as a List.
	var printed struct {
		clusterService
		Kind  string           `json:"kind"`
		Items []clusterService `json:"items"`
	}
	if err := json.Unmarshal(output, &printed); err != nil {
		return nil, fmt.Errorf("cannot read from the cluster: kubectl get %s printed something else than services: %w", serviceResource, err)
	}
	if printed.Kind == v1beta1.KindInferenceService {
		return []clusterService{printed.clusterService}, nil
	}
	return printed.Items, nil
}

// annotateRelease sets the text of the last release of a service.
func (k *kubectl) annotateRelease(ctx context.Context, service clusterService, text string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{v1beta1.AnnotationRelease: text},
	}})
	if err != nil {
		return fmt.Errorf("cannot write the annotation: %w", err)
	}
	var messages bytes.Buffer
	_, err = k.run(ctx, &messages, "patch", serviceResource, service.Metadata.Name, "--namespace="+service.Metadata.Namespace,
		"--type=merge", "--patch="+string(patch))
	if err != nil {
		return &kubectlError{err: err, messages: messages.String()}
	}
	return nil
}

// kubectlError is a failure of kubectl with what it wrote to standard error.
type kubectlError struct {
	err      error
	messages string
}

func (e *kubectlError) Error() string {
	return cmp.Or(strings.TrimSpace(e.messages), e.err.Error())
}

// isConflict reports whether somebody else changed the object at the same moment.
func (e *kubectlError) isConflict() bool { return strings.Contains(e.messages, "(Conflict)") }
