package ignored

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"

	"github.com/isvc-io/isvc/api/spelling"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
)

// place is the kind of object that an annotation is written for.
type place int

const (
	// onBoth: on a service for all of its components, or on a component.
	onBoth place = iota
	onService
	onEngine
	onModel
	onRuntime
	// onNothing: isvc or Kubernetes writes it.
	onNothing
)

// annotationRule says where an annotation is read, and when it has no effect there.
type annotationRule struct {
	key string
	on  place
	// values are all that it may have; nil where any text will do.
	values []string
	// unread returns why a component does not read it; "" where it does. Nil where every component does.
	unread func(in *Input, c *modes.Component, value string) string
	// unreadByService is the same for an annotation of the service as a whole.
	unreadByService func(in *Input, value string) string
}

// annotationRules are the annotations of api/v1beta1 that somebody writes, in the order of that file.
func annotationRules() []annotationRule {
	yesOrNo := []string{"true", "false"}
	return []annotationRule{
		{key: v1beta1.AnnotationAutoscalerClass, unread: unreadByAutoscaler},
		{key: v1beta1.AnnotationMetrics, unread: unreadMetric},
		{key: v1beta1.AnnotationTargetUtilization, unread: onlyScaledBy(modes.AutoscalerHPA)},
		{key: v1beta1.AnnotationEnableTagRouting, values: yesOrNo, unread: onlyInServerless},
		{key: v1beta1.AnnotationServiceType, values: []string{"LoadBalancer", "NodePort", "ClusterIP"}, unread: unreadServiceType},
		{key: v1beta1.AnnotationLoadBalancerIP, unread: unreadLoadBalancerIP},
		{key: v1beta1.AnnotationAcceleratorClass, on: onService, unreadByService: func(in *Input, _ string) string {
			return unless(in.Runtime != nil, "it restricts runtimes, and the service needs none: name the class in spec.acceleratorSelector.acceleratorClass")
		}},
		{key: v1beta1.AnnotationRuntimeSync, on: onService, unreadByService: func(in *Input, _ string) string {
			runtime := in.Service.Spec.Runtime
			isPinned := runtime != nil && runtime.AutoSync != nil && !*runtime.AutoSync
			return unless(isPinned, "it is for services with spec.runtime.autoSync false: use "+v1beta1.AnnotationRelease)
		}},
		{key: v1beta1.AnnotationEntrypointComponent, on: onService, unreadByService: func(*Input, string) string {
			return "the router takes the requests, else the engine: remove it"
		}},
		{key: v1beta1.AnnotationIngressDomain, on: onService, unreadByService: func(in *Input, value string) string {
			hasOthers := in.Route.Config.PathTemplate != "" || len(in.Route.Config.AdditionalIngressDomains) > 0
			return cmp.Or(withoutRoutes(in, value), unless(!in.entryIsServerless() || hasOthers, "the domain of a serverless service is Knative's"))
		}},
		{key: v1beta1.AnnotationIngressDomainTemplate, on: onService, unreadByService: func(in *Input, value string) string {
			return cmp.Or(withoutRoutes(in, value), unless(!in.entryIsServerless(), "the host of a serverless service is Knative's: see domain-template in its ConfigMap config-network"))
		}},
		{key: v1beta1.AnnotationIngressURLScheme, on: onService, unreadByService: withoutRoutes},
		{key: v1beta1.AnnotationIngressPathTemplate, on: onService, unreadByService: withoutRoutes},
		{key: v1beta1.AnnotationIngressAdditionalDomains, on: onService, unreadByService: withoutRoutes},
		{key: v1beta1.AnnotationIngressDisableIstioVirtualHost, on: onService, values: yesOrNo, unreadByService: func(in *Input, value string) string {
			return cmp.Or(withoutRoutes(in, value), unless(in.entryIsServerless(), "only services whose entry is serverless have a VirtualService"))
		}},
		{key: v1beta1.AnnotationIngressDisableCreation, on: onService, values: yesOrNo},
		{key: v1beta1.AnnotationIngressGateway, on: onService, unreadByService: withoutHTTPRoutes},
		{key: v1beta1.AnnotationIngressAdditionalGateways, on: onService, unreadByService: func(in *Input, value string) string {
			_, isList := modes.AdditionalGatewaysIn(value)
			return cmp.Or(withoutHTTPRoutes(in, value), unless(isList, `it is no list of Gateways, and those of the configuration count: write JSON such as [{"omeIngressGateway": "namespace/name", "ingressDomain": "example.com"}]`))
		}},
		{key: v1beta1.AnnotationIngressPerISVCSubdomain, on: onService, values: yesOrNo, unreadByService: withoutHTTPRoutes},
		{key: v1beta1.AnnotationIngressSharedHostPrefix, on: onService, unreadByService: func(in *Input, value string) string {
			return cmp.Or(withoutHTTPRoutes(in, value), unless(in.Route.Config.SharesHost(), "the service has a host of its own: set "+v1beta1.AnnotationIngressPerISVCSubdomain+` to "false", or remove it`))
		}},
		{key: v1beta1.AnnotationIngressConsistentHashHeaders, on: onService, unreadByService: func(*Input, string) string {
			return trafficPolicyInstead
		}},
		{key: v1beta1.AnnotationInjectModelInit, values: yesOrNo, unread: replacedByWeight(v1beta1.AnnotationInjectModelInit)},
		{key: v1beta1.AnnotationInjectFineTunedAdapter, unread: replacedByWeight(v1beta1.AnnotationInjectFineTunedAdapter)},
		{key: v1beta1.AnnotationInjectServingSidecar, values: yesOrNo, unread: whereModelsAre},
		{key: v1beta1.AnnotationDisableModelDecryption, values: yesOrNo, unread: onlyBeside(v1beta1.AnnotationInjectModelInit)},
		{key: v1beta1.AnnotationEnableMetricAggregation, values: yesOrNo, unread: unreadAggregation},
		{key: v1beta1.AnnotationEnablePrometheusScraping, values: yesOrNo},
		{key: v1beta1.AnnotationMetricsPort, unread: unreadProxySetting},
		{key: v1beta1.AnnotationMetricsPath, unread: unreadProxySetting},
		{key: v1beta1.AnnotationRDMAAutoInject, values: yesOrNo, unread: whereModelsAre},
		{key: v1beta1.AnnotationRDMAProfile, unread: onlyBeside(v1beta1.AnnotationRDMAAutoInject)},
		{key: v1beta1.AnnotationRDMAContainerName, unread: onlyBeside(v1beta1.AnnotationRDMAAutoInject)},

		{key: v1beta1.AnnotationShmProfile, values: []string{"default"}},
		{key: v1beta1.AnnotationProbeProfile, values: []string{"sglang-http", "vllm-http"}},
		{key: v1beta1.AnnotationProbePort, unread: onlyBesideAny(v1beta1.AnnotationProbeProfile)},
		{key: v1beta1.AnnotationObservabilityProfile, values: []string{"prometheus"}},
		{key: v1beta1.AnnotationObservabilityPort, unread: onlyBesideAny(v1beta1.AnnotationObservabilityProfile)},
		{key: v1beta1.AnnotationProfileContainerName, unread: onlyBesideAny(v1beta1.AnnotationProbeProfile, v1beta1.AnnotationShmProfile)},

		{key: v1beta1.AnnotationBaseModelName, unread: replacedByIsvc(v1beta1.AnnotationBaseModelName)},
		{key: v1beta1.AnnotationBaseModelVendor, unread: descriptionOfWeight(v1beta1.AnnotationBaseModelVendor)},
		{key: v1beta1.AnnotationBaseModelFormat, unread: replacedByIsvc(v1beta1.AnnotationBaseModelFormat)},
		{key: v1beta1.AnnotationBaseModelFormatVersion, unread: replacedByIsvc(v1beta1.AnnotationBaseModelFormatVersion)},
		{key: v1beta1.AnnotationServingRuntime, unread: replacedByIsvc(v1beta1.AnnotationServingRuntime)},
		{key: v1beta1.AnnotationFineTunedStrategy, unread: descriptionOfWeight(v1beta1.AnnotationFineTunedStrategy)},
		{key: v1beta1.AnnotationFineTunedMerged, values: yesOrNo, unread: func(in *Input, c *modes.Component, value string) string {
			return cmp.Or(whereModelsAre(in, c, value), replacedByIsvc(v1beta1.AnnotationFineTunedMerged)(in, c, value))
		}},

		{key: v1beta1.AnnotationDecryptionKeyName, unread: onlyBeside(v1beta1.AnnotationInjectModelInit)},
		{key: v1beta1.AnnotationDecryptionSecretName, unread: onlyBeside(v1beta1.AnnotationInjectModelInit)},
		{key: v1beta1.AnnotationModelCategory, on: onModel},

		{key: v1beta1.AnnotationInheritFrom, on: onRuntime},
		{key: v1beta1.AnnotationRuntimeProfile, on: onRuntime},
		{key: v1beta1.AnnotationEngine, on: onRuntime},

		{key: v1beta1.AnnotationExtraEndpoints, unread: func(*Input, *modes.Component, string) string {
			return "isvc makes PodMonitors for its own queries only: write one for the port, and remove it"
		}},
		{key: v1beta1.AnnotationResetInstances, unread: func(*Input, *modes.Component, string) string {
			return "only OME's own controller reads it: use kubectl rollout restart for the pods of a Deployment, and remove it"
		}},

		{key: v1beta1.AnnotationVolcanoQueue},
		{key: v1beta1.AnnotationDedicatedAICluster, unread: func(_ *Input, c *modes.Component, _ string) string {
			_, replaced := c.Annotations[v1beta1.AnnotationVolcanoQueue]
			return unless(!replaced, v1beta1.AnnotationVolcanoQueue+" names the queue: remove one of the two")
		}},
		{key: v1beta1.AnnotationKueueEnabled, unread: func(_ *Input, c *modes.Component, _ string) string {
			return unless(c.QueueLabels[v1beta1.LabelKueueQueue] != "", "no queue is named: add "+v1beta1.AnnotationDedicatedAICluster)
		}},
		{key: v1beta1.AnnotationVolcano},

		{key: v1beta1.AnnotationKedaThreshold, unread: onlyScaledBy(modes.AutoscalerKEDA)},
		{key: v1beta1.AnnotationKedaOperator, unread: onlyScaledBy(modes.AutoscalerKEDA)},
		{key: v1beta1.AnnotationKedaServerAddress, unread: onlyScaledBy(modes.AutoscalerKEDA)},
		{key: v1beta1.AnnotationKedaQuery, unread: onlyScaledBy(modes.AutoscalerKEDA)},

		{key: v1beta1.AnnotationKnativeClass, unread: onlyInServerless},
		{key: v1beta1.AnnotationKnativeMinScale, unread: replacedByField("minReplicas")},
		{key: v1beta1.AnnotationKnativeMaxScale, unread: replacedByField("maxReplicas")},
		{key: v1beta1.AnnotationKnativeTarget, unread: func(in *Input, c *modes.Component, value string) string {
			return cmp.Or(onlyInServerless(in, c, value), unless(c.Scaling.Target == nil, "scaleTarget replaces it: remove one of the two"))
		}},
		{key: v1beta1.AnnotationKnativeMetric, unread: func(in *Input, c *modes.Component, value string) string {
			return cmp.Or(onlyInServerless(in, c, value), unless(c.Scaling.Metric == "", "scaleMetric replaces it: remove one of the two"))
		}},
		{key: v1beta1.AnnotationKnativeRolloutDuration, unread: onlyInServerless},
		{key: v1beta1.AnnotationKnativePassthrough, unread: onlyInServerless},

		{key: v1beta1.AnnotationOnUpgrade, on: onService},
		{key: v1beta1.AnnotationOnCatalogueChange, on: onService},
		{key: v1beta1.AnnotationRelease, on: onService},
		{key: v1beta1.AnnotationPairRevision, on: onService, values: yesOrNo, unreadByService: func(in *Input, _ string) string {
			return unless(in.Service.Spec.Engine != nil && in.Service.Spec.Decoder != nil, "it is for services with an engine and a decoder")
		}},
		{key: v1beta1.AnnotationInput, on: onNothing},
		{key: v1beta1.AnnotationFormerTemplate, on: onNothing},
		{key: v1beta1.AnnotationScheduling, on: onNothing},
		{key: v1beta1.AnnotationRayOverwriteCommand, values: yesOrNo, unread: onlyOnRay},
		{key: v1beta1.AnnotationRayUnavailableSince, on: onNothing},
		{key: v1beta1.AnnotationDeploymentRevision, on: onNothing},
		{key: v1beta1.AnnotationStorageInitializerSourceURI, on: onNothing},
	}
}

// unless is why something has no effect, or "" where the condition holds.
func unless(condition bool, why string) string {
	if condition {
		return ""
	}
	return why
}

func unreadByAutoscaler(_ *Input, c *modes.Component, value string) string {
	switch used := c.Scaling.Autoscaler; {
	case c.Scaling.IsByBlock():
		return replacedByBlock(c)
	case value == "" || string(used) == value:
		return ""
	case used == modes.AutoscalerKnative:
		return "Knative scales the " + string(c.Type)
	case used == modes.AutoscalerNone:
		return "the " + string(c.Type) + " has a fixed number of replicas: where pods form groups, set maxReplicas above minReplicas, and minReplicas to 1 or more"
	}
	return fmt.Sprintf("%s scales the %s, because kedaConfig.enableKeda is false", c.Scaling.Autoscaler, c.Type)
}

func unreadMetric(_ *Input, c *modes.Component, value string) string {
	followed := cmp.Or(c.Scaling.Metric, string(v1beta1.ScaleMetricCPU))
	if c.Scaling.IsByBlock() {
		return replacedByBlock(c)
	}
	isFollowed := c.Scaling.Autoscaler == modes.AutoscalerHPA && followed == value
	return unless(isFollowed, "what the autoscaler follows is scaleMetric of the component")
}

func onlyScaledBy(wanted modes.Autoscaler) func(*Input, *modes.Component, string) string {
	return func(_ *Input, c *modes.Component, _ string) string {
		if c.Scaling.IsByBlock() {
			return replacedByBlock(c)
		}
		return unless(c.Scaling.Autoscaler == wanted, fmt.Sprintf("what decides the replicas of the %s is %q, and not %q", c.Type, c.Scaling.Autoscaler, wanted))
	}
}

func onlyInServerless(_ *Input, c *modes.Component, _ string) string {
	return unless(c.Mode == v1beta1.Serverless, fmt.Sprintf("the %s is not serverless but %s", c.Type, c.Mode))
}

func onlyOnRay(_ *Input, c *modes.Component, _ string) string {
	return unless(c.Mode == v1beta1.MultiNodeRayVLLM, fmt.Sprintf("the %s runs on no Ray cluster but is %s", c.Type, c.Mode))
}

func unreadServiceType(_ *Input, c *modes.Component, _ string) string {
	mode, _ := modes.Of(c.Mode)
	return unless(!mode.MakesService, "Knative makes the Service of the "+string(c.Type))
}

func unreadLoadBalancerIP(in *Input, c *modes.Component, value string) string {
	return cmp.Or(unreadServiceType(in, c, value), unless(c.Annotations[v1beta1.AnnotationServiceType] == "LoadBalancer",
		"it is for Services of type LoadBalancer: set "+v1beta1.AnnotationServiceType))
}

func withoutRoutes(in *Input, _ string) string {
	return unless(!in.Route.Config.DisableIngressCreation, "the service has no routes: set "+v1beta1.AnnotationIngressDisableCreation+` to "false", or disableIngressCreation of the configuration`)
}

// withoutHTTPRoutes is why what is about HTTPRoutes has no effect; "" where they lead to the service.
func withoutHTTPRoutes(in *Input, value string) string {
	return cmp.Or(withoutRoutes(in, value), unless(in.Route.HasTimeouts(), "only HTTPRoutes have it, and others lead to the service: see enableGatewayAPI"))
}

// entryIsServerless reports whether the component that takes the requests to the service is serverless.
func (in *Input) entryIsServerless() bool {
	entry := in.Route.EntryComponent()
	return entry != nil && entry.Mode == v1beta1.Serverless
}

func whereModelsAre(_ *Input, c *modes.Component, _ string) string {
	return unless(c.Type != v1beta1.RouterComponent, "a router loads no model")
}

// replacedByWeight is for annotations that a fine-tuned weight of the service decides.
func replacedByWeight(key string) func(*Input, *modes.Component, string) string {
	return func(in *Input, c *modes.Component, value string) string {
		return cmp.Or(whereModelsAre(in, c, value),
			unless(c.Annotations[key] == value, fmt.Sprintf("the fine-tuned weight of the service makes it %q: remove it", c.Annotations[key])))
	}
}

// onlyBeside is for settings of something that another annotation turns on.
func onlyBeside(key string) func(*Input, *modes.Component, string) string {
	return func(in *Input, c *modes.Component, value string) string {
		return cmp.Or(whereModelsAre(in, c, value), unless(c.Annotations[key] == "true", key+` is not "true"`))
	}
}

// onlyBesideAny is for settings of something that one of other annotations turns on.
func onlyBesideAny(keys ...string) func(*Input, *modes.Component, string) string {
	return func(_ *Input, c *modes.Component, _ string) string {
		isThere := slices.ContainsFunc(keys, func(key string) bool { return c.Annotations[key] != "" })
		return unless(isThere, "it is a setting of "+strings.Join(keys, " or ")+", which is not there")
	}
}

func unreadAggregation(in *Input, c *modes.Component, value string) string {
	scrapes := cmp.Or(c.Annotations[v1beta1.AnnotationEnablePrometheusScraping], in.Config.Metrics.EnablePrometheusScraping) == "true"
	return unless(value == "false" || scrapes || podspec.ContainerNamed(c.Pod.Containers, "queue-proxy") != nil,
		"the pod has no container queue-proxy, and its metrics are not scraped: set "+v1beta1.AnnotationEnablePrometheusScraping)
}

func unreadProxySetting(in *Input, c *modes.Component, _ string) string {
	aggregates := cmp.Or(c.Annotations[v1beta1.AnnotationEnableMetricAggregation], in.Config.Metrics.EnableMetricAggregation) == "true"
	return unless(aggregates && podspec.ContainerNamed(c.Pod.Containers, "queue-proxy") != nil,
		"it is for pods with a container queue-proxy that aggregates metrics ("+v1beta1.AnnotationEnableMetricAggregation+`: "true")`)
}

// replacedByIsvc is for annotations that isvc writes where it knows better.
func replacedByIsvc(key string) func(*Input, *modes.Component, string) string {
	return func(_ *Input, c *modes.Component, value string) string {
		return unless(c.Annotations[key] == value, fmt.Sprintf("isvc writes %q: remove it", c.Annotations[key]))
	}
}

// descriptionOfWeight is for what the containers of a fine-tuned weight read.
func descriptionOfWeight(key string) func(*Input, *modes.Component, string) string {
	return func(in *Input, c *modes.Component, value string) string {
		isRead := c.Annotations[v1beta1.AnnotationInjectFineTunedAdapter] != "" || c.Annotations[v1beta1.AnnotationInjectServingSidecar] == "true" ||
			c.Annotations[v1beta1.AnnotationInjectModelInit] == "true"
		return cmp.Or(whereModelsAre(in, c, value), replacedByIsvc(key)(in, c, value), unless(isRead, "only the containers of a fine-tuned weight read it"))
	}
}

func replacedByField(field string) func(*Input, *modes.Component, string) string {
	return func(*Input, *modes.Component, string) string {
		return field + " of the component replaces it: remove it"
	}
}

// annotationsThatDoNothing looks at the annotations of the service, of its components and of the templates
// for them.
func annotationsThatDoNothing(in *Input) []idle {
	all := in.annotationsOfService()
	for _, p := range in.parts() {
		for _, key := range slices.Sorted(maps.Keys(p.spec.Annotations)) {
			if why := in.whyIgnoredOnPart(p, key); why != "" {
				all = append(all, annotationIgnored(p.owner+p.path+".annotations["+key+"]", why))
			}
		}
	}
	return all
}

func annotationIgnored(where, why string) idle {
	return idle{subject: "service/annotations", reason: ReasonAnnotationIgnored, where: []string{where}, why: ": " + why}
}

func (in *Input) annotationsOfService() []idle {
	var all []idle
	for _, key := range slices.Sorted(maps.Keys(in.Given.Annotations)) {
		if why := in.whyIgnoredOnService(key, in.Given.Annotations[key]); why != "" {
			all = append(all, annotationIgnored("metadata.annotations["+key+"]", why))
		}
	}
	return all
}

func (in *Input) whyIgnoredOnService(key, value string) string {
	if key == v1beta1.AnnotationDeploymentMode {
		return in.whyModeOfServiceIgnored(value)
	}
	rule, known := ruleOf(key)
	if !known {
		return whyUnknown(key)
	}
	if why := rule.whyNotWrittenHere(value); why != "" {
		return why
	}
	switch {
	case rule.unreadByService != nil:
		return rule.unreadByService(in, value)
	case rule.unread == nil || rule.on == onService:
		return ""
	case key == v1beta1.AnnotationServiceType && in.Route.Config.DisableIngressCreation:
		return "" // the external Service has the type too
	}
	return in.whyNoComponentReads(rule, key, value)
}

// whyNoComponentReads is why no component reads an annotation of the service; "" where one does, or has a
// value of its own.
func (in *Input) whyNoComponentReads(rule annotationRule, key, value string) string {
	replaced := map[v1beta1.ComponentType]bool{}
	for _, p := range in.parts() {
		if _, hasOwn := p.spec.Annotations[key]; hasOwn {
			replaced[p.component.Type] = true
		}
	}
	first := ""
	for _, c := range in.Components {
		why := "the " + string(c.Type) + " has a value of its own"
		if !replaced[c.Type] {
			why = rule.unread(in, c, value)
		}
		if why == "" {
			return ""
		}
		first = cmp.Or(first, why)
	}
	return first
}

func (in *Input) whyIgnoredOnPart(p part, key string) string {
	value := p.spec.Annotations[key]
	if key == v1beta1.AnnotationDeploymentMode {
		return whyModeOfPartIgnored(p, value)
	}
	if p.over != nil {
		if _, replaced := p.over.Annotations[key]; replaced {
			return ""
		}
	}
	rule, known := ruleOf(key)
	if !known {
		return whyUnknown(key)
	}
	if rule.on == onService {
		return "it is for the service as a whole: write it in metadata.annotations of the InferenceService"
	}
	if why := rule.whyNotWrittenHere(value); why != "" || rule.unread == nil {
		return why
	}
	return rule.unread(in, p.component, value)
}

// whyNotWrittenHere is why nobody reads an annotation with this value on a service or a component; "" where it
// may be written there.
func (r annotationRule) whyNotWrittenHere(value string) string {
	switch {
	case r.on == onModel:
		return "write it on the model"
	case r.on == onRuntime:
		return "it is for runtimes: write it in metadata.annotations of the runtime"
	case r.on == onNothing:
		return "it is written by controllers: remove it"
	case r.values != nil && !slices.Contains(r.values, value):
		return wrongValue(value, r.values)
	}
	return ""
}

// whyModeOfServiceIgnored: on a service, the mode says how the status is aggregated, whatever its components
// become; OME's webhook writes it there.
func (in *Input) whyModeOfServiceIgnored(value string) string {
	mode := v1beta1.DeploymentMode(value)
	if mode == v1beta1.VirtualDeployment || mode == v1beta1.PDDisaggregated && in.Service.Spec.Decoder != nil {
		return ""
	}
	if mode == v1beta1.OMENative {
		return "on a service it only says how the status is aggregated: write it in spec.deploymentMode"
	}
	if _, known := modes.Of(mode); !known {
		return wrongValue(value, append(modeNames(), string(v1beta1.VirtualDeployment)))
	}
	var others []string
	for _, c := range in.Components {
		if c.Mode == mode {
			return ""
		}
		others = append(others, fmt.Sprintf("the %s is %s", c.Type, c.Mode))
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("on a service it only says how the status is aggregated, and %s: to deploy the engine as %s, write it in spec.engine.annotations",
		strings.Join(others, ", "), value)
}

func whyModeOfPartIgnored(p part, value string) string {
	named, _ := modes.NamedMode(p.component.Type, value, "")
	_, known := modes.Of(v1beta1.DeploymentMode(value))
	switch {
	case named == v1beta1.OMENative:
		return ""
	case named == "" && known:
		return fmt.Sprintf("on a %s only RawDeployment and OMENative are read, and it is %s: describe leader and worker for groups, minReplicas 0 for a serverless router", p.component.Type, p.component.Mode)
	case named == "":
		return wrongValue(value, append(modeNames(), string(v1beta1.OMENative)))
	case v1beta1.DeploymentMode(value) != p.component.Mode && p.over == nil:
		return fmt.Sprintf("the engine is %s, because an engine beside a decoder is never serverless", p.component.Mode)
	}
	return ""
}

func modeNames() []string {
	var all []string
	for _, mode := range modes.All() {
		all = append(all, string(mode.Name))
	}
	return all
}

// wrongValue names the values that there are, and the one that is probably meant.
func wrongValue(value string, values []string) string {
	text := fmt.Sprintf("%q is not one of %s", value, strings.Join(values, ", "))
	if meant := spelling.Nearest(value, values); meant != "" {
		text += fmt.Sprintf(": did you mean %s?", meant)
	}
	return text
}

// whyUnknown is why a key that no rule knows has no effect; "" for a key of others.
func whyUnknown(key string) string {
	domain, name, hasDomain := strings.Cut(key, "/")
	if !hasDomain {
		domain, name = "", key
	}
	if isWrittenByIsvc(key) {
		return ""
	}
	for _, prefix := range trafficPrefixes {
		if strings.HasPrefix(key, prefix) {
			return trafficPolicyInstead
		}
	}
	meant := nearestKey(domain, name)
	switch isOurs := isOurDomain(domain); {
	case isOurs && meant != "":
		return "there is no such annotation: did you mean " + meant + "?"
	case isOurs:
		return "there is no such annotation: remove it, see docs/configuration.md for those that there are"
	case meant != "":
		return "did you mean " + meant + "?"
	}
	return ""
}

// trafficPrefixes begin the annotations of which OME v1.3 makes policies of gateways.
var trafficPrefixes = []string{
	v1beta1.AnnotationPrefixCircuitBreaker, v1beta1.AnnotationPrefixRetry, v1beta1.AnnotationPrefixTrafficTimeout,
	v1beta1.AnnotationPrefixBackendTrafficPolicy, v1beta1.AnnotationPrefixDestinationRule,
}

// trafficPolicyInstead is what to do in place of asking for a policy of a gateway.
const trafficPolicyInstead = "isvc writes no policies of gateways: write a BackendTrafficPolicy of Envoy Gateway for the HTTPRoutes of the service, " +
	"or a DestinationRule of Istio for its Service objects, and remove it"

// isWrittenByIsvc: these are on services that isvc or OME wrote them on, and say something to people.
func isWrittenByIsvc(key string) bool {
	return key == v1beta1.AnnotationDeprecationWarning || strings.HasPrefix(key, v1beta1.AnnotationPrefixLintIgnore)
}

// isOurDomain reports whether only isvc and OME read keys of a domain.
func isOurDomain(domain string) bool {
	return domain == "ome.io" || domain == "isvc.io" || strings.HasSuffix(domain, ".ome.io") || strings.HasSuffix(domain, ".isvc.io")
}

// kserveDomains are the domains of the projects from which services come to OME.
var kserveDomains = []string{"serving.kserve.io", "serving.kubeflow.org"}

// nearestKey is the annotation of ours that is meant by a key that is not one; "" where none is.
func nearestKey(domain, name string) string {
	isNear := isOurDomain(domain) || slices.Contains(kserveDomains, domain) ||
		domain != "" && (levenshtein.ComputeDistance(domain, "ome.io") == 1 || levenshtein.ComputeDistance(domain, "isvc.io") == 1)
	var names []string
	keys := map[string]string{}
	for _, key := range append(slices.Sorted(maps.Keys(rulesByKey())), v1beta1.AnnotationDeploymentMode) {
		known, short, _ := strings.Cut(key, "/")
		if !isOurDomain(known) || domain == "" && !isDistinctive(short) || domain != "" && !isNear {
			continue
		}
		if _, taken := keys[short]; !taken || known == domain {
			keys[short] = key
		}
		names = append(names, short)
	}
	return keys[spelling.Nearest(name, names)]
}

// isDistinctive reports whether a name without a domain can only mean the annotation of ours.
func isDistinctive(name string) bool {
	return name != "metrics" && name != "port" && name != "path" && name != "profile" && name != "container-name" && name != "release" && name != "input"
}

func ruleOf(key string) (annotationRule, bool) {
	rule, known := rulesByKey()[key]
	return rule, known
}

// rulesByKey are annotationRules by their key.
var rulesByKey = sync.OnceValue(func() map[string]annotationRule {
	index := map[string]annotationRule{}
	for _, rule := range annotationRules() {
		index[rule.key] = rule
	}
	return index
})

// labelsThatAreAnnotations: a label with the key of an annotation is read by nothing.
func labelsThatAreAnnotations(in *Input) []idle {
	var all []idle
	look := func(where string, labels map[string]string) {
		for _, key := range slices.Sorted(maps.Keys(labels)) {
			_, isAnnotation := ruleOf(key)
			switch {
			case isAnnotation || key == v1beta1.AnnotationDeploymentMode:
				all = append(all, annotationIgnored(where+".labels["+key+"]", "it is an annotation: write it in "+where+".annotations"))
			case key == v1beta1.LabelOMEVisibility:
				all = append(all, annotationIgnored(where+".labels["+key+"]", "use the label "+v1beta1.LabelKnativeVisibility))
			}
		}
	}
	look("metadata", in.Given.Labels)
	for _, p := range in.parts() {
		look(p.owner+p.path, p.spec.Labels)
	}
	return all
}

// annotationsOfTheCatalogue: what is written on a runtime's or a model's own metadata reaches no service,
// except for what is for models.
func annotationsOfTheCatalogue(in *Input) []idle {
	var all []idle
	look := func(object string, annotations map[string]string, allowed ...string) {
		for _, key := range slices.Sorted(maps.Keys(annotations)) {
			_, isOurs := ruleOf(key)
			if (isOurs || key == v1beta1.AnnotationDeploymentMode) && !slices.Contains(allowed, key) {
				all = append(all, annotationIgnored(object+" metadata.annotations["+key+"]", "it is not read there: write it on the InferenceService, or for all services of a runtime in spec.engineConfig.annotations"))
			}
		}
	}
	if in.Runtime != nil {
		look(in.runtimeName(), in.Runtime.Meta.Annotations, v1beta1.AnnotationInheritFrom, v1beta1.AnnotationRuntimeProfile, v1beta1.AnnotationEngine)
		for _, key := range slices.Sorted(maps.Keys(in.Runtime.Meta.Annotations)) {
			if why := in.whyIgnoredOnRuntime(key); why != "" {
				all = append(all, annotationIgnored(in.runtimeName()+" metadata.annotations["+key+"]", why))
			}
		}
	}
	if in.Model != nil {
		look(in.Model.Kind+"/"+in.Model.Name, in.Model.Meta.Annotations,
			v1beta1.AnnotationDecryptionKeyName, v1beta1.AnnotationDecryptionSecretName, v1beta1.AnnotationModelCategory)
	}
	return all
}

// whyIgnoredOnRuntime is why an annotation that is for runtimes has no effect on the one in use; "" for
// others.
func (in *Input) whyIgnoredOnRuntime(key string) string {
	switch {
	case key == v1beta1.AnnotationInheritFrom && in.Runtime.Selected:
		return "a runtime that is selected for a model does not inherit: name it in spec.runtime.name of the service"
	case key == v1beta1.AnnotationRuntimeProfile && in.Runtime.Meta.Annotations[key] == "true":
		return "the service uses the runtime all the same: set spec.disabled to true, and name one that inherits from it"
	case key == v1beta1.AnnotationEngine:
		return "isvc has no presets of runtimes: write out engineConfig, decoderConfig and routerConfig"
	}
	return ""
}
