package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// state is what a cluster holds for a service when everything has come to rest.
type state struct {
	objects objects
	// held are the components whose pods keep their template, problems what could not be computed.
	held, problems []finding.Finding
	status         v1beta1.InferenceServiceStatus
	// changesEntry is true while requests move to or from a router: one that was removed stays for a while.
	changesEntry bool
	// shown are the objects as the cluster shows them where they are not those above: what was in the
	// input stays because nothing could be decided.
	shown observed.Objects
	// isOfFormer is true where another version made the objects.
	isOfFormer bool
}

// objects are desired objects.
type objects map[objectKey]*unstructured.Unstructured

// objectKey identifies an object of a service.
type objectKey struct {
	kind kinds.Kind
	name string
}

// maxRounds is how often a service is computed at most until nothing changes, beside one time for each
// object: Ray clusters change one after another. A change of mode needs several rounds: the new workload
// comes, requests go to it when it is ready, the former one goes. Seven is the most that any change of the
// modes of an engine and a router has needed.
const maxRounds = 16

// stateAtRest computes a service that the input shows and applies the answer, again and again, until
// nothing changes. All workloads are ready in between, so that what only waits for others happens too.
func stateAtRest(request *sync.Request) (state, error) {
	first, err := stateAfterAnswer(request)
	if err != nil {
		return first, err
	}
	return restAfterFirst(request, first)
}

// restAfterFirst goes on from the first answer to a service that the input shows.
func restAfterFirst(request *sync.Request, first state) (state, error) {
	if len(first.objects) == 0 || !hasObjects(request.Children) {
		return first, nil // the first answer to a new service is at rest
	}
	return applyUntilRest(request, first)
}

// comeToRest goes on from a state in which everything is ready and at rest.
//
// The property TestAPlanSaysNoneExactlyWhenNothingIsWritten checks it.
func comeToRest(request *sync.Request, from state) (state, error) {
	next, rests, err := from.afterAnswer(request)
	if err != nil || rests || from.leadsOnlyTo(next) {
		return next, err
	}
	return applyUntilRest(request, next)
}

// applyUntilRest applies answers until nothing changes.
func applyUntilRest(request *sync.Request, from state) (state, error) {
	last := from
	for range maxRounds + len(from.objects) {
		next, rests, err := last.afterAnswer(request)
		if err != nil || rests {
			return next, err
		}
		last = next
	}
	return last, nil
}

// afterAnswer is the state after the answer to a state in which everything is ready; rests is true where
// nothing more comes of it.
func (s state) afterAnswer(request *sync.Request) (next state, rests bool, err error) {
	asked, err := s.requestShowingIt(request)
	if err != nil {
		return state{}, false, err
	}
	next, err = stateAfterAnswer(asked)
	rests = sameObjects(s.objects, next.objects) && slices.Equal(s.status.ReportedAddresses(), next.status.ReportedAddresses())
	return next, rests || next.shown != nil, err
}

// requestShowingIt is a request that shows the state. The status of the service and the pods in the input are of a moment before
// it, and what they hold back ends with them: what serves is told from the workloads of the state. The numbers of
// replicas that autoscalers have set stay as they are.
func (s state) requestShowingIt(input *sync.Request) (*sync.Request, error) {
	out := *input
	if s.shown != nil {
		out.Children = s.shown
		return &out, nil
	}
	var err error
	if out.Children, err = s.asShown(input); err != nil {
		return nil, err
	}
	pods, services := input.Related[kinds.Pod], input.Related[kinds.Service]
	if len(pods)+len(services) > 0 {
		out.Related = maps.Clone(input.Related)
		out.Related[kinds.Pod], out.Related[kinds.Service] = s.podsOfKnative(pods), s.withoutServicesOfKnative(services)
	}
	if len(s.status.Conditions) > 0 {
		out.Parent, err = withStatus(input.Parent, s.status)
	}
	return &out, err
}

// podsOfKnative are those of some pods that belong to a Knative Service of the state, without their templates: nothing
// else tells how many replicas it has. Nil where there are none, so that pods are not known.
func (s state) podsOfKnative(pods map[string]observed.Object) map[string]observed.Object {
	var out map[string]observed.Object
	for key, pod := range pods {
		name, _ := observed.DecodeString(pod.Member("metadata", "labels", v1beta1.LabelKnativeService))
		if s.objects[objectKey{kinds.KnativeService, name}] == nil {
			continue
		}
		if out == nil {
			out = map[string]observed.Object{}
		}
		out[key] = observed.NewIndexedObject(joinMembers(membersOf(pod.Raw, "metadata", "status")))
	}
	return out
}

// withoutServicesOfKnative are some Service objects without those that went with a Knative Service which the state does
// not have: its Route, of the same name, owned them.
func (s state) withoutServicesOfKnative(services map[string]observed.Object) map[string]observed.Object {
	_, version := kinds.KnativeService.NameAndVersion()
	group, _, _ := strings.Cut(version, "/")
	out := maps.Clone(services)
	maps.DeleteFunc(out, func(_ string, service observed.Object) bool {
		var owners []metav1.OwnerReference
		if v1beta1.DecodeLenient(service.Member("metadata", "ownerReferences"), &owners) != nil {
			return false
		}
		controller := slices.IndexFunc(owners, func(owner metav1.OwnerReference) bool { return owner.Controller != nil && *owner.Controller })
		return controller >= 0 && strings.HasPrefix(owners[controller].APIVersion, group+"/") &&
			s.objects[objectKey{kinds.KnativeService, owners[controller].Name}] == nil
	})
	return out
}

// withStatus is a service with another status.
func withStatus(service json.RawMessage, status v1beta1.InferenceServiceStatus) (json.RawMessage, error) {
	text, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	members := membersOf(service, "apiVersion", "kind", "metadata", "spec")
	members["status"] = text
	return joinMembers(members), nil
}

// membersOf are those of some members that an object has.
func membersOf(object []byte, names ...string) map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	for _, name := range names {
		if member := observed.Member(object, name); member != nil {
			members[name] = member
		}
	}
	return members
}

// leadsOnlyTo reports whether the answer to a state at rest is at rest too, so that it need not be
// computed: the same objects are there with other content, nothing is held back, there is no canary,
// requests move to no other component, no workload that is one of several replicas, which change one after
// another, and no Service object changes its ports, which it does in steps. What waits for others to be
// ready, as in a change of the mode, makes or removes objects, and of the content of an object an answer
// repeats only what the answer before it has repeated already.
//
// TestWhatIsNotComputedAgainIsAtRest checks it.
func (s state) leadsOnlyTo(next state) bool {
	if s.isOfFormer {
		return false
	}
	for _, one := range []state{s, next} {
		isCanary := func(c v1beta1.Condition) bool { return c.Type == v1beta1.CanaryReady }
		if one.changesEntry || len(one.held) > 0 || len(one.problems) > 0 || one.shown != nil || slices.ContainsFunc(one.status.Conditions, isCanary) {
			return false
		}
	}
	for key := range next.objects {
		if mode, isWorkload := modes.OfWorkload(key.kind); s.objects[key] == nil || isWorkload && mode.ReplicasAreObjects {
			return false
		}
		if key.kind == kinds.Service && !child.Equal(portsOf(s.objects[key]), portsOf(next.objects[key])) {
			return false
		}
	}
	return len(s.objects) == len(next.objects)
}

// portsOf are the ports of a Service object.
func portsOf(service *unstructured.Unstructured) any {
	ports, _, _ := unstructured.NestedFieldNoCopy(service.Object, "spec", "ports")
	return ports
}

// stateAfterAnswer is the state after the answer to a request was applied. An answer that must be
// ignored leaves what is there.
func stateAfterAnswer(request *sync.Request) (state, error) {
	response, err := sync.Sync(request)
	if err != nil {
		return state{}, err
	}
	isOfEntry := func(f finding.Finding) bool { return f.Reason == sync.ReasonEntryChanging }
	next := state{
		held: response.Held, status: response.Status, problems: problemsOf(response),
		changesEntry: slices.ContainsFunc(response.Findings, isOfEntry),
	}
	if response.RetryAfter > 0 {
		next.shown = request.Children
		next.objects = observedObjects(request.Children)
		return next, nil
	}
	next.objects = make(objects, len(response.Children))
	for _, desired := range response.Children {
		next.objects[keyOf(desired)] = desired
	}
	return next, nil
}

func keyOf(object *unstructured.Unstructured) objectKey {
	return objectKey{kinds.New(object.GetKind(), object.GetAPIVersion()), object.GetName()}
}

// observedObjects are observed children as they were applied last, or as they are where that is not
// known.
func observedObjects(children observed.Objects) objects {
	out := objects{}
	for kind, key := range children.All() {
		if object, _ := lastApplied(children[kind][key]); object != nil {
			out[keyOf(object)] = object
		}
	}
	return out
}

// lastApplied is an observed object as it was applied last, or as it is where that is not known. It is nil for one that
// is not JSON: nothing can be said about it, and it stays.
func lastApplied(shown observed.Object) (object *unstructured.Unstructured, known bool) {
	tree, err := observed.DecodeTree(shown.Raw)
	if err != nil {
		return nil, false
	}
	object = &unstructured.Unstructured{Object: tree}
	if last, _, known := child.LastApplied(object); known {
		return last, true
	}
	return object, false
}

// hasObjects reports whether there is any object.
func hasObjects(children observed.Objects) bool {
	for _, byKey := range children {
		if len(byKey) > 0 {
			return true
		}
	}
	return false
}

// sameObjects reports whether two states have the same objects with the same content.
func sameObjects(a, b objects) bool {
	return maps.EqualFunc(a, b, func(x, y *unstructured.Unstructured) bool { return child.Equal(x.Object, y.Object) })
}

// problemsOf are the findings for which a service, or parts of it, could not be computed.
func problemsOf(response *sync.Response) []finding.Finding {
	var problems []finding.Finding
	if response.Hold != nil {
		problems = append(problems, *response.Hold)
	}
	problems = append(problems, response.Partial...)
	if len(problems) == 0 && response.RetryAfter > 0 {
		problems = append(problems, finding.Finding{Reason: "Undecided", Message: "nothing can be decided yet"})
	}
	return problems
}

// asShown are the objects of a state as a cluster shows them after Metacontroller has applied them and
// their controllers have done their work. Each managed kind has an entry, as Metacontroller sends them.
func (s state) asShown(input *sync.Request) (observed.Objects, error) {
	children := make(observed.Objects, len(input.Managed))
	for kind, has := range input.Managed {
		if has {
			children[kind] = map[string]observed.Object{}
		}
	}
	counter := capacity.Counter{Objects: slices.Collect(maps.Values(s.objects)), Shown: input.Children}
	for key, object := range s.objects {
		raw, err := asShown(object, key.kind, counter, input.Children.Get(key.kind, object.GetNamespace(), key.name))
		if err != nil {
			return nil, fmt.Errorf("cannot write %s %s: %w", object.GetKind(), key.name, err)
		}
		if children[key.kind] == nil {
			children[key.kind] = map[string]observed.Object{}
		}
		children[key.kind][observed.ObjectKey(object.GetNamespace(), key.name)] = observed.NewIndexedObject(raw)
	}
	return children, nil
}

// asShown is an object as the cluster shows it: with what was applied last, with the replicas that an autoscaler has
// set, and ready. What is large in it is written once. The input may show it too.
func asShown(desired *unstructured.Unstructured, kind kinds.Kind, counter capacity.Counter, inInput observed.Object) ([]byte, error) {
	members := make(map[string]json.RawMessage, len(desired.Object)+1)
	for name, value := range desired.Object {
		text, err := child.JSON(value)
		if err != nil {
			return nil, err
		}
		members[name] = text
	}
	applied := joinMembers(members)
	metadata, err := shownMetadata(desired.Object, string(applied))
	if err != nil {
		return nil, err
	}
	members["metadata"] = metadata
	if mode, isWorkload := modes.OfWorkload(kind); isWorkload && lacksReplicas(desired, mode) {
		if members["spec"], err = withReplicas(desired, mode, counter); err != nil {
			return nil, err
		}
	}
	if status := readyStatus(kind); status != nil {
		if kind == kinds.KnativeService {
			status = withReportOfKnative(status, inInput)
		}
		if members["status"], err = child.JSON(status); err != nil {
			return nil, err
		}
	}
	return joinMembers(members), nil
}

// lacksReplicas reports whether a workload leaves the number of its replicas to an autoscaler.
func lacksReplicas(workload *unstructured.Unstructured, mode modes.Mode) bool {
	_, written, _ := unstructured.NestedFieldNoCopy(workload.Object, strings.Split(mode.ReplicasPath, ".")...)
	return mode.ReplicasPath != "" && !written
}

// withReplicas is the specification of a workload with the number of its replicas.
func withReplicas(workload *unstructured.Unstructured, mode modes.Mode, counter capacity.Counter) (json.RawMessage, error) {
	spec, _ := workload.Object["spec"].(map[string]any)
	if spec = maps.Clone(spec); spec == nil {
		spec = map[string]any{}
	}
	spec[strings.TrimPrefix(mode.ReplicasPath, "spec.")] = counter.ReplicasOfWorkload(workload, mode)
	return child.JSON(spec)
}

// joinMembers writes an object from the JSON of its members. Their names are plain words.
func joinMembers(members map[string]json.RawMessage) []byte {
	size := len("{}")
	for name, text := range members {
		size += len(name) + len(text) + len(`"":,`)
	}
	out := append(make([]byte, 0, size), '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(append(out, '"'), name...), '"', ':'), members[name]...)
	}
	return append(out, '}')
}

// shownMetadata is the metadata of an object that was applied as a text.
func shownMetadata(desired map[string]any, applied string) ([]byte, error) {
	metadata, _ := desired["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	annotations, _ := metadata["annotations"].(map[string]any)
	annotations = maps.Clone(annotations)
	if annotations == nil {
		annotations = map[string]any{}
	}
	annotations[child.LastAppliedAnnotation] = applied
	metadata["annotations"] = annotations
	metadata["generation"] = int64(1)
	return child.JSON(metadata)
}

// withReportOfKnative is the status of a Knative Service with its addresses and the names of its revisions in the input,
// on which routes and a canary depend.
func withReportOfKnative(ready map[string]any, inInput observed.Object) map[string]any {
	report, err := observed.DecodeTree(inInput.Member("status"))
	if err != nil {
		return ready
	}
	for _, field := range []string{"url", "address", "traffic", "latestReadyRevisionName"} {
		if value, has := report[field]; has {
			ready[field] = value
		}
	}
	ready["latestCreatedRevisionName"] = ready["latestReadyRevisionName"]
	return ready
}

// readyStatus is what the controller of a workload reports when all is well; nil for other kinds.
func readyStatus(kind kinds.Kind) map[string]any {
	isTrue := func(types ...string) []any {
		var conditions []any
		for _, name := range types {
			conditions = append(conditions, map[string]any{"type": name, "status": "True"})
		}
		return conditions
	}
	switch kind {
	case kinds.Deployment:
		return map[string]any{"observedGeneration": int64(1), "replicas": int64(1), "updatedReplicas": int64(1),
			"readyReplicas": int64(1), "availableReplicas": int64(1), "conditions": isTrue("Available", "Progressing")}
	case kinds.LeaderWorkerSet:
		return map[string]any{"observedGeneration": int64(1), "replicas": int64(1), "updatedReplicas": int64(1),
			"readyReplicas": int64(1), "conditions": isTrue("Available")}
	case kinds.KnativeService:
		return map[string]any{"observedGeneration": int64(1), "latestReadyRevisionName": "00001",
			"latestCreatedRevisionName": "00001", "conditions": isTrue("ConfigurationsReady", "Ready", "RoutesReady")}
	case kinds.RayCluster:
		return map[string]any{"observedGeneration": int64(1), "state": "ready"}
	}
	return nil
}
