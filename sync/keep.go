package sync

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/compose/servers"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// The reasons why pods keep their template.
const (
	// ReasonUpgradeHeld: only another version of isvc would change the pod template, or it cannot be
	// told who would. Seen in UpdateAvailable. Fix: nothing is broken; run isvc release, or give the
	// service another text in the annotation isvc.io/release, to let its pods take the change.
	ReasonUpgradeHeld = "UpgradeHeld"
	// ReasonCatalogueHeld: a change of the runtime, the model, the weight, the accelerator class or
	// the configuration would change the pod template. Seen in UpdateAvailable. Fix: as for
	// UpgradeHeld.
	ReasonCatalogueHeld = "CatalogueHeld"
)

// keepTemplate returns a built component whose running pods keep their template where the rules say
// so. The workload is then sent with the template that was applied last, and what is made for the
// template follows it: ports and selectors of Service objects, ports of routes and the built-in queries
// of KEDA, which ask the server that runs. Everything else is as built: replicas, bounds, disruption budget, update strategy, metadata.
//
//	service's digest  shared digest  template  the change is                          what happens
//	────────────────────────────────────────────────────────────────────────────────────────────────────
//	any               any            same      none                                   the new digests are written
//	differs           any            differs   the user's                             it rolls, with all that is held
//	same              differs        differs   one of the catalogue or configuration  onCatalogueChange
//	same              same           differs   made by another version of isvc        onUpgrade
//	unknown           unknown        differs   not to be ascribed                     onUpgrade
//
// Kept templates keep their digests. Unknown ones become the present ones, so that the next change can
// be ascribed.
//
// What was last applied decides. Where it is unknown, the observed template is taken for it, and
// repeating that changes nothing.
func keepTemplate(
	built builtComponent, rules rolloutRules, request canaryRequest, isWeighed bool,
	current observedState, env *modes.Env, record *trace.Recorder,
) builtComponent {
	c := built.Component
	if built.Problem != nil {
		return built
	}
	mode, _ := modes.Of(c.Mode)
	input := rules.input(c)
	if held := heldModeChange(built, rules, current); held != nil {
		record.AddEntry(trace.Entry{Subject: string(c.Type) + "/template", Verdict: trace.Set, Reason: held.Reason, Message: held.Message})
		return builtComponent{Result: built.Result, held: held, keptWhole: true}
	}
	request = request.promotingWhatWasTried(built, rules, current, env)
	out, kept := built.withTemplatesKept(built.children.keysOfKind(mode.Workload), input, rules, request, current)
	if len(kept) > 0 {
		if request.turns == nil {
			out = out.withSiblingsOf(kept[0], input, current, mode)
		}
		running := servingPod(kept[0].workload, mode)
		out.Component = withServerOfPod(withPortsOfPod(c, running), running)
	}
	isKeptForCanary := slices.ContainsFunc(kept, func(template keptTemplate) bool { return isOfRollout(template.reason) })
	running, problem := runCanary(built, out, isKeptForCanary, request, rules, current, env, isWeighed)
	if problem != nil {
		out.Problem = problem
		return builtComponent{Result: out.Result}
	}
	out = out.withCanary(running, record)
	if len(kept) > 0 || running.beside != nil || running.keepsReplicas {
		out = out.withCompanionsOf(kept, env)
	}
	if workload := out.children[workloadKey(c)]; workload != nil {
		watched, _ := parseTemplateInput(workload.GetAnnotations()[v1beta1.AnnotationInput])
		var keptProbers []keptTemplate
		out, keptProbers = out.withTemplatesKept(out.probers(mode), watched.proberInput(env.Config), rules, canaryRequest{}, current)
		kept = append(kept, keptProbers...)
	}
	if len(kept) == 0 && running.state == nil {
		return out
	}
	if problem := out.children.with(running.objects).firstUnappliable(); problem != nil {
		out.Problem = problem
		return builtComponent{Result: out.Result}
	}
	if len(kept) == 0 {
		return out
	}
	untilReleased := slices.IndexFunc(kept, func(template keptTemplate) bool { return !isOfRollout(template.reason) })
	out.held = kept[max(0, untilReleased)].finding(c)
	if out.held.Reason != ReasonCanaryRunning { // a canary says more of itself
		record.AddEntry(trace.Entry{Subject: string(c.Type) + "/template", Verdict: trace.Set, Reason: out.held.Reason, Message: out.held.Message})
	}
	return out
}

// withTemplatesKept returns the component with the templates that objects of it keep, and which these
// are. Each object says what its template was made from.
func (b builtComponent) withTemplatesKept(
	keys []childKey, input templateInput, rules rolloutRules, request canaryRequest, current observedState,
) (builtComponent, []keptTemplate) {
	out := b
	out.children = maps.Clone(b.children)
	var kept []keptTemplate
	for _, key := range keys {
		mode, _ := modes.OfWorkload(key.kind)
		wanted := withRolloutAnnotations(b.children[key], input.String(), rules.release)
		running, exists := current.runningTemplate(key, wanted, mode)
		if exists && running.release != "" && rules.release == "" {
			wanted = withRolloutAnnotations(wanted, input.String(), running.release)
		}
		turn := request.turnOf(key)
		reason := cmp.Or(rules.reasonToKeep(running, input), turn.reason)
		if turn.instead != nil {
			running, exists, reason = *turn.instead, true, turn.reason
		}
		if exists && (len(running.changed) == 0 || reason != "") {
			wanted = running.withPartsBeside(wanted, mode)
		}
		out.children[key] = turn.applyTo(wanted)
		if !exists || len(running.changed) == 0 || reason == "" {
			continue
		}
		template := keptTemplate{
			key: key, reason: reason, changed: running.changed, wanted: wanted,
			workload: turn.applyTo(running.keptIn(wanted, input, mode)),
		}
		out.children[key] = template.workload
		kept = append(kept, template)
	}
	return out, kept
}

// withPartsBeside returns a workload with the parts that change only together with its template as they are
// beside a running template.
func (r runningTemplate) withPartsBeside(wanted *unstructured.Unstructured, mode modes.Mode) *unstructured.Unstructured {
	if len(mode.PathsWithTemplate) == 0 {
		return wanted
	}
	out := wanted.DeepCopy()
	for _, path := range mode.PathsWithTemplate {
		fields := strings.Split(path, ".")
		unstructured.RemoveNestedField(out.Object, fields...)
		if part, was := r.beside[path]; was {
			_ = unstructured.SetNestedField(out.Object, part, fields...) // the parent is there: wanted has the template
		}
	}
	return out
}

// probers are the Deployments beside the workloads of a component, which watch them.
func (b builtComponent) probers(mode modes.Mode) []childKey {
	return slices.DeleteFunc(b.children.keysOfKind(kinds.Deployment), func(key childKey) bool { return key.kind == mode.Workload })
}

// heldModeChange is why a component stays in its former mode, or keeps a workload of another name; nil
// where it does not. Nobody asked for the change in the service: the runtime was edited, or another
// version of isvc chooses another mode. What was made before there were digests changes its mode, as
// nothing tells who asked.
func heldModeChange(built builtComponent, rules rolloutRules, current observedState) *finding.Finding {
	for _, key := range built.children.keysOfKind(workloadKey(built.Component).kind) {
		if _, exists := current.child(key); exists {
			return nil
		}
	}
	former := formerWorkloads(built.Component, current, built.children)
	if len(former) == 0 {
		return nil
	}
	mode, _ := modes.OfWorkload(former[0].kind)
	inFormerMode := *built.Component
	inFormerMode.Mode = mode.Name
	now, reason := rules.input(&inFormerMode), ""
	canary := childKey{former[0].kind, mode.WorkloadName(names.Canary(built.Component.Name))}
	for _, key := range append(slices.Clone(former), canary) { // some of them have what the service asks for already
		existing, exists := current.child(key)
		if !exists {
			continue
		}
		last, _, known := child.LastApplied(existing.decode())
		if !known {
			continue
		}
		annotations := last.GetAnnotations()
		running := runningTemplate{inputText: annotations[v1beta1.AnnotationInput], release: annotations[v1beta1.AnnotationRelease]}
		if _, known := parseTemplateInput(running.inputText); known {
			reason = cmp.Or(reason, rules.reasonToKeep(running, now))
		}
	}
	if reason == "" {
		return nil
	}
	kind, _ := former[0].kind.NameAndVersion()
	wanted, _ := workloadKey(built.Component).kind.NameAndVersion()
	return heldFinding(built.Component, reason, fmt.Sprintf("%s %s into a %s", kind, former[0].name, wanted))
}

// builtComponent is a component with its objects.
type builtComponent struct {
	compose.Result
	children children
	// held says which change its pods do not take yet; nil when they take everything.
	held *finding.Finding
	// keptWhole is true where all objects of the component stay as last applied, because what is held
	// back is another mode: there are no children then.
	keptWhole bool
	// canary is the canary that runs beside its pods.
	canary canary
	// keptLabels are the labels of pod templates that are kept.
	keptLabels []changedLabels
}

// keptTemplate is a workload that keeps its pod template.
type keptTemplate struct {
	key     childKey
	reason  string
	changed []string
	// workload has the template that stays, wanted the one that was computed.
	workload, wanted *unstructured.Unstructured
}

// maxPathsInMessage is how many changed paths a message lists.
const maxPathsInMessage = 5

// finding says what is held and how it is released.
func (k keptTemplate) finding(c *modes.Component) *finding.Finding {
	if isOfRollout(k.reason) {
		return &finding.Finding{Subject: string(c.Type), Reason: k.reason, Message: fmt.Sprintf(
			"pods of the %s keep their template for now: the new one is rolled out step by step", c.Type)}
	}
	paths := withMetadataLast(k.changed)
	more := ""
	if extra := len(paths) - maxPathsInMessage; extra > 0 {
		paths, more = paths[:maxPathsInMessage], fmt.Sprintf(" and %d more", extra)
	}
	kind, _ := k.key.kind.NameAndVersion()
	return heldFinding(c, k.reason, fmt.Sprintf("%s%s of %s %s (%s)",
		strings.Join(paths, ", "), more, kind, k.key.name, effect.Of(k.workload, k.wanted)))
}

// withMetadataLast puts the paths of labels and annotations behind those of what runs, so that a
// message which is cut off tells of containers.
func withMetadataLast(paths []string) []string {
	isMetadata := func(path string) bool { return strings.Contains(path, ".metadata.") }
	return slices.Concat(
		slices.DeleteFunc(slices.Clone(paths), isMetadata),
		slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !isMetadata(path) }),
	)
}

// heldFinding says what a component does not take and how it is released.
func heldFinding(c *modes.Component, reason, change string) *finding.Finding {
	cause := "another version of isvc"
	if reason == ReasonCatalogueHeld {
		cause = "a change of the catalogue or configuration"
	}
	return &finding.Finding{Subject: string(c.Type), Reason: reason, Message: fmt.Sprintf(
		"the pods of the %s keep their template: %s would change %s; to let them take it, run isvc release %s -n %s or give the annotation %s another text",
		c.Type, cause, change, c.Service, c.Namespace, v1beta1.AnnotationRelease)}
}

// runningTemplate is the pod template with which a workload runs.
type runningTemplate struct {
	// parts are the parts of the workload that make its pods, by path; absent parts are left out.
	parts map[string]any
	// beside are the parts that change only together with these, by path.
	beside map[string]any
	// annotations are those of isvc as last applied.
	inputText, release string
	// wasObserved is true where the parts are not what was applied but what was observed.
	wasObserved bool
	// changed are the paths at which the wanted template differs.
	changed []string
}

// runningTemplate returns the template of an observed workload and where a wanted one differs from it;
// exists is false when there is no such workload.
func (s observedState) runningTemplate(key childKey, wanted *unstructured.Unstructured, mode modes.Mode) (running runningTemplate, exists bool) {
	existing, exists := s.child(key)
	if !exists {
		return runningTemplate{}, false
	}
	wanted = existing.withImmutableField(key.kind, wanted)
	if text := existing.lastAppliedText(); text != nil && appliesTemplate(text, wanted, mode) {
		return runningTemplate{
			beside:    partsIn(text, mode.PathsWithTemplate),
			inputText: annotationIn(text, v1beta1.AnnotationInput), release: annotationIn(text, v1beta1.AnnotationRelease),
		}, true // as a rule, and then nothing is decoded
	}
	object := existing.decode()
	if object == nil {
		return runningTemplate{}, true // the whole service is held elsewhere
	}
	last, source, known := child.LastApplied(object)
	if !known || len(partsAt(last.Object, mode.TemplatePaths)) == 0 {
		running = runningTemplate{
			parts: partsAt(object.Object, mode.TemplatePaths), beside: partsAt(object.Object, mode.PathsWithTemplate), wasObserved: true,
		}
		running.changed = changesOfTemplate(running.parts, wanted, mode, true)
		return running, true
	}
	annotations := last.GetAnnotations()
	running = runningTemplate{
		parts: partsAt(last.Object, mode.TemplatePaths), beside: partsAt(last.Object, mode.PathsWithTemplate),
		inputText: annotations[v1beta1.AnnotationInput], release: annotations[v1beta1.AnnotationRelease],
	}
	compared := running.parts
	if source == child.FromManagedFields {
		applied, desired := child.AppliedAndDesired(last.Object, wanted.Object, object.Object)
		if mode.Admitted != nil {
			applied, desired = mode.Admitted(applied), mode.Admitted(desired)
		}
		compared, wanted = partsAt(applied, mode.TemplatePaths), &unstructured.Unstructured{Object: desired}
	}
	input, _ := parseTemplateInput(running.inputText)
	running.wasObserved = input.ofObserved
	running.changed = changesOfTemplate(compared, wanted, mode, running.wasObserved)
	return running, true
}

// appliesTemplate reports whether the text of what was applied last has the template of a workload,
// byte for byte.
func appliesTemplate(lastApplied []byte, wanted *unstructured.Unstructured, mode modes.Mode) bool {
	for _, path := range mode.TemplatePaths {
		fields := strings.Split(path, ".")
		applied, _ := observed.LookupMember(lastApplied, fields...)
		value, found, _ := unstructured.NestedFieldNoCopy(wanted.Object, fields...)
		if !found && applied == nil {
			continue
		}
		if text, err := child.JSON(value); err != nil || !found || !bytes.Equal(text, applied) {
			return false
		}
	}
	return true
}

// annotationIn is an annotation in the text of what was applied last.
func annotationIn(lastApplied []byte, key string) string {
	value, _ := observed.LookupMember(lastApplied, "metadata", "annotations", key)
	text, _ := observed.DecodeString(value)
	return text
}

// partsIn are the parts at some paths in the text of what was applied last.
func partsIn(lastApplied []byte, paths []string) map[string]any {
	parts := map[string]any{}
	for _, path := range paths {
		text, _ := observed.LookupMember(lastApplied, strings.Split(path, ".")...)
		if part, err := observed.DecodeTree(text); text != nil && err == nil {
			parts[path] = part
		}
	}
	return parts
}

// partsAt are the parts of a workload at some paths.
func partsAt(workload map[string]any, paths []string) map[string]any {
	parts := map[string]any{}
	for _, path := range paths {
		if part, found, _ := unstructured.NestedFieldNoCopy(workload, strings.Split(path, ".")...); found {
			parts[path] = part
		}
	}
	return parts
}

// changesOfTemplate lists the paths at which a wanted template differs. A template that was observed
// has what the API server added, which does not count.
func changesOfTemplate(running map[string]any, wanted *unstructured.Unstructured, mode modes.Mode, wasObserved bool) []string {
	var changed []string
	wantedParts := partsAt(wanted.Object, mode.TemplatePaths)
	for _, path := range mode.TemplatePaths {
		before, was := running[path]
		after, is := wantedParts[path]
		if wasObserved {
			before = child.WithoutAdditions(before, after)
		}
		switch {
		case wasObserved && !is, !was && !is:
		case was != is:
			changed = append(changed, path)
		default:
			changed = append(changed, child.ChangedPaths(path, before, after)...)
		}
	}
	return changed
}

// asWorkload is a workload with the template and nothing else.
func (r runningTemplate) asWorkload() *unstructured.Unstructured {
	workload := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{}}}
	for path, part := range r.parts {
		_ = unstructured.SetNestedField(workload.Object, part, strings.Split(path, ".")...) // the parent is there
	}
	return workload
}

// inWorkload returns the template as it is in another workload of the component.
func (r runningTemplate) inWorkload(wanted *unstructured.Unstructured, now templateInput, mode modes.Mode) runningTemplate {
	out := r
	out.parts = partsAt(r.keptIn(wanted, now, mode).Object, mode.TemplatePaths)
	out.changed = changesOfTemplate(out.parts, wanted, mode, r.wasObserved)
	return out
}

// keptIn returns a workload with the running template, which may be that of another workload of the component.
// Annotations say what the template was made from; where that is unknown, changes count from now on.
func (r runningTemplate) keptIn(wanted *unstructured.Unstructured, now templateInput, mode modes.Mode) *unstructured.Unstructured {
	input, known := parseTemplateInput(r.inputText)
	if !known {
		input = now
		input.ofObserved = r.wasObserved
	}
	out := withRolloutAnnotations(wanted.DeepCopy(), input.String(), r.release)
	for _, path := range mode.TemplatePaths {
		fields := strings.Split(path, ".")
		part, was := r.parts[path]
		if !was {
			unstructured.RemoveNestedField(out.Object, fields...)
			continue
		}
		_ = unstructured.SetNestedField(out.Object, part, fields...) // the parents are there: wanted has the other parts
	}
	for _, path := range mode.PathsOfOwnName {
		fields := strings.Split(path, ".")
		if _, found, _ := unstructured.NestedString(out.Object, fields...); found {
			_ = unstructured.SetNestedField(out.Object, out.GetName(), fields...) // the parents are there
		}
	}
	return out
}

// withRolloutAnnotations returns a workload with the annotations isvc.io/input and isvc.io/release; an
// empty one is left out.
func withRolloutAnnotations(workload *unstructured.Unstructured, input, release string) *unstructured.Unstructured {
	metadata, _ := workload.Object["metadata"].(map[string]any)
	old, _ := metadata["annotations"].(map[string]any)
	annotations := maps.Clone(old)
	if annotations == nil {
		annotations = map[string]any{}
	}
	for key, value := range map[string]string{v1beta1.AnnotationInput: input, v1beta1.AnnotationRelease: release} {
		delete(annotations, key)
		if value != "" {
			annotations[key] = value
		}
	}
	out := &unstructured.Unstructured{Object: maps.Clone(workload.Object)}
	metadata = maps.Clone(metadata)
	metadata["annotations"] = annotations
	if len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	out.Object["metadata"] = metadata
	return out
}

// withSiblingsOf gives the workloads of a component that do not exist yet the template of one that is
// kept, where each replica is a workload of its own: all replicas stay of one version.
func (b builtComponent) withSiblingsOf(kept keptTemplate, now templateInput, current observedState, mode modes.Mode) builtComponent {
	annotations := kept.workload.GetAnnotations()
	running := runningTemplate{
		parts:     partsAt(kept.workload.Object, mode.TemplatePaths),
		inputText: annotations[v1beta1.AnnotationInput], release: annotations[v1beta1.AnnotationRelease],
	}
	out := b
	out.children = maps.Clone(b.children)
	for _, key := range b.children.keysOfKind(mode.Workload) {
		if _, exists := current.child(key); !exists {
			out.children[key] = running.keptIn(b.children[key], now, mode)
		}
	}
	return out
}

// withCompanionsOf lets what is made for a pod template follow the kept ones and the canary.
func (b builtComponent) withCompanionsOf(kept []keptTemplate, env *modes.Env) builtComponent {
	mode, _ := modes.Of(b.Component.Mode)
	out := b
	component := *b.Component
	component.Canary.Beside, component.Scaling.OnlyOut = b.canary.beside, b.canary.keepsReplicas
	out.Component = &component
	rebuilt, problem := modes.BuildComponent(env, out.Component)
	if problem == nil {
		for key, object := range canonicalChildren(rebuilt.Objects...) {
			if key.kind != mode.Workload {
				out.children[key] = object
			}
		}
	}
	for _, template := range kept {
		before, after := podLabels(template.wanted, mode), podLabels(template.workload, mode)
		if !maps.Equal(before, after) {
			out.keptLabels = append(out.keptLabels, changedLabels{before, after})
		}
	}
	return out
}

// changedLabels are the labels of the pods of a template, as computed and as they are.
type changedLabels struct{ before, after map[string]string }

// servingPod is the template of the pods of a workload that take requests; nil without one.
func servingPod(workload *unstructured.Unstructured, mode modes.Mode) map[string]any {
	found := mode.FindPodTemplates(workload.Object)
	if len(found) == 0 {
		return nil
	}
	return found[0].Template
}

// podLabels are the labels of the pods of a workload that take requests.
func podLabels(workload *unstructured.Unstructured, mode modes.Mode) map[string]string {
	labels, _, _ := unstructured.NestedStringMap(servingPod(workload, mode), "metadata", "labels")
	return labels
}

// rolloutRules say which changes reach running pods.
type rolloutRules struct {
	// input returns what the pods of a component are made from.
	input func(*modes.Component) templateInput
	// release is the text that releases what is held.
	release string
	// onUpgrade and onCatalogueChange are what happens to a change by cause.
	onUpgrade, onCatalogueChange config.RolloutPolicy
}

// reasonToKeep is why a running template stays as it is; empty when it takes a change.
func (r rolloutRules) reasonToKeep(running runningTemplate, now templateInput) string {
	before, known := parseTemplateInput(running.inputText)
	released := r.release != "" && r.release != running.release
	switch {
	case released, known && before.isUsersChange(now):
		return ""
	case known && before.isSharedChange(now):
		if r.onCatalogueChange == config.Hold {
			return ReasonCatalogueHeld
		}
		return ""
	case r.onUpgrade == config.Hold:
		return ReasonUpgradeHeld
	}
	return ""
}

// keptSelectors lets the selectors that would find pods by labels of computed templates find the pods
// of the templates that are kept.
func keptSelectors(all children, components []builtComponent) children {
	out := all
	for _, component := range components {
		for _, labels := range component.keptLabels {
			out = withSelectorsFollowing(out, labels.before, labels.after)
		}
	}
	return out
}

// keysOfKind are the keys of the children of a kind, sorted by name.
func (c children) keysOfKind(kind kinds.Kind) []childKey {
	return slices.DeleteFunc(c.sortedKeys(), func(key childKey) bool { return key.kind != kind })
}

// withPortsOfPod returns a component whose runner has the ports that it has in a pod template: by
// them Service objects, routes and probers lead to the pods.
func withPortsOfPod(c *modes.Component, template map[string]any) *modes.Component {
	at := slices.IndexFunc(c.Pod.Containers, func(container corev1.Container) bool { return container.Name == c.Runner })
	running := runnerOfPod(c, template)
	if at < 0 || running == nil {
		return c
	}
	out := *c
	out.Pod = *c.Pod.DeepCopy()
	out.Pod.Containers[at].Ports = running.Ports
	return &out
}

// withServerOfPod returns a component whose server is the one that a pod template runs, of which KEDA asks
// metrics.
func withServerOfPod(c *modes.Component, template map[string]any) *modes.Component {
	running := runnerOfPod(c, template)
	if running == nil {
		return c
	}
	out := *c
	out.Server = servers.Recognize(running, c.Annotations)
	return &out
}

// runnerOfPod is the runner of a component in a pod template, with what says how it serves; nil without
// containers. A runner that has another name there is the container that serves by the rule of components:
// the first one.
func runnerOfPod(c *modes.Component, template map[string]any) *corev1.Container {
	containers := servingPartsOf(template)
	if len(containers) == 0 {
		return nil
	}
	if named := podspec.ContainerNamed(containers, c.Runner); named != nil {
		return named
	}
	return &containers[0]
}

// servingPartsOf are the containers of a pod template with what says how they serve: names, ports, images,
// commands and arguments. Nothing else of an observed template is decoded: a quantity in it could take
// minutes.
func servingPartsOf(template map[string]any) []corev1.Container {
	list, _, _ := unstructured.NestedSlice(template, "spec", "containers")
	var containers []corev1.Container
	for _, item := range list {
		fields, ok := item.(map[string]any)
		if !ok {
			continue
		}
		var container corev1.Container
		wanted := map[string]any{}
		for _, field := range []string{"name", "ports", "image", "command", "args"} {
			wanted[field] = fields[field]
		}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(wanted, &container) == nil {
			containers = append(containers, container)
		}
	}
	return containers
}
