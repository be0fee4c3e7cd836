package ignored

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// predictorBesideEngine: OME converts a predictor only where there is no engine.
func predictorBesideEngine(in *Input) []idle {
	if in.Given.Spec.Engine == nil || reflect.ValueOf(in.Given.Spec.Predictor).IsZero() {
		return nil
	}
	return serviceField("spec.predictor", " beside spec.engine: move what you need to spec.engine and remove it")
}

func predictorFieldsNobodyReads(in *Input) []idle {
	given := &in.Given.Spec
	model := given.Predictor.Model
	if given.Engine != nil || model == nil {
		return nil
	}
	var all []idle
	if model.RuntimeVersion != nil && *model.RuntimeVersion != "" {
		all = append(all, serviceField("spec.predictor.model.runtimeVersion", ": set the image with its version in spec.engine.runner.image")...)
	}
	if given.Model != nil && (model.BaseModel != nil || model.FineTunedWeights != nil) {
		all = append(all, serviceField("spec.predictor.model.baseModel", ", nor has fineTunedWeights beside it, because spec.model names the model: remove them")...)
	}
	if given.Model == nil && model.BaseModel == nil && model.FineTunedWeights != nil {
		all = append(all, serviceField("spec.predictor.model.fineTunedWeights", " without baseModel: name the model")...)
	}
	if given.Runtime != nil && model.Runtime != nil {
		all = append(all, serviceField("spec.predictor.model.runtime", ", because spec.runtime is there: remove one of the two")...)
	}
	if len(given.Predictor.Containers) > 0 {
		all = append(all, replacedByContainers(in, model)...)
	}
	return all
}

// replacedByContainers: a container that the predictor lists wins over the same fields of its model.
func replacedByContainers(in *Input, model *v1beta1.ModelSpec) []idle {
	runner := in.Service.Spec.Engine.Runner
	var all []idle
	for name, value := range fieldsSet(model.Container) {
		if name == "env" || runner == nil {
			continue
		}
		of := reflect.ValueOf(runner.Container)
		for other, used := range fieldsSet(of.Interface()) {
			if other == name && !reflect.DeepEqual(used.Interface(), value.Interface()) {
				all = append(all, serviceField("spec.predictor.model."+name, ", because container %s of spec.predictor.containers has its own: remove one of the two", runner.Name)...)
			}
		}
	}
	return all
}

// fieldsOfOMEsController are those of OME v1.3 that only its own controller acts on. Each says what
// happens instead.
func fieldsOfOMEsController(in *Input) []idle {
	spec := in.Given.Spec
	var all []idle
	for _, row := range []struct {
		field   string
		isGiven bool
		instead string
	}{
		{"traffic", spec.Traffic != nil, "requests are balanced as the gateway does by default: write a BackendTrafficPolicy of Envoy Gateway for the HTTPRoutes of the service, or a DestinationRule of Istio for its Service objects"},
		{"rollout", spec.Rollout != nil, "workloads roll as their own controllers do: see deploymentStrategy of the components"},
		{"scalingPolicy", spec.ScalingPolicy != nil && !scalesIndependently(*spec.ScalingPolicy), "each component scales alone"},
		{"placement", spec.Placement != nil, "the service runs in the cluster in which it is"},
		{"routing", spec.Routing != nil, "the service is reached in the cluster in which it is"},
		{"replicaRefs", spec.ReplicaRefs != nil, "the service has an engine of its own"},
	} {
		if row.isGiven {
			all = append(all, serviceField("spec."+row.field, " outside of OME's own controller: %s", row.instead)...)
		}
	}
	return all
}

func scalesIndependently(policy v1beta1.ScalingPolicy) bool {
	return (policy.Mode == "" || policy.Mode == v1beta1.ScalingIndependent) && policy.Proportional == nil
}

// modeOfServiceReplaced: an annotation of a component names its mode before the service does.
func modeOfServiceReplaced(in *Input) []idle {
	asked := in.Given.Spec.DeploymentMode
	if asked == "" || len(in.Components) == 0 {
		return nil
	}
	annotated := map[v1beta1.ComponentType]string{}
	for _, p := range in.parts() { // of a component, the service's part comes first
		annotated[p.component.Type] = cmp.Or(annotated[p.component.Type], p.spec.Annotations[v1beta1.AnnotationDeploymentMode])
	}
	replacedBy := ""
	for _, c := range in.Components {
		without, by := modes.NamedMode(c.Type, annotated[c.Type], "")
		if without == "" {
			return nil
		}
		replacedBy = cmp.Or(replacedBy, by)
	}
	return serviceField("spec.deploymentMode", ", because %s names a mode: remove one of the two", replacedBy)
}

// partsOfReferences: a group is always ome.io, and without a name nothing is referred to.
func partsOfReferences(in *Input) []idle {
	var all []idle
	check := func(field string, group *string) {
		if group != nil && *group != "" && *group != v1beta1.GroupName {
			all = append(all, serviceField(field+".apiGroup", ": %q is not the group %s, in which the object is looked for: remove it", *group, v1beta1.GroupName)...)
		}
	}
	if model := in.Given.Spec.Model; model != nil {
		check("spec.model", model.APIGroup)
		for _, overlay := range model.Overlays {
			check("spec.model.overlays["+overlay.Name+"]", overlay.APIGroup)
		}
	}
	runtime := in.Given.Spec.Runtime
	if runtime == nil {
		return all
	}
	check("spec.runtime", runtime.APIGroup)
	if runtime.Name == "" {
		for name := range fieldsSet(*runtime) {
			all = append(all, serviceField("spec.runtime."+name, " without spec.runtime.name, so a runtime is selected: name it, or remove spec.runtime")...)
		}
	}
	return all
}

// selectorsThatChooseNothing looks at the service's selector and at each component's.
func selectorsThatChooseNothing(in *Input) []idle {
	var all []idle
	shared := in.Service.Spec.AcceleratorSelector
	all = append(all, ignoredOfSelector("spec.acceleratorSelector", shared, nil)...)
	for _, p := range in.parts() {
		switch override := p.spec.AcceleratorOverride; {
		case override == nil:
		case p.owner != "":
			all = append(all, p.fieldIgnored("acceleratorOverride", ": a runtime lists the classes that it can use in spec.acceleratorRequirements.acceleratorClasses"))
		default:
			all = append(all, ignoredOfSelector(p.path+".acceleratorOverride", override, shared)...)
		}
	}
	return all
}

// ignoredOfSelector is what of a selector has no effect. The shared selector gives what it lacks; nil
// where it is the shared one itself.
func ignoredOfSelector(path string, selector, shared *v1beta1.AcceleratorSelector) []idle {
	if selector == nil {
		return nil
	}
	class, policy := classAndPolicy(selector)
	if shared != nil {
		sharedClass, sharedPolicy := classAndPolicy(shared)
		if class == "" {
			class = sharedClass
		}
		if policy == "" {
			policy = sharedPolicy
		}
	}
	limits := selector.Constraints
	var all []idle
	switch {
	case class != "" && selector.Policy != "":
		all = append(all, serviceField(path+".policy", ", because acceleratorClass names the class %s: remove one of the two", class)...)
		fallthrough
	case class != "":
		if limits != nil {
			all = append(all, serviceField(path+".constraints", ", because acceleratorClass names the class %s: remove one of the two", class)...)
		}
		return all
	case limits == nil:
		return nil
	case policy == "":
		return serviceField(path+".constraints", ": neither acceleratorClass nor policy is set, so no class is chosen: add a policy, such as BestFit")
	}
	if limits.MinComputePerformanceTFLOPS != nil && policy != v1beta1.BestFit {
		all = append(all, serviceField(path+".constraints.minComputePerformanceTFLOPS", " with policy %s: only BestFit ranks by it", policy)...)
	}
	if limits.PreferredPrecisions != nil && policy != v1beta1.BestFit && policy != v1beta1.MostCapable {
		all = append(all, serviceField(path+".constraints.preferredPrecisions", " with policy %s: only BestFit and MostCapable rank by them", policy)...)
	}
	return all
}

func classAndPolicy(s *v1beta1.AcceleratorSelector) (class string, policy v1beta1.AcceleratorSelectionPolicy) {
	if s.AcceleratorClass != nil {
		class = *s.AcceleratorClass
	}
	return class, s.Policy
}

// usedInEveryMode are the fields of ComponentExtensionSpec that no mode lists, see modes.Mode.Uses.
var usedInEveryMode = []string{"labels", "annotations", "minReplicas", "canaryTrafficPercent", "timeoutSeconds"}

func fieldsTheModeDoesNotUse(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		for field := range p.extensionFields() {
			if slices.Contains(usedInEveryMode, field) || slices.Contains(p.mode.Uses, field) || field == "maxReplicas" && !p.asksForRange() {
				continue
			}
			if field == fieldPolicy || field == fieldAutoscaler && p.component.Scaling.IsByBlock() {
				continue
			}
			remedy := ": remove it"
			if instead := p.mode.InsteadOfField[field]; instead != "" {
				remedy = ": remove it; " + instead
			} else if users := modesThatUse(field); users != "" {
				remedy = fmt.Sprintf(": remove it, or choose a mode that uses it (%s)", users)
			}
			all = append(all, p.fieldIgnored(field, " in mode %s%s", p.mode.Name, remedy))
		}
	}
	return all
}

// protocolsOfNoPort are the keys of servicePortAppProtocols that are no names of ports.
func protocolsOfNoPort(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		if !slices.Contains(p.mode.Uses, "servicePortAppProtocols") {
			continue
		}
		ports := modes.NamesOfServicePorts(p.component)
		for _, key := range slices.Sorted(maps.Keys(p.spec.ServicePortAppProtocols)) {
			if !slices.Contains(ports, key) {
				all = append(all, p.fieldIgnored("servicePortAppProtocols["+key+"]",
					": the runner has no port of this name: use one of its names of ports (%s), or name a port so", cmp.Or(strings.Join(ports, ", "), "it has none")))
			}
		}
	}
	return all
}

// lifecyclesBeyondKubernetes are the fields of a lifecycle that the workload of the mode has no means
// for.
func lifecyclesBeyondKubernetes(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		lifecycle := p.spec.Lifecycle
		if lifecycle == nil || !slices.Contains(p.mode.Uses, "lifecycle") {
			continue
		}
		strategy := ptr.Deref(lifecycle.UpdateStrategy, v1beta1.LifecycleUpdateStrategy{})
		rolling := ptr.Deref(strategy.RollingUpdate, v1beta1.LifecycleRollingUpdate{})
		ofGroups := p.mode.PodsFormGroups
		kind, _ := p.mode.Workload.NameAndVersion()
		for _, row := range []struct {
			field     string
			isIgnored bool
			why       string
		}{
			{"restartPolicy", lifecycle.RestartPolicy == v1beta1.RestartRecreatesInstance && !ofGroups, "containers of a single pod restart in their place"},
			{"readyPolicy", lifecycle.ReadyPolicy != "" && lifecycle.ReadyPolicy != v1beta1.ReadyPolicyAllPods, "all pods must be ready"},
			{"instanceReadyTimeout", lifecycle.InstanceReadyTimeout != "", "pods may take as long as their startup probes allow"},
			{"minReadySeconds", lifecycle.MinReadySeconds != nil && ofGroups, "a LeaderWorkerSet has no such field"},
			{"migrationPolicy", lifecycle.MigrationPolicy != nil, "nothing moves pods"},
			{"updateStrategy.type", !slices.Contains([]string{"", v1beta1.UpdateSurgeThenDrain, v1beta1.UpdateRecreatePod}, strategy.Type), "pods are replaced, not changed in place"},
			{"updateStrategy.inPlaceUpdateStrategy", strategy.InPlaceUpdateStrategy != nil, "pods are replaced, not changed in place"},
			{"updateStrategy.rollingUpdate.partition", rolling.Partition != nil && !ofGroups, "a Deployment has no such field"},
			{"updateStrategy", lifecycle.UpdateStrategy != nil && !ofGroups && p.givesStrategy(), "deploymentStrategy wins: remove one of the two"},
			{"updateStrategy", ofGroups && p.givesStrategy() && (strategy.Type != "" || rolling.MaxSurge != nil || rolling.MaxUnavailable != nil),
				"deploymentStrategy wins over all of it but the partition: remove one of the two"},
		} {
			if row.isIgnored {
				all = append(all, p.fieldIgnored("lifecycle."+row.field, " on a %s: %s", kind, row.why))
			}
		}
	}
	return all
}

// strategiesUnknownToGroups are types of a deploymentStrategy that a LeaderWorkerSet cannot carry out. A
// Deployment is refused with such a type, and so nothing is silent there.
func strategiesUnknownToGroups(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		strategy := ptr.Deref(p.spec.DeploymentStrategy, appsv1.DeploymentStrategy{})
		known := slices.Contains([]appsv1.DeploymentStrategyType{"", appsv1.RollingUpdateDeploymentStrategyType, appsv1.RecreateDeploymentStrategyType}, strategy.Type)
		if !known && p.mode.PodsFormGroups && slices.Contains(p.mode.Uses, "deploymentStrategy") {
			all = append(all, p.fieldIgnored("deploymentStrategy.type", " with value %q on groups, which roll: write RollingUpdate or Recreate", strategy.Type))
		}
	}
	return all
}

// givesStrategy reports whether a part, or what the service says over it, has a deploymentStrategy.
func (p part) givesStrategy() bool {
	return p.spec.DeploymentStrategy != nil || p.over != nil && p.over.DeploymentStrategy != nil
}

// topologyThatPlacesNothing are the fields of a TopologySpec that the mode has no means for, or that
// lack their other half.
func topologyThatPlacesNothing(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		asked, merged := p.spec.TopologySpec, p.component.Topology
		spreads := p.mode.Name == v1beta1.RawDeployment || p.mode.Name == v1beta1.MultiNode
		isSpread := spreads && merged.TopologySpread != ""
		if asked.TopologyKey != "" && (p.mode.Name != v1beta1.MultiNode || p.component.Worker == nil) && !(isSpread && merged.TopologySpreadKey == "") {
			all = append(all, p.fieldIgnored("topologyKey", ": it keeps the workers of a group with their leader, and the %s has none in mode %s", p.component.Type, p.mode.Name))
		}
		if asked.TopologySpread != "" {
			switch {
			case !spreads:
				all = append(all, p.fieldIgnored("topologySpread", " in mode %s: write topologySpreadConstraints", p.mode.Name))
			case cmp.Or(merged.TopologySpreadKey, merged.TopologyKey) == "":
				all = append(all, p.fieldIgnored("topologySpread", " without a label of nodes: set topologySpreadKey, for example topology.kubernetes.io/zone"))
			}
		}
		if asked.TopologySpreadKey != "" && !isSpread {
			all = append(all, p.fieldIgnored("topologySpreadKey", " without topologySpread in a mode that spreads (RawDeployment, MultiNode)"))
		}
	}
	return all
}

// extensionFields yields the fields of ComponentExtensionSpec that a part sets, and that the service does
// not replace.
func (p part) extensionFields() iter.Seq[string] {
	return func(yield func(string) bool) {
		replaced := map[string]bool{}
		if p.over != nil {
			for field := range fieldsSet(p.over.ComponentExtensionSpec) {
				replaced[field] = true
			}
		}
		for field := range fieldsSet(p.spec.ComponentExtensionSpec) {
			if !replaced[field] && !yield(field) {
				return
			}
		}
	}
}

// asksForRange reports whether a part asks for more replicas than the component starts with.
func (p part) asksForRange() bool { return p.spec.MaxReplicas > int(p.component.Scaling.Min) }

// The fields of a component that name an autoscaler.
const (
	fieldAutoscaler = "autoscaler"
	fieldPolicy     = "autoscalerPolicyRef"
)

// fieldsTheAutoscalerDoesNotUse are the fields that only another autoscaler would read.
func fieldsTheAutoscalerDoesNotUse(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		why, unused := fieldsUnusedBy(p.component)
		for field := range p.extensionFields() {
			switch {
			case !slices.Contains(unused, field):
			case field != "minReplicas" && !slices.Contains(p.mode.Uses, field): // the mode's finding says so
			case field == "maxReplicas" && p.component.Scaling.Autoscaler == modes.AutoscalerNone && !p.asksForRange():
			case field == "kedaConfig" && isTurnedOff(p.spec.KedaConfig):
			default:
				all = append(all, p.fieldIgnored(field, ": %s", why))
			}
		}
	}
	return all
}

// targetsThatAreNotPercentages: a HorizontalPodAutoscaler aims at a percentage of cpu or memory.
func targetsThatAreNotPercentages(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		target, scaling := p.spec.ScaleTarget, p.component.Scaling
		if target == nil || scaling.Autoscaler != modes.AutoscalerHPA || scaling.IsByBlock() || p.over != nil && p.over.ScaleTarget != nil {
			continue
		}
		annotated, err := strconv.Atoi(p.component.Annotations[v1beta1.AnnotationTargetUtilization])
		switch followed := cmp.Or(scaling.Metric, string(v1beta1.ScaleMetricCPU)); {
		case p.owner == "" && err == nil && annotated > 0 && annotated != *target:
			all = append(all, p.fieldIgnored("scaleTarget", ", because annotation %s is %d: remove one of the two", v1beta1.AnnotationTargetUtilization, annotated))
		case err == nil && annotated > 0:
		case followed != string(v1beta1.ScaleMetricCPU) && followed != string(v1beta1.ScaleMetricMemory):
			all = append(all, p.fieldIgnored("scaleTarget", ": it is for scaleMetric %s, and a HorizontalPodAutoscaler follows a percentage of cpu instead", followed))
		case *target <= 0:
			all = append(all, p.fieldIgnored("scaleTarget", ": %d is no percentage above 0, and a default is used; set it to 1 or more", *target))
		}
	}
	return all
}

// fieldsUnusedBy are the fields that what scales a component does not read, and why.
func fieldsUnusedBy(c *modes.Component) (why string, fields []string) {
	mode, _ := modes.Of(c.Mode)
	isBlock := c.Scaling.IsByBlock()
	switch c.Scaling.Autoscaler {
	case modes.AutoscalerHPA:
		if isBlock {
			return replacedByBlock(c), []string{"scaleMetric", "scaleTarget", "kedaConfig"}
		}
		return fmt.Sprintf("a HorizontalPodAutoscaler scales the %s: set enableKeda to true to scale with KEDA", c.Type), []string{"kedaConfig"}
	case modes.AutoscalerKEDA:
		if isBlock {
			return replacedByBlock(c), []string{"scaleMetric", "scaleTarget", "kedaConfig"}
		}
		return fmt.Sprintf("KEDA scales the %s by its query", c.Type), []string{"scaleMetric", "scaleTarget"}
	case modes.AutoscalerExternal:
		who := "annotation " + v1beta1.AnnotationAutoscalerClass
		if isBlock {
			who = c.Scaling.Place
		}
		return who + " leaves the replicas to other software", []string{"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "kedaConfig"}
	case modes.AutoscalerNone:
		why = fmt.Sprintf("the %s has a fixed number of replicas, minReplicas", c.Type)
		if mode.PodsFormGroups && c.Scaling.Max > 0 && !isBlock {
			why += ": to scale groups, set maxReplicas above minReplicas, and minReplicas to 1 or more"
		}
		fields = []string{"maxReplicas", "scaleMetric", "scaleTarget", "kedaConfig"}
		if !isBlock {
			fields = append(fields, fieldAutoscaler)
		}
		return why, fields
	}
	return "", nil
}

// replacedByBlock is why what the autoscaler block of a component replaces has no effect.
func replacedByBlock(c *modes.Component) string {
	return c.Scaling.Place + " decides what scales the " + string(c.Type) + ": remove it"
}

// policiesOfAutoscalers: the kind AutoscalerPolicy is not served.
func policiesOfAutoscalers(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		if p.spec.AutoscalerPolicyRef != nil && (p.over == nil || p.over.AutoscalerPolicyRef == nil) {
			all = append(all, p.fieldIgnored(fieldPolicy,
				": isvc does not serve the kind AutoscalerPolicy: write what the policy says into the field autoscaler beside it; meanwhile the %s is scaled as without the policy", p.component.Type))
		}
	}
	return all
}

// settingsOfOtherClasses are the settings in an autoscaler block for another class than its own.
func settingsOfOtherClasses(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		block, source := p.spec.Autoscaler, modes.SourceService
		if p.owner != "" {
			source = modes.SourceRuntime
		}
		if block == nil || source != p.component.Scaling.Source || !p.component.Scaling.IsByBlock() {
			continue
		}
		if block.HPA != nil && block.Class != v1beta1.ClassHPA {
			all = append(all, p.fieldIgnored(fieldAutoscaler+".hpa", ": the class is %s: remove it, or set class to HPA", block.Class))
		}
		if block.Keda != nil && block.Class != v1beta1.ClassKEDA {
			all = append(all, p.fieldIgnored(fieldAutoscaler+".keda", ": the class is %s: remove it, or set class to KEDA", block.Class))
		}
	}
	return all
}

// isTurnedOff reports whether KEDA is turned off on purpose: then the rest of its settings may wait.
func isTurnedOff(keda *v1beta1.KedaConfig) bool {
	return keda != nil && keda.EnableKeda != nil && !*keda.EnableKeda
}

func kedaConfigOfService(in *Input) []idle {
	keda := in.Service.Spec.KedaConfig
	if keda == nil || in.isScaledByKEDA() || isTurnedOff(keda) || len(in.Components) == 0 {
		return nil
	}
	if at := slices.IndexFunc(in.Components, func(c *modes.Component) bool { return c.Scaling.IsByBlock() }); at >= 0 {
		return serviceField("spec.kedaConfig", ": %s", replacedByBlock(in.Components[at]))
	}
	return serviceField("spec.kedaConfig", ": KEDA scales no component of the service: set enableKeda to true, and maxReplicas above minReplicas where pods form groups")
}

// kedaSettingsBesideAnnotations: an annotation of KEDA wins over the setting of the same meaning.
func kedaSettingsBesideAnnotations(in *Input) []idle {
	var all []idle
	for _, setting := range []struct {
		annotation, field string
		of                func(*v1beta1.KedaConfig) string
	}{
		{v1beta1.AnnotationKedaThreshold, "scalingThreshold", func(k *v1beta1.KedaConfig) string { return k.ScalingThreshold }},
		{v1beta1.AnnotationKedaOperator, "scalingOperator", func(k *v1beta1.KedaConfig) string { return k.ScalingOperator }},
		{v1beta1.AnnotationKedaServerAddress, "promServerAddress", func(k *v1beta1.KedaConfig) string { return k.PromServerAddress }},
		{v1beta1.AnnotationKedaQuery, "customPromQuery", func(k *v1beta1.KedaConfig) string { return k.CustomPromQuery }},
	} {
		why := fmt.Sprintf(", because annotation %s replaces it: remove one of the two", setting.annotation)
		isUsed := false
		for _, p := range in.parts() {
			annotated := p.component.Annotations[setting.annotation]
			switch keda := p.spec.KedaConfig; {
			case p.owner != "" || p.component.Scaling.Autoscaler != modes.AutoscalerKEDA || p.component.Scaling.IsByBlock():
			case annotated == "":
				isUsed = true
			case keda != nil && setting.of(keda) != "" && setting.of(keda) != annotated:
				all = append(all, p.fieldIgnored("kedaConfig."+setting.field, "%s", why))
			}
		}
		shared := in.Service.Spec.KedaConfig
		if shared != nil && setting.of(shared) != "" && !isUsed && in.isScaledByKEDA() {
			all = append(all, serviceField("spec.kedaConfig."+setting.field, "%s", why)...)
		}
	}
	return all
}

// isScaledByKEDA reports whether KEDA scales a component of the service by kedaConfig.
func (in *Input) isScaledByKEDA() bool {
	return slices.ContainsFunc(in.Components, func(c *modes.Component) bool {
		return c.Scaling.Autoscaler == modes.AutoscalerKEDA && c.Scaling.Block == nil
	})
}

// podsThatDoNotRun are descriptions of pods that the mode does not make, and fields of pods that no
// workload of the mode can have.
func podsThatDoNotRun(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		if p.spec.Leader != nil && !p.mode.PodsFormGroups && in.hasOwnServer(p.component.Type) {
			all = append(all, p.fieldIgnored("leader", " in mode %s, because the component describes a pod of its own: remove one of the two", p.mode.Name))
		}
		if p.spec.Worker != nil && !p.mode.RunsWorkers {
			all = append(all, p.fieldIgnored("worker", " in mode %s, but for its size, which counts for PARALLELISM_SIZE: remove it, or choose mode %s", p.mode.Name, v1beta1.MultiNode))
		}
		for path, pod := range podsOf(p.spec) {
			if len(pod.EphemeralContainers) > 0 {
				all = append(all, p.fieldIgnored(path+"ephemeralContainers", ": no pod template can have them: remove them, and use kubectl debug"))
			}
			if !p.mode.RestartsPods {
				continue
			}
			if pod.RestartPolicy != "" && pod.RestartPolicy != corev1.RestartPolicyAlways {
				all = append(all, p.fieldIgnored(path+"restartPolicy", " in mode %s: its pods are restarted whenever they end; remove it", p.mode.Name))
			}
			if pod.ActiveDeadlineSeconds != nil {
				all = append(all, p.fieldIgnored(path+"activeDeadlineSeconds", " in mode %s: its pods run until they are replaced; remove it", p.mode.Name))
			}
		}
	}
	return all
}

// hasOwnServer reports whether service or runtime describe a complete pod of a component beside leader
// and workers.
func (in *Input) hasOwnServer(component v1beta1.ComponentType) bool {
	return slices.ContainsFunc(in.parts(), func(p part) bool {
		return p.component.Type == component && (p.spec.Runner != nil && p.spec.Runner.Image != "" || len(p.spec.Containers) > 0)
	})
}

// podsOf yields the pods that a part describes, with the paths to their fields.
func podsOf(spec *v1beta1.EngineSpec) iter.Seq2[string, *v1beta1.PodSpec] {
	return func(yield func(string, *v1beta1.PodSpec) bool) {
		if !yield("", &spec.PodSpec) {
			return
		}
		if spec.Leader != nil && !yield("leader.", &spec.Leader.PodSpec) {
			return
		}
		if spec.Worker != nil {
			yield("worker.", &spec.Worker.PodSpec)
		}
	}
}

func timeoutsWithoutRoute(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		if p.spec.TimeoutSeconds == nil || p.mode.Name == v1beta1.Serverless || in.Route.HasTimeouts() || p.over != nil && p.over.TimeoutSeconds != nil {
			continue
		}
		all = append(all, p.fieldIgnored("timeoutSeconds", " in mode %s without an HTTPRoute: remove it, or let the configuration make HTTPRoutes (enableGatewayAPI)", p.mode.Name))
	}
	return all
}

func canariesWithoutPrevious(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		percent := p.spec.CanaryTrafficPercent
		isFirst := !in.Deployed[p.component.Type]
		if p.mode.Canary == modes.CanaryInRevision {
			isFirst = p.component.Canary.Previous == ""
		}
		if percent == nil || *percent >= 100 || !isFirst ||
			p.over != nil && p.over.CanaryTrafficPercent != nil {
			continue
		}
		all = append(all, p.fieldIgnored("canaryTrafficPercent", " yet: no revision was rolled out before, so all requests go to the first one"))
	}
	return all
}

// fieldsSet yields the fields of a struct that are not zero, by their JSON names in their order, those of
// inlined structs among them.
func fieldsSet(of any) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		v := reflect.ValueOf(of)
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			switch {
			case name == "" && strings.Contains(options, "inline"):
				for inner, value := range fieldsSet(v.Field(i).Interface()) {
					if !yield(inner, value) {
						return
					}
				}
			case !v.Field(i).IsZero() && !yield(name, v.Field(i)):
				return
			}
		}
	}
}
