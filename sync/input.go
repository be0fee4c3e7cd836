package sync

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/resolve"
)

// inputScheme is the version of the rules by which digests are made: everything in this file, and
// modes.PodKeys. It is part of the annotation. Two versions of the program that write the same scheme
// must agree on every digest, or an upgrade looks like a change of the service and restarts it: other
// rules need another scheme. A scheme that is not known says nothing about who caused a change.
const inputScheme = "v1"

// observedTemplate is the last part of the annotation isvc.io/input on a workload whose template was
// repeated as observed, because it was not known what was applied last.
const observedTemplate = ".observed"

// digestLength is how many bytes of a SHA-256 a digest has. It only tells two states of one service
// apart.
const digestLength = 8

// templateInput says what the pod template of a component was made from, in four digests.
//
// They are taken over what the cluster holds, in canonical JSON, or over names and strings in it, and
// never over parsed types: a type that gains a field would change the digest of the same input. They
// leave out what reaches no pod, so that a digest that differs means that somebody changed what the
// pods are made from.
type templateInput struct {
	// service is the service's own part.
	service string
	// shared is the part that services share: model, weight, runtime, accelerator class, sections of
	// the configuration.
	shared string
	// naming is which labels and annotations of the service reach its pods because something shared
	// names them: patterns of the configuration, placeholders of the runtime. The digest named is these
	// labels and annotations. Where the names differ, the metadata may differ for that reason alone.
	naming, named string
	// others are what the templates of the other roles were made from where the roles of a service share a
	// revision: a change of one role replaces the pods of all. Empty otherwise.
	others []templateInput
	// ofObserved is true where the template was not made from these but repeated as observed.
	ofObserved bool
}

// isUsersChange reports whether the service is what changed since.
func (i templateInput) isUsersChange(now templateInput) bool {
	return i.service != now.service || i.named != now.named && i.naming == now.naming ||
		i.anyOther(now, templateInput.isUsersChange)
}

// isSharedChange reports whether something that services share has changed since. Whether roles share a
// revision counts here; that the service asks for it, or not, is in its own digest.
func (i templateInput) isSharedChange(now templateInput) bool {
	return i.shared != now.shared || i.naming != now.naming ||
		len(i.others) != len(now.others) || i.anyOther(now, templateInput.isSharedChange)
}

// anyOther reports whether a change of another role is of a kind.
func (i templateInput) anyOther(now templateInput, isChange func(before, now templateInput) bool) bool {
	for at := range min(len(i.others), len(now.others)) {
		if isChange(i.others[at], now.others[at]) {
			return true
		}
	}
	return false
}

// digests are the four, as they are in the annotation.
func (i templateInput) digests() string {
	return strings.Join([]string{i.service, i.shared, i.naming, i.named}, ".")
}

// betweenRoles separates the digests of roles in the annotation.
const betweenRoles = "+"

// String is the value of the annotation isvc.io/input: the scheme and the digests, then those of other roles.
func (i templateInput) String() string {
	text := inputScheme + "." + i.digests()
	for _, other := range i.others {
		text += betweenRoles + other.digests()
	}
	if i.ofObserved {
		text += observedTemplate
	}
	return text
}

// parseTemplateInput reads the annotation; ok is false for one of another scheme, or none.
func parseTemplateInput(text string) (input templateInput, ok bool) {
	text, ofObserved := strings.CutSuffix(text, observedTemplate)
	text, hasScheme := strings.CutPrefix(text, inputScheme+".")
	for at, role := range strings.Split(text, betweenRoles) {
		parts := strings.Split(role, ".")
		if len(parts) != 4 || !hasScheme {
			return templateInput{}, false
		}
		digests := templateInput{service: parts[0], shared: parts[1], naming: parts[2], named: parts[3]}
		if at == 0 {
			input = digests
		} else {
			input.others = append(input.others, digests)
		}
	}
	input.ofObserved = ofObserved
	return input, true
}

// newTemplateInput is what the pod templates of a component are made from.
//
// PairAnnotated is what the service says about the revision that its roles share; empty where it says nothing.
func newTemplateInput(
	req *Request, service inferenceService, refs references, pairAnnotated string, c *modes.Component, conf *config.Config,
) templateInput {
	shared := sharedInput(req, refs, c, conf)
	own := ownPart(req.Parent, service, c)
	names := namesOfMetadata(conf, shared, c)
	input := serviceInput(req.Parent, service, c, own)
	if pairAnnotated != "" {
		input["pairRevision"] = pairAnnotated
	}
	return templateInput{
		service: digestOf(input),
		shared:  digestOf(shared),
		naming:  digestOf(names.input(conf)),
		named:   digestOf(names.metadataOf(service, own)),
	}
}

// proberInput is what the Deployments that watch a workload are made from: what the workload is made
// from, and a section of the configuration.
func (i templateInput) proberInput(conf *config.Config) templateInput {
	out := i
	out.ofObserved = false
	out.shared = digestOf([]any{i.shared, sectionInput(conf, config.SectionProber), conf.Sections == nil})
	return out
}

// digestOf is the digest of a value in canonical JSON: members in alphabetical order, no space.
func digestOf(value any) string {
	text, err := child.JSON(value)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:digestLength])
}

// serviceInput is the part of the service that reaches the pods of a component: what it says of the
// component, what it refers to, and the metadata that pods have or that decides what is in them.
func serviceInput(parent json.RawMessage, service inferenceService, c *modes.Component, own componentPart) map[string]any {
	spec := service.effective.Spec
	keys := placeholdersIn(own.fields)
	input := map[string]any{
		"component": own.fields,
		"mode":      own.modeChoice(c, spec.Decoder != nil),
		"labels": withKeys(service.effective.Labels, func(key string) bool {
			return modes.LabelReachesPods(key, c.Mode) || keys.labels[key]
		}),
		"annotations": withKeys(service.effective.Annotations, func(key string) bool {
			return modes.AnnotationReachesPods(key, c.Mode) || keys.annotations[key]
		}),
	}
	if ref := spec.Model; ref != nil {
		input["model"] = map[string]any{"name": ref.Name, "kind": kindInReference(ref.Kind, resolve.KindClusterBaseModel)}
	}
	if ref := spec.Runtime; ref != nil && ref.Name != "" {
		input["runtime"] = map[string]any{"name": ref.Name, "kind": kindInReference(ref.Kind, resolve.KindClusterServingRuntime)}
	} else {
		input["runtimeToSelect"] = map[string]any{
			"classes": resolve.RequiredAccelerators(service.effective), "isOptional": runnersAreComplete(service.effective),
		}
	}
	if c.Type == v1beta1.RouterComponent {
		return input
	}
	if spec.Model != nil && len(spec.Model.Overlays) > 0 {
		overlays := []any{}
		for _, overlay := range spec.Model.Overlays {
			overlays = append(overlays, []string{overlay.Name, kindInReference(overlay.Kind, resolve.KindClusterBaseModel)})
		}
		input["overlays"] = overlays
	}
	if spec.Model != nil {
		input["weights"] = slices.Concat([]string{}, spec.Model.FineTunedWeights)
	}
	input["acceleratorSelector"] = treeAt(parent, "spec", "acceleratorSelector")
	return input
}

// kindInReference is the kind that a reference names; the default where it names none, because the API
// server writes it.
func kindInReference(kind *string, byDefault string) string {
	if kind == nil {
		return byDefault
	}
	return cmp.Or(*kind, byDefault)
}

// withKeys is the part of a map that has certain keys; never nil, so that no map and an empty one have
// the same digest.
func withKeys(all map[string]string, has func(key string) bool) map[string]string {
	part := map[string]string{}
	for key, value := range all {
		if has(key) {
			part[key] = value
		}
	}
	return part
}

func anyKey(string) bool { return true }

// componentPart is what a service or a runtime says of a component.
type componentPart struct {
	// fields are those that reach pods, as they are in the cluster.
	fields map[string]any
	// settings are annotations that are settings of isvc and KEDA: they reach pods only where the
	// configuration names them.
	settings map[string]string
	// modeName is the mode that the annotation of the component or spec.deploymentMode names. It,
	// startsAtZero and scalers choose the mode beside what the pods look like.
	modeName     v1beta1.DeploymentMode
	startsAtZero bool
	// scalers are what the part says that may ask for KEDA, which scales to zero without Serverless.
	scalers map[string]any
}

// modeChoice is what the part says about the mode beside its pods, as far as it decides: the mode that
// is named; whether an engine without a decoder, or a router, starts from zero without KEDA; and, where
// another part asks for zero replicas, what may ask for KEDA. Where groups of pods decide, zero replicas
// are a number like any other.
func (p componentPart) modeChoice(c *modes.Component, besideDecoder bool) []any {
	isEngine, isDecoder := c.Type == v1beta1.EngineComponent, c.Type == v1beta1.DecoderComponent
	mode, _ := modes.Of(c.Mode)
	zeroDecides := !mode.PodsFormGroups && !isDecoder && !(isEngine && besideDecoder)
	var named any
	if p.modeName != "" {
		named = p.modeName
	}
	zeroDecides = zeroDecides && named == nil
	choice := []any{named, p.startsAtZero && zeroDecides && c.Scaling.Autoscaler != modes.AutoscalerKEDA}
	if zeroOfOthers := !p.startsAtZero && c.Scaling.Min == 0; zeroOfOthers && zeroDecides && len(p.scalers) > 0 {
		choice = append(choice, p.scalers)
	}
	return choice
}

// newComponentPart reads the part without what reaches no pod. The mode is that of all components.
func newComponentPart(raw json.RawMessage, c *modes.Component, deploymentMode v1beta1.DeploymentMode) componentPart {
	fields := treeAt(raw)
	startsAtZero := child.Equal(fields["minReplicas"], int64(0))
	scalers := scalersIn(fields)
	dropMembers(fields, fieldsBesideThePods(c.Mode)...)
	for _, pod := range []any{fields, fields["leader"], fields["worker"]} {
		dropMembers(pod, fieldsOfNoPod(c.Mode)...)
	}
	settings := map[string]string{}
	annotations, _ := fields["annotations"].(map[string]any)
	annotated, _ := annotations[v1beta1.AnnotationDeploymentMode].(string)
	modeName, _ := modes.NamedMode(c.Type, annotated, deploymentMode)
	maps.DeleteFunc(annotations, func(key string, value any) bool {
		text, _ := value.(string)
		if modes.IsControlAnnotation(key) {
			settings[key] = text
		}
		return !modes.ComponentAnnotationReachesPods(key, c.Mode)
	})
	if mode, _ := modes.Of(c.Mode); mode.ScalingIsInTemplate {
		dropWhatKnativeReplaces(fields, c)
	}
	if len(annotations) == 0 {
		delete(fields, "annotations")
	}
	dropServerDefaults(fields, "")
	return componentPart{fields, settings, modeName, startsAtZero, scalers}
}

// dropWhatKnativeReplaces removes what a revision does not have of a component: bounds in annotations,
// where isvc writes its own, the visibility, which is the Service's, and ports of nodes.
func dropWhatKnativeReplaces(fields map[string]any, c *modes.Component) {
	dropMembers(fields["annotations"], v1beta1.AnnotationKnativeMinScale)
	if c.Scaling.Max > 0 {
		dropMembers(fields["annotations"], v1beta1.AnnotationKnativeMaxScale)
	}
	if labels, ok := fields["labels"].(map[string]any); ok {
		if delete(labels, v1beta1.LabelKnativeVisibility); len(labels) == 0 {
			delete(fields, "labels")
		}
	}
	runner, _ := fields["runner"].(map[string]any)
	ports, _ := runner["ports"].([]any)
	for _, port := range ports {
		dropMembers(port, "hostIP", "hostPort")
	}
}

// scalersIn are what of the fields of a component may ask for KEDA.
func scalersIn(fields map[string]any) map[string]any {
	scalers := map[string]any{}
	for name, path := range map[string][]string{
		"autoscaler": {"autoscaler", "class"}, "enableKeda": {"kedaConfig", "enableKeda"}, "annotation": {"annotations", v1beta1.AnnotationAutoscalerClass},
	} {
		if value, found, _ := unstructured.NestedFieldNoCopy(fields, path...); found && value != nil {
			scalers[name] = value
		}
	}
	return scalers
}

// ownPart is what the service says of a component. An engine that the deprecated predictor stands for
// is described there.
func ownPart(parent json.RawMessage, service inferenceService, c *modes.Component) componentPart {
	field := string(c.Type)
	if c.Type == v1beta1.EngineComponent && service.given.Spec.Engine == nil {
		field = "predictor"
	}
	part := newComponentPart(observed.Member(parent, "spec", field), c, service.effective.Spec.DeploymentMode)
	if field == "predictor" { // its model has references, which serviceInput reads, beside a container
		dropMembers(part.fields["model"], "baseModel", "runtime", "fineTunedWeights", "runtimeVersion")
		if model, _ := part.fields["model"].(map[string]any); len(model) == 0 {
			delete(part.fields, "model")
		}
	}
	if class, given := service.given.Annotations[v1beta1.AnnotationAutoscalerClass]; given {
		part.scalers["annotationOfService"] = class
	}
	if keda := service.given.Spec.KedaConfig; keda != nil && keda.EnableKeda != nil {
		part.scalers["enableKedaOfService"] = *keda.EnableKeda
	}
	return part
}

// fieldsOfNoPod are the fields of a pod that no template of a mode has.
func fieldsOfNoPod(name v1beta1.DeploymentMode) []string {
	if mode, _ := modes.Of(name); mode.RestartsPods {
		return []string{"ephemeralContainers", "restartPolicy", "activeDeadlineSeconds"}
	}
	return []string{"ephemeralContainers"}
}

// fieldsBesideThePods are the fields of a component that make objects beside its pods, or are written
// on the workload beside its template.
func fieldsBesideThePods(name v1beta1.DeploymentMode) []string {
	fields := []string{"canaryTrafficPercent", "deploymentStrategy", "minAvailable", "maxUnavailable", "kedaConfig", "servicePortAppProtocols", "lifecycle", "autoscaler", "autoscalerPolicyRef"}
	if mode, _ := modes.Of(name); !mode.ScalingIsInTemplate {
		fields = append(fields, "minReplicas", "maxReplicas", "scaleTarget", "scaleMetric", "containerConcurrency", "timeoutSeconds")
	}
	return fields
}

// serverDefaults are the values that the API server writes into fields of components that are absent,
// by the name of the object or list that holds the object. They come and go with versions of the
// custom resource definitions, for all services at once, and are no change of anything.
var serverDefaults = map[string]struct {
	field string
	value any
}{
	"ports":      {"protocol", "TCP"},
	"grpc":       {"service", ""},
	"fileKeyRef": {"optional", false},
}

// dropServerDefaults removes the defaults of the API server from a value and all below it. The holder
// is the name of the member that has the value.
func dropServerDefaults(value any, holder string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			dropServerDefaults(item, holder)
		}
	case map[string]any:
		if written, known := serverDefaults[holder]; known && v[written.field] == written.value {
			delete(v, written.field)
		}
		for name, member := range v {
			dropServerDefaults(member, name)
		}
	}
}

// metadataNames are the labels and annotations that something shared names.
type metadataNames struct {
	labels, annotations config.KeyPatterns
	inPlaceholders      keysInPlaceholders
	// read are those that the pods read themselves.
	read podspec.MetadataKeys
}

// namesOfMetadata finds who names metadata of services.
func namesOfMetadata(conf *config.Config, shared map[string]any, c *modes.Component) metadataNames {
	return metadataNames{
		conf.Deploy.TemplateLabels, conf.Deploy.TemplateAnnotations, placeholdersIn(shared), podspec.MetadataReadBy(&c.Pod, c.Worker),
	}
}

// input is the names as a value for a digest.
func (n metadataNames) input(conf *config.Config) map[string]any {
	input := map[string]any{
		"labels": slices.Concat([]string{}, n.labels), "annotations": slices.Concat([]string{}, n.annotations),
		"labelsInPlaceholders": n.inPlaceholders.labels, "annotationsInPlaceholders": n.inPlaceholders.annotations,
		"labelsRead": n.read.Labels, "annotationsRead": n.read.Annotations,
	}
	if n.hasAnnotation(v1beta1.AnnotationDeploymentMode) {
		input["deploymentMode"] = conf.Deploy.DefaultDeploymentMode // is written where a service has none
	}
	return input
}

func (n metadataNames) hasAnnotation(key string) bool {
	return n.annotations.Match(key) || n.inPlaceholders.annotations[key] || n.read.Annotations[key]
}

// metadataOf is the metadata of a service and its component that has one of the names.
func (n metadataNames) metadataOf(service inferenceService, own componentPart) map[string]any {
	inherited := modes.AnnotationsInheritedFromService(service.effective.Annotations)
	return map[string]any{
		"labels": withKeys(service.effective.Labels, func(key string) bool {
			return n.labels.Match(key) || n.inPlaceholders.labels[key] || n.read.Labels[key]
		}),
		"annotations": withKeys(service.effective.Annotations, func(key string) bool {
			_, isInherited := inherited[key]
			return isInherited && (n.annotations.Match(key) || n.read.Annotations[key]) || n.inPlaceholders.annotations[key]
		}),
		"componentAnnotations": withKeys(own.settings, n.annotations.Match),
	}
}

// keysInPlaceholders are the keys of labels and annotations that placeholders name.
type keysInPlaceholders struct{ labels, annotations map[string]bool }

// placeholdersIn are the keys that placeholders below a value name.
func placeholdersIn(value any) keysInPlaceholders {
	keys := keysInPlaceholders{map[string]bool{}, map[string]bool{}}
	eachString(value, func(text string) {
		if !strings.Contains(text, "{{") {
			return
		}
		for field, key := range compose.KeysInPlaceholders(text) {
			if field == "Labels" {
				keys.labels[key] = true
			} else {
				keys.annotations[key] = true
			}
		}
	})
	return keys
}

// eachString visits every string below a value that is JSON.
func eachString(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []string:
		for _, item := range v {
			visit(item)
		}
	case map[string]string:
		for _, item := range v {
			visit(item)
		}
	case []any:
		for _, item := range v {
			eachString(item, visit)
		}
	case map[string]any:
		for _, item := range v {
			eachString(item, visit)
		}
	}
}

// sharedInput is what reaches the pods of a component from objects that services share.
func sharedInput(req *Request, refs references, c *modes.Component, conf *config.Config) map[string]any {
	shared := map[string]any{"sections": sectionsInPods(conf, c)}
	if refs.model != nil {
		shared["model"] = modelInput(refs.model, c)
	}
	if len(refs.overlays.Mounted) > 0 && c.Type != v1beta1.RouterComponent {
		overlays := []any{}
		for _, model := range refs.overlays.Mounted {
			overlays = append(overlays, map[string]any{"name": model.Name, "kind": model.Kind, "storage": storageInput(model)})
		}
		shared["overlays"] = overlays
	}
	if refs.weight != nil && c.Type != v1beta1.RouterComponent {
		shared["weight"] = weightInput(refs.weight)
	}
	if runtime := refs.runtime; runtime != nil {
		own := resolve.RuntimeName{Kind: runtime.Kind, Namespace: runtime.Namespace, Name: runtime.Name}
		shared["runtime"] = runtimeInput(rawRuntime(req, own), runtime, c, conf)
		var inherited []any
		for _, parent := range runtime.Parents {
			inherited = append(inherited, runtimeInput(rawRuntime(req, parent), runtime, c, conf))
		}
		if len(inherited) > 0 {
			shared["inherited"] = inherited
		}
	}
	if class := refs.accelerators[c.Type]; class != nil {
		shared["acceleratorClass"] = acceleratorInput(req.Related.RawJSON(kinds.AcceleratorClass, "", class.Name), class)
	}
	return shared
}

// rawRuntime is a runtime as the cluster holds it.
func rawRuntime(req *Request, runtime resolve.RuntimeName) json.RawMessage {
	return req.Related.RawJSON(kinds.New(runtime.Kind, v1beta1.APIVersion), runtime.Namespace, runtime.Name)
}

// modelInput is what pods have of a model. A router does not read it. The model agent of OME completes
// models by what it finds in them, which must not look like an edit.
func modelInput(model *resolve.Model, c *modes.Component) map[string]any {
	spec := model.Spec
	input := map[string]any{
		"name":   model.Name,
		"vendor": ptr.Deref(spec.Vendor, ""), "format": spec.ModelFormat.Name, "formatVersion": ptr.Deref(spec.ModelFormat.Version, ""),
		"category": cmp.Or(model.Meta.Annotations[v1beta1.AnnotationModelCategory], v1beta1.DefaultModelCategory),
		"annotations": withKeys(model.Meta.Annotations, func(key string) bool {
			return key == v1beta1.AnnotationDecryptionKeyName || key == v1beta1.AnnotationDecryptionSecretName
		}),
	}
	if c.Type == v1beta1.RouterComponent {
		return input
	}
	input["kind"] = model.Kind
	maps.Copy(input, storageInput(model))
	return input
}

// storageInput is what pods have of where a model is stored.
func storageInput(model *resolve.Model) map[string]any {
	input := map[string]any{}
	if storage := model.Spec.Storage; storage != nil && storage.Path != nil {
		input["path"] = *storage.Path
	}
	if model.IsOnClaim() {
		input["claim"] = model.Spec.Storage.StorageURI
	}
	return input
}

// weightInput is what pods have of a fine-tuned weight.
func weightInput(weight *resolve.Weight) map[string]any {
	input := map[string]any{"name": weight.Object.Name, "strategy": weight.Strategy, "merged": weight.Merged}
	if storage := weight.Object.Spec.Storage; storage != nil {
		input["storageUri"] = storage.StorageURI
	}
	return input
}

// runtimeInput is what pods have of a runtime: its template for the component and, for what computes
// with the model, the two things that are used of an old-style runtime.
func runtimeInput(raw json.RawMessage, runtime *resolve.Runtime, c *modes.Component, conf *config.Config) map[string]any {
	part := newComponentPart(observed.Member(raw, "spec", string(c.Type)+"Config"), c, "")
	dropMembers(part.fields, "acceleratorOverride")
	input := map[string]any{
		"name": runtime.Name, "component": part.fields, "mode": part.modeChoice(c, false),
		"namedAnnotations": withKeys(part.settings, conf.Deploy.TemplateAnnotations.Match),
	}
	if c.Type == v1beta1.RouterComponent {
		return input
	}
	input["nodeSelector"] = withKeys(runtime.Spec.NodeSelector, anyKey)
	if len(runtime.Spec.Containers) > 0 {
		input["resources"] = resourcesOf(treeAt(raw, "spec")["containers"], "", c.Runner, c.WorkerRunner)
	}
	return input
}

// resourcesOf are the limits and requests of the containers that have one of the names.
func resourcesOf(containers any, names ...string) map[string]any {
	byName := map[string]any{}
	list, _ := containers.([]any)
	for _, item := range list {
		container, _ := item.(map[string]any)
		name, _ := container["name"].(string)
		resources, _ := container["resources"].(map[string]any)
		limits, requests := resources["limits"], resources["requests"]
		if slices.Contains(names, name) && (limits != nil || requests != nil) {
			byName[name] = []any{limits, requests}
		}
	}
	return byName
}

// acceleratorInput is what pods have of an accelerator class, and what the runtime says of the class.
func acceleratorInput(raw json.RawMessage, class *resolve.Accelerator) map[string]any {
	resources := []any{}
	for _, resource := range class.Class.Spec.Resources {
		quantity := "1"
		if resource.Quantity != nil {
			quantity = resource.Quantity.String()
		}
		resources = append(resources, []string{resource.Name, quantity})
	}
	settings := ptr.Deref(class.Config, v1beta1.AcceleratorModelConfig{})
	sizes := ptr.Deref(settings.TensorParallelismOverride, v1beta1.TensorParallelismConfig{})
	return map[string]any{
		"nodeSelector": withKeys(class.Class.Spec.Discovery.NodeSelector, anyKey),
		"affinity":     treeAt(raw, "spec", "discovery", "affinity"),
		"resources":    resources,
		"arguments":    slices.Concat([]string{}, settings.RuntimeArgsOverride),
		"environment":  withKeys(settings.EnvironmentOverride, anyKey),
		"parallelism":  []int64{ptr.Deref(sizes.TensorParallelSize, 0), ptr.Deref(sizes.PipelineParallelSize, 0)},
	}
}

// sectionsInPods are the sections of the configuration that are written into the pods of a component;
// nil without a ConfigMap, because the program's own values count then.
func sectionsInPods(conf *config.Config, c *modes.Component) map[string]any {
	if conf.Sections == nil {
		return nil
	}
	sections := map[string]any{
		config.SectionMetrics: []string{conf.Metrics.EnableMetricAggregation, conf.Metrics.EnablePrometheusScraping},
	}
	for _, name := range modes.InjectedSections(c) {
		section := sectionInput(conf, name)
		if name != config.SectionModelInit {
			dropMembers(section, "vaultId", "extraVolumeMounts", "extraEnvVars")
		}
		sections[name] = section
	}
	if deploy := deployInPods(conf, c); len(deploy) > 0 {
		sections[config.SectionDeploy] = deploy
	}
	if resources := configuredAcceleratorsOf(conf, c); len(resources) > 0 {
		sections[config.SectionAccelerators] = resources
	}
	return sections
}

// deployInPods is what of the section deploy is written into the pods of a component, where a key of it
// is there: the time to stop, and the bounds where they are in the pod template.
func deployInPods(conf *config.Config, c *modes.Component) map[string]any {
	deploy := map[string]any{}
	mode, _ := modes.Of(c.Mode)
	switch {
	case !mode.ScalingIsInTemplate && conf.Deploy.TerminationGracePeriodSeconds != nil:
		deploy["terminationGracePeriodSeconds"] = *conf.Deploy.TerminationGracePeriodSeconds
	case mode.ScalingIsInTemplate && conf.Deploy.Replicas != config.ReplicaDefaults{}:
		deploy["replicas"] = treeAt(json.RawMessage(conf.Sections[config.SectionDeploy]), "replicas")
	}
	return deploy
}

// configuredAcceleratorsOf are the resources of a component's pods that are accelerators because the
// configuration says so, sorted.
func configuredAcceleratorsOf(conf *config.Config, c *modes.Component) []string {
	configured := slices.Concat(conf.Deploy.AcceleratorResources, conf.Accelerators)
	found := map[string]bool{}
	for _, pod := range []*corev1.PodSpec{&c.Pod, c.Worker} {
		if pod == nil || len(configured) == 0 {
			continue
		}
		for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
			for name := range container.Resources.Limits {
				if configured.Match(string(name)) {
					found[string(name)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// sectionInput is a section of the configuration: a tree, its text where it cannot be read, and nil
// without one.
func sectionInput(conf *config.Config, name string) any {
	text, given := conf.Sections[name]
	if !given {
		return nil
	}
	if tree, err := observed.DecodeTree([]byte(text)); err == nil {
		return tree
	}
	return text
}

// treeAt is the object at a path of an object; empty without one.
func treeAt(raw json.RawMessage, path ...string) map[string]any {
	tree, err := observed.DecodeTree(observed.Member(raw, path...))
	if err != nil {
		return map[string]any{}
	}
	return tree
}

// dropMembers removes members from a part of a tree that is an object.
func dropMembers(part any, names ...string) {
	object, ok := part.(map[string]any)
	if !ok {
		return
	}
	for _, name := range names {
		delete(object, name)
	}
}
