// Package config reads the ConfigMap inferenceservice-config.
//
// Every value of the ConfigMap is a JSON document. A section that is absent has the defaults that
// OME gives it; a ConfigMap that is absent has the values that OME ships, except for those of an
// account. A section that cannot be read keeps its defaults and is listed in Problems, so that the
// caller can hold what depends on it.
package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/isvc-io/isvc/api/config/template"
	"github.com/isvc-io/isvc/api/quantity"
)

// MapName is the name of the ConfigMap that holds the configuration.
const MapName = "inferenceservice-config"

// The sections of the ConfigMap.
const (
	SectionDeploy           = "deploy"
	SectionIngress          = "ingress"
	SectionProber           = "multinodeProber"
	SectionMetrics          = "metricsAggregator"
	SectionModelInit        = "modelInit"
	SectionFineTunedAdapter = "fineTunedAdapter"
	SectionServingSidecar   = "servingSidecar"
	SectionKeda             = "kedaConfig"
	SectionRollout          = "rollout"
	SectionBudget           = "podDisruptionBudget"
	SectionAccelerators     = "acceleratorResources"
)

// Config is the whole configuration. It is never changed after Parse.
type Config struct {
	Deploy           Deploy
	Ingress          Ingress
	Prober           Prober
	Metrics          Metrics
	ModelInit        Injector
	FineTunedAdapter Injector
	ServingSidecar   Injector
	Keda             Keda
	Rollout          Rollout
	Budget           DisruptionBudgets
	// Accelerators are the names in the section "acceleratorResources".
	Accelerators KeyPatterns
	// ClusterDomain is the DNS domain of the cluster, "cluster.local" by default.
	ClusterDomain string
	// Problems says why sections could not be used, by the name of the section.
	Problems map[string]string
	// Unknown says which keys of sections do not exist or have no effect, and which sections are
	// probably misspelt, sorted.
	Unknown []string
	// Sections are the sections as the ConfigMap has them, by name; nil without a ConfigMap.
	Sections map[string]string
}

// Deploy is the section "deploy".
type Deploy struct {
	// DefaultDeploymentMode is Serverless or RawDeployment: the mode of services that do not name
	// one. It decides how the status is aggregated, not how a component is deployed.
	DefaultDeploymentMode string `json:"defaultDeploymentMode"`
	// TemplateLabels are the labels of a service that its pods have beside those that isvc and
	// known controllers read on pods: patterns such as "team" or "example.com/*". A star stands for
	// any text, slashes too; "*" is what OME does: every label reaches the pods, and a change of
	// one restarts them. Unlike OME: the key does not exist there.
	TemplateLabels KeyPatterns `json:"templateLabels"`
	// TemplateAnnotations are the same for annotations. With "*", annotations of tools still reach
	// nothing. Unlike OME: the key does not exist there.
	TemplateAnnotations KeyPatterns `json:"templateAnnotations"`
	// AcceleratorResources are resources of pods that are accelerators, one a device, beside those of
	// known vendors and those of accelerator classes: patterns such as "example.com/npu" or
	// "example.com/npu-*". They count in PARALLELISM_SIZE, and a component has one kind of them.
	// Unlike OME: the key does not exist there.
	AcceleratorResources KeyPatterns `json:"acceleratorResources"`
	// Replicas are the bounds of components for which neither the service nor the runtime says one:
	// defaultMinReplicas for all components, and defaultMaxReplicas with engine, decoder and router,
	// each a number of 1 or more. The greatest is raised to the least. Default: 1, and at most 3 of an
	// engine or decoder and 2 of a router.
	Replicas ReplicaDefaults `json:"replicas"`
	// TerminationGracePeriodSeconds is the time between the stop signal and the kill of pods for which
	// neither the service nor the runtime says one, 1 or more. Knative decides it for serverless
	// components. Default: 30.
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds"`
	// MinReadySeconds is how long a new pod of a Deployment must be ready before an update goes on, 0
	// or more. Other workloads have no such time. Default: 0. Unlike OME: there it is for mode OMENative.
	MinReadySeconds *int32 `json:"minReadySeconds"`
	// AcceleratorStrategy is the rolling update of Deployments and of groups whose pods have accelerators,
	// where neither the service nor the runtime gives a deploymentStrategy or a lifecycle with bounds:
	// maxSurge and maxUnavailable, each a number or a percentage up to "100%", not both 0; in groups they
	// count groups. With maxSurge 0 and maxUnavailable 1 an update needs no free accelerators, and a
	// component of one replica does not serve meanwhile. Default: a Deployment adds one pod before one goes,
	// and of groups one goes and one is added. Unlike OME: the key does not exist there.
	AcceleratorStrategy *RollingUpdate `json:"acceleratorStrategy"`
	// HPAScaleToZero true lets a HorizontalPodAutoscaler with a metric of type Object or External, which
	// needs no pods, have minReplicas 0. Kubernetes before 1.37 refuses it unless its feature gate
	// HPAScaleToZero is on. Unlike OME: the key does not exist there.
	HPAScaleToZero bool `json:"hpaScaleToZero"`
}

// RollingUpdate bounds how many replicas an update replaces at a time; both bounds are given.
type RollingUpdate struct {
	// MaxSurge is how many may be added.
	MaxSurge *intstr.IntOrString `json:"maxSurge"`
	// MaxUnavailable is how many may be taken away before others serve.
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
}

// ReplicaDefaults are the bounds of components that say none; an absent one is that of isvc.
type ReplicaDefaults struct {
	// DefaultMinReplicas is the least number of replicas of every component.
	DefaultMinReplicas *int `json:"defaultMinReplicas"`
	// DefaultMaxReplicas are the greatest numbers, by component.
	DefaultMaxReplicas MaxReplicaDefaults `json:"defaultMaxReplicas"`
}

// MaxReplicaDefaults are the greatest numbers of replicas of components that say none.
type MaxReplicaDefaults struct {
	// Engine is that of an engine.
	Engine *int `json:"engine"`
	// Decoder is that of a decoder.
	Decoder *int `json:"decoder"`
	// Router is that of a router.
	Router *int `json:"router"`
}

// DisruptionBudgets is the section "podDisruptionBudget": how many replicas a drain may take of
// components that do not say it themselves. A component's minAvailable or maxUnavailable wins.
type DisruptionBudgets struct {
	// RawDeployment is minAvailable or maxUnavailable, a number or a percentage, of a Deployment.
	// Default: maxUnavailable 1. Unlike OME: a budget is made without the section too.
	RawDeployment *BudgetBounds `json:"rawDeployment"`
	// OMENative is the same of groups of pods, which are LeaderWorkerSets; the numbers count groups.
	// Default: maxUnavailable 1. Unlike OME: a budget is made without the section too.
	OMENative *BudgetBounds `json:"omeNative"`
}

// BudgetBounds are how many replicas must stay or may go; one of the two is set.
type BudgetBounds struct {
	// MinAvailable is how many must stay.
	MinAvailable *intstr.IntOrString `json:"minAvailable"`
	// MaxUnavailable is how many may go.
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
}

// Ingress is the section "ingress". The gateways of Istio matter to services whose entry component
// is serverless.
type Ingress struct {
	// IngressGateway is the Istio Gateway of requests from outside, NAMESPACE/NAME.
	IngressGateway string `json:"ingressGateway"`
	// IngressService has no effect, and is required as in OME.
	IngressService string `json:"ingressService"`
	// LocalGateway is the Istio Gateway of requests from inside the cluster, NAMESPACE/NAME.
	LocalGateway string `json:"localGateway"`
	// LocalGatewayService is the host of that gateway, to which the name of a service leads inside
	// the cluster.
	LocalGatewayService string `json:"localGatewayService"`
	// KnativeLocalGatewayService is the host of Knative's local gateway, to which the
	// VirtualService sends requests.
	KnativeLocalGatewayService string `json:"knativeLocalGatewayService"`
	// OMEIngressGateway is the Gateway of HTTPRoutes, NAMESPACE/NAME. It is required with
	// enableGatewayAPI.
	OMEIngressGateway string `json:"omeIngressGateway"`
	// IngressDomain is the domain of the hosts, and the host of the paths. It is required with
	// pathTemplate.
	IngressDomain string `json:"ingressDomain"`
	// IngressClassName is the class of an Ingress.
	IngressClassName *string `json:"ingressClassName"`
	// AdditionalIngressDomains are further domains of a VirtualService and of HTTPRoutes. An
	// Ingress does not have them.
	AdditionalIngressDomains []string `json:"additionalIngressDomains"`
	// DomainTemplate makes the host of a service, and of each component, from Name, Namespace,
	// IngressDomain, Annotations and Labels.
	DomainTemplate string `json:"domainTemplate"`
	// URLScheme is the scheme of status.url with a route.
	URLScheme string `json:"urlScheme"`
	// PathTemplate makes a path on ingressDomain from Name and Namespace, for a VirtualService and
	// for HTTPRoutes. Without a template there are no paths.
	PathTemplate string `json:"pathTemplate"`
	// DisableIstioVirtualHost leaves out the VirtualService of serverless services.
	DisableIstioVirtualHost bool `json:"disableIstioVirtualHost"`
	// DisableIngressCreation leaves out all routes. A Service with the name of the InferenceService
	// leads to it instead.
	DisableIngressCreation bool `json:"disableIngressCreation"`
	// EnableGatewayAPI makes HTTPRoutes instead of an Ingress. Unlike OME: they work; OME has
	// neither the types nor the permissions for them.
	EnableGatewayAPI bool `json:"enableGatewayAPI"`
	// DefaultRouteTimeoutSeconds limits requests through HTTPRoutes to components without
	// timeoutSeconds, the time of a streamed answer included; 0 turns off a limit that the gateway
	// has by itself. Without it such routes have no timeout, which every gateway accepts. Unlike OME:
	// there requests to a component without timeoutSeconds are cut after 60 seconds.
	DefaultRouteTimeoutSeconds *int64 `json:"defaultRouteTimeoutSeconds"`
	// PerISVCSubdomain is true for HTTPRoutes with a host for each service, made by domainTemplate, and
	// false for one host that all services share, see sharedHostPrefix. Default: true, unless
	// sharedHostPrefix is there. Unlike OME: there one host is shared by default.
	PerISVCSubdomain *bool `json:"perISVCSubdomain"`
	// SharedHostPrefix comes before ingressDomain in the host that the HTTPRoutes of all services share:
	// "llm" gives llm.example.com; empty gives the domain itself. The paths are /NAMESPACE/SERVICE/ for a
	// service and /NAMESPACE/SERVICE-COMPONENT/ for each component, and servers do not see them.
	SharedHostPrefix *string `json:"sharedHostPrefix"`
	// AdditionalIngressGateways are further Gateways of HTTPRoutes: a list of omeIngressGateway
	// (NAMESPACE/NAME) and ingressDomain, on which the routes have a host too.
	AdditionalIngressGateways []IngressGateway `json:"additionalIngressGateways"`
	// NamespaceIngressGateways are the Gateways of the HTTPRoutes in a namespace, by its name: primary
	// in place of omeIngressGateway and ingressDomain, and additional in place of
	// additionalIngressGateways.
	NamespaceIngressGateways map[string]NamespaceGateways `json:"namespaceIngressGateways"`
}

// IngressGateway is a Gateway of HTTPRoutes.
type IngressGateway struct {
	// OMEIngressGateway is the Gateway, NAMESPACE/NAME.
	OMEIngressGateway string `json:"omeIngressGateway"`
	// IngressDomain is the domain of the hosts on it.
	IngressDomain string `json:"ingressDomain"`
}

// NamespaceGateways are the Gateways of the HTTPRoutes in a namespace.
type NamespaceGateways struct {
	// Primary replaces the Gateway of the cluster where it names one.
	Primary IngressGateway `json:"primary"`
	// Additional replaces the further Gateways of the cluster; nil leaves them, and an empty list removes
	// them.
	Additional []IngressGateway `json:"additional"`
}

// SharesHost reports whether the HTTPRoutes of all services share a host.
func (in *Ingress) SharesHost() bool {
	if in.PerISVCSubdomain != nil {
		return !*in.PerISVCSubdomain
	}
	return in.SharedHostPrefix != nil
}

// Prober is the section "multinodeProber": the Deployment that watches a Ray cluster's vLLM
// endpoint.
type Prober struct {
	// Image is the image of the prober. Without an image Ray clusters are not watched, and the
	// status says so.
	Image string `json:"image"`
	// CPURequest is the CPU request of the prober, a quantity.
	CPURequest string `json:"cpuRequest"`
	// MemoryRequest is the memory request of the prober, a quantity.
	MemoryRequest string `json:"memoryRequest"`
	// CPULimit is the CPU limit of the prober, a quantity.
	CPULimit string `json:"cpuLimit"`
	// MemoryLimit is the memory limit of the prober, a quantity.
	MemoryLimit string `json:"memoryLimit"`
	// StartupFailureThreshold is the number of failed startup probes after which the start has
	// failed.
	StartupFailureThreshold int32 `json:"startupFailureThreshold"`
	// StartupPeriodSeconds is the time between two startup probes.
	StartupPeriodSeconds int32 `json:"startupPeriodSeconds"`
	// StartupInitialDelaySeconds is the time before the first startup probe.
	StartupInitialDelaySeconds int32 `json:"startupInitialDelaySeconds"`
	// StartupTimeoutSeconds is the time that one startup probe may take.
	StartupTimeoutSeconds int32 `json:"startupTimeoutSeconds"`
	// UnavailableThresholdSeconds has no effect. Unlike OME: a Ray cluster that is unavailable is
	// reported and never deleted.
	UnavailableThresholdSeconds int32 `json:"unavailableThresholdSeconds"`
}

// Metrics is the section "metricsAggregator". The values are the strings "true" and "false".
type Metrics struct {
	// EnableMetricAggregation is the default of the annotation ome.io/enable-metric-aggregation.
	EnableMetricAggregation string `json:"enableMetricAggregation"`
	// EnablePrometheusScraping is the default of the annotation ome.io/enable-prometheus-scraping.
	EnablePrometheusScraping string `json:"enablePrometheusScraping"`
}

// Injector is one of the sections "modelInit", "fineTunedAdapter" and "servingSidecar": a container
// that is added to the pods that ask for it.
type Injector struct {
	// Image is the image of the container.
	Image string `json:"image"`
	// CPURequest is the CPU request of the container, a quantity.
	CPURequest string `json:"cpuRequest"`
	// MemoryRequest is the memory request of the container, a quantity.
	MemoryRequest string `json:"memoryRequest"`
	// CPULimit is the CPU limit of the container, a quantity.
	CPULimit string `json:"cpuLimit"`
	// MemoryLimit is the memory limit of the container, a quantity.
	MemoryLimit string `json:"memoryLimit"`
	// CompartmentID is the compartment of the account, passed to the container.
	CompartmentID string `json:"compartmentId"`
	// AuthType is the authentication method, passed to the container. OkeWorkloadIdentity needs a
	// serviceAccountName in the component.
	AuthType string `json:"authType"`
	// VaultID is the vault of the keys, passed to the container of modelInit; the other sections do
	// not use it.
	VaultID string `json:"vaultId"`
	// Region is the region of the account, passed to the container.
	Region string `json:"region"`
	// ExtraVolumeMounts are added to the container of modelInit; the other sections do not use
	// them.
	ExtraVolumeMounts []corev1.VolumeMount `json:"extraVolumeMounts"`
	// ExtraEnvVars are added to the container of modelInit; the other sections do not use them.
	ExtraEnvVars []corev1.EnvVar `json:"extraEnvVars"`
}

// IsConfigured reports whether the ConfigMap has the section.
func (i Injector) IsConfigured() bool { return i.Image != "" }

// Keda is the section "kedaConfig": the defaults of every ScaledObject.
type Keda struct {
	// PromServerAddress is the URL of the Prometheus server where neither the service nor an
	// annotation names one. Unlike OME: it has an effect.
	PromServerAddress string `json:"promServerAddress"`
	// QueueLength is the number of waiting requests for each replica at which KEDA adds replicas, where
	// nothing says what it asks. OME has no such key.
	QueueLength float64 `json:"queueLength"`
	// KVCacheUsage is the used share of the KV cache of a replica, above 0 and up to 1, at which KEDA
	// adds replicas, where nothing says what it asks. OME has no such key.
	KVCacheUsage float64 `json:"kvCacheUsage"`
	// MatchPodsBy is Name or Label: whether queries of isvc find the pods of a component by the labels
	// namespace and pod, which Prometheus usually adds to series, or by the labels of the pods, where
	// they are added: namespace, ome_io_inferenceservice, component and app. OME has no such key.
	MatchPodsBy MatchPodsBy `json:"matchPodsBy"`
	// PodMonitors is whether isvc makes PodMonitors for what its own queries ask, where the kind is
	// installed; true by default. False says that something else scrapes the pods. OME has no such key.
	PodMonitors bool `json:"podMonitors"`
	// PodMonitorLabels are labels of PodMonitors beside those of the component, for a Prometheus that
	// selects its PodMonitors by label. OME has no such key.
	PodMonitorLabels map[string]string `json:"podMonitorLabels"`
}

// MatchPodsBy says by which labels of series pods are found.
type MatchPodsBy string

// The labels by which pods are found.
const (
	MatchPodsByName  MatchPodsBy = "Name"
	MatchPodsByLabel MatchPodsBy = "Label"
)

// Rollout is the section "rollout": which changes reach the pods of running workloads. OME has none of
// these keys: there every change does. Those that OME v1.3 has in a section of this name have no effect.
type Rollout struct {
	// OnUpgrade is Hold or Roll: what happens to pods whose template only another version of isvc
	// would change.
	OnUpgrade RolloutPolicy `json:"onUpgrade"`
	// OnCatalogueChange is Hold or Roll: what happens to pods whose template a change of a runtime,
	// a model, a weight, an accelerator class or of the configuration would change.
	OnCatalogueChange RolloutPolicy `json:"onCatalogueChange"`
	// Percent is the share of services, from 0 to 100, whose pods take what these policies hold
	// back. The services are chosen by a hash of their uid, so that a larger number only adds some.
	Percent int32 `json:"percent"`
	// PairRevision is true where the pods of engine and decoder of a service have one label,
	// isvc.io/pair-revision, with the digest of both pod templates, and their runners the variable
	// ISVC_PAIR_REVISION, so that a router can pair workers of one revision. An edit of one role then replaces
	// the pods of both. The annotation isvc.io/pair-revision of a service overrides it. Default: false.
	PairRevision bool `json:"pairRevision"`
}

// RolloutPolicy says whether running pods take a change.
type RolloutPolicy string

const (
	// Hold keeps the pod template until it is released.
	Hold RolloutPolicy = "Hold"
	// Roll replaces the pods.
	Roll RolloutPolicy = "Roll"
)

// ParseRolloutPolicy reads Hold or Roll; the error names both.
func ParseRolloutPolicy(text string) (RolloutPolicy, error) {
	switch policy := RolloutPolicy(text); policy {
	case Hold, Roll:
		return policy, nil
	}
	return "", fmt.Errorf("%q must be Hold or Roll", text)
}

// The defaults that OME gives to an absent value.
const (
	defaultIngressDomain  = "example.com"
	defaultDomainTemplate = "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"
	defaultURLScheme      = "http"
	defaultClusterDomain  = "cluster.local"
	defaultPromServer     = "http://prometheus-operated.monitoring.svc.cluster.local:9090"
)

// Default returns the configuration without a ConfigMap: the values that OME's manifests ship. It has
// no section modelInit, because OME's names a compartment and a vault of its authors.
func Default() *Config {
	className := "istio"
	c := withoutSections()
	c.Deploy.DefaultDeploymentMode = "RawDeployment"
	c.Ingress.IngressGateway = "knative-serving/knative-ingress-gateway"
	c.Ingress.IngressService = "istio-ingressgateway.istio-system.svc.cluster.local"
	c.Ingress.LocalGateway = "knative-serving/knative-local-gateway"
	c.Ingress.LocalGatewayService = "knative-local-gateway.istio-system.svc.cluster.local"
	c.Ingress.KnativeLocalGatewayService = "knative-local-gateway.istio-system.svc.cluster.local"
	c.Ingress.IngressDomain = "svc.cluster.local"
	c.Ingress.IngressClassName = &className
	c.Ingress.DisableIngressCreation = true
	c.Metrics = Metrics{EnableMetricAggregation: "false", EnablePrometheusScraping: "false"}
	c.Prober = Prober{
		Image:      "ghcr.io/moirai-internal/multinode-prober:v0.1.5",
		CPURequest: "100m", CPULimit: "100m", MemoryRequest: "100Mi", MemoryLimit: "100Mi",
		StartupFailureThreshold: 150, StartupPeriodSeconds: 30, StartupTimeoutSeconds: 60,
		StartupInitialDelaySeconds: 200, UnavailableThresholdSeconds: 1800,
	}
	return c
}

// withoutSections returns the configuration of a ConfigMap without any section.
func withoutSections() *Config {
	return &Config{
		Ingress: Ingress{
			IngressDomain:  defaultIngressDomain,
			DomainTemplate: defaultDomainTemplate,
			URLScheme:      defaultURLScheme,
		},
		Keda:          defaultKeda(),
		Rollout:       Rollout{OnUpgrade: Hold, OnCatalogueChange: Roll},
		ClusterDomain: defaultClusterDomain,
		Problems:      map[string]string{},
	}
}

// defaultKeda is the section of KEDA without keys. The length of the queue is OME's threshold. A cache
// that is full makes requests wait or start again, and a new replica needs minutes to load.
func defaultKeda() Keda {
	return Keda{PromServerAddress: defaultPromServer, QueueLength: 10, KVCacheUsage: 0.7, MatchPodsBy: MatchPodsByName, PodMonitors: true}
}

// Parse reads the data of the ConfigMap. It never fails: what cannot be used is named in Problems.
func Parse(data map[string]string) *Config {
	c := withoutSections()
	c.Sections = map[string]string{}
	maps.Copy(c.Sections, data)
	for _, s := range c.sectionReaders() {
		text, present := data[s.name]
		if !present {
			continue
		}
		if err := s.read(text); err != nil {
			c.Problems[s.name] = err.Error()
		}
	}
	c.Unknown = c.unknownKeys(data)
	return c
}

// section reads one key of the ConfigMap.
type section struct {
	name string
	read func(text string) error
	// of is an empty section, with its keys.
	of any
}

// sectionReaders lists the keys that have an effect.
func (c *Config) sectionReaders() []section {
	return []section{
		{SectionDeploy, c.readDeploy, c.Deploy},
		{SectionIngress, c.readIngress, c.Ingress},
		{SectionProber, func(text string) error { return readProber(text, &c.Prober) }, c.Prober},
		{SectionMetrics, func(text string) error { return decodeSection(text, &c.Metrics) }, c.Metrics},
		{SectionModelInit, func(text string) error { return readInjector(text, &c.ModelInit, "vaultId") }, c.ModelInit},
		{SectionFineTunedAdapter, func(text string) error { return readInjector(text, &c.FineTunedAdapter) }, c.FineTunedAdapter},
		{SectionServingSidecar, func(text string) error { return readInjector(text, &c.ServingSidecar) }, c.ServingSidecar},
		{SectionKeda, c.readKeda, c.Keda},
		{SectionRollout, c.readRollout, c.Rollout},
		{SectionBudget, c.readBudgets, c.Budget},
		{SectionAccelerators, c.readAccelerators, c.Accelerators},
	}
}

func (c *Config) readDeploy(text string) error {
	var d Deploy
	if err := decodeSection(text, &d); err != nil {
		return err
	}
	if err := d.TemplateLabels.check("templateLabels"); err != nil {
		return err
	}
	if err := d.TemplateAnnotations.check("templateAnnotations"); err != nil {
		return err
	}
	if err := checkAcceleratorResources(d.AcceleratorResources); err != nil {
		return err
	}
	if err := d.checkNumbers(); err != nil {
		return err
	}
	switch d.DefaultDeploymentMode {
	case "Serverless", "RawDeployment":
		c.Deploy = d
		return nil
	case "":
		return fmt.Errorf("defaultDeploymentMode is required: set it to Serverless or RawDeployment")
	}
	return fmt.Errorf("defaultDeploymentMode is %q: it must be Serverless or RawDeployment", d.DefaultDeploymentMode)
}

// checkNumbers refuses numbers that a workload cannot have.
func (d *Deploy) checkNumbers() error {
	for _, count := range []struct {
		key   string
		value *int
	}{
		{"replicas.defaultMinReplicas", d.Replicas.DefaultMinReplicas},
		{"replicas.defaultMaxReplicas.engine", d.Replicas.DefaultMaxReplicas.Engine},
		{"replicas.defaultMaxReplicas.decoder", d.Replicas.DefaultMaxReplicas.Decoder},
		{"replicas.defaultMaxReplicas.router", d.Replicas.DefaultMaxReplicas.Router},
	} {
		if count.value != nil && (*count.value < 1 || *count.value > math.MaxInt32) {
			return fmt.Errorf("%s is %d: it must be from 1 to %d", count.key, *count.value, math.MaxInt32)
		}
	}
	if grace := d.TerminationGracePeriodSeconds; grace != nil && *grace < 1 {
		return fmt.Errorf("terminationGracePeriodSeconds is %d: it must be 1 or more", *grace)
	}
	if wait := d.MinReadySeconds; wait != nil && *wait < 0 {
		return fmt.Errorf("minReadySeconds is %d: it must be 0 or more", *wait)
	}
	return d.AcceleratorStrategy.check()
}

// check refuses a rolling update that Kubernetes or LeaderWorkerSet would refuse, or that lacks a bound.
func (u *RollingUpdate) check() error {
	if u == nil {
		return nil
	}
	if u.MaxSurge == nil || u.MaxUnavailable == nil {
		return fmt.Errorf("acceleratorStrategy needs both maxSurge and maxUnavailable")
	}
	areZero := true
	for _, bound := range []struct {
		key   string
		value intstr.IntOrString
	}{{"maxSurge", *u.MaxSurge}, {"maxUnavailable", *u.MaxUnavailable}} {
		if err := checkReplicaBound(bound.value); err != nil {
			return fmt.Errorf("acceleratorStrategy.%s is %w", bound.key, err)
		}
		n, _ := intstr.GetScaledValueFromIntOrPercent(&bound.value, 100, true) // it was checked
		areZero = areZero && n == 0
	}
	if areZero {
		return fmt.Errorf("acceleratorStrategy has maxSurge 0 and maxUnavailable 0, so that no pod could be replaced: set one of the two to 1 or more")
	}
	return nil
}

// checkReplicaBound refuses what is neither a number of 0 or more nor a percentage up to 100 %.
func checkReplicaBound(bound intstr.IntOrString) error {
	n, err := intstr.GetScaledValueFromIntOrPercent(&bound, 100, true)
	if err != nil || n < 0 || bound.Type == intstr.String && n > 100 {
		return fmt.Errorf("%q: it must be a whole number of 0 or more, or a percentage such as \"25%%\"", bound.String())
	}
	return nil
}

// readBudgets reads the section of disruption budgets. Kubernetes takes one bound, a whole number or a
// percentage.
func (c *Config) readBudgets(text string) error {
	var b DisruptionBudgets
	if err := decodeSection(text, &b); err != nil {
		return err
	}
	for _, mode := range []struct {
		key    string
		bounds *BudgetBounds
	}{{"rawDeployment", b.RawDeployment}, {"omeNative", b.OMENative}} {
		if mode.bounds == nil {
			continue
		}
		bound := mode.bounds.MaxUnavailable
		if bound == nil {
			bound = mode.bounds.MinAvailable
		}
		if bound == nil || mode.bounds.MinAvailable != nil && mode.bounds.MaxUnavailable != nil {
			return fmt.Errorf("%s needs one of minAvailable and maxUnavailable", mode.key)
		}
		if err := checkReplicaBound(*bound); err != nil {
			return fmt.Errorf("%s has the bound %w", mode.key, err)
		}
	}
	c.Budget = b
	return nil
}

// readAccelerators reads a list of resources. It is no object, unlike every other section.
func (c *Config) readAccelerators(text string) error {
	var names KeyPatterns
	if err := decodeSection(text, &names); err != nil {
		return err
	}
	if err := checkAcceleratorResources(names); err != nil {
		return err
	}
	c.Accelerators = names
	return nil
}

// checkAcceleratorResources refuses patterns that match no resource, and those that match a resource
// of every container.
func checkAcceleratorResources(patterns KeyPatterns) error {
	for _, pattern := range patterns {
		if err := (KeyPatterns{pattern}).check("acceleratorResources"); err != nil {
			return err
		}
		for _, name := range []string{"cpu", "memory", "ephemeral-storage", "hugepages-2Mi"} {
			if (KeyPatterns{pattern}).Match(name) {
				return fmt.Errorf("acceleratorResources has %q, which matches %s: write the name of a resource "+
					"such as example.com/npu, or a pattern such as example.com/npu-*", pattern, name)
			}
		}
	}
	return nil
}

func (c *Config) readIngress(text string) error {
	var in Ingress
	if err := decodeSection(text, &in); err != nil {
		return err
	}
	if in.IngressGateway == "" || in.IngressService == "" {
		return fmt.Errorf("ingressGateway and ingressService are required")
	}
	if in.PathTemplate != "" && in.IngressDomain == "" {
		return fmt.Errorf("ingressDomain is required when pathTemplate is set")
	}
	if limit := in.DefaultRouteTimeoutSeconds; limit != nil && *limit < 0 {
		return fmt.Errorf("defaultRouteTimeoutSeconds is %d: it must be 0 or more", *limit)
	}
	setDefault(&in.IngressDomain, defaultIngressDomain)
	setDefault(&in.DomainTemplate, defaultDomainTemplate)
	setDefault(&in.URLScheme, defaultURLScheme)
	if err := checkTemplates(in); err != nil {
		return err
	}
	c.Ingress = in
	return nil
}

func checkTemplates(in Ingress) error {
	for _, t := range []struct{ field, text string }{
		{"domainTemplate", in.DomainTemplate},
		{"pathTemplate", in.PathTemplate},
	} {
		if _, err := template.Parse(t.text); t.text != "" && err != nil {
			return fmt.Errorf("%s: %w", t.field, err)
		}
	}
	return nil
}

// leastThreshold is the least threshold: KEDA counts thousandths.
const leastThreshold = 0.001

func (c *Config) readKeda(text string) error {
	k := defaultKeda()
	if err := decodeSection(text, &k); err != nil {
		return err
	}
	setDefault(&k.PromServerAddress, defaultPromServer)
	switch {
	case k.QueueLength < leastThreshold || k.QueueLength > math.MaxInt32:
		return fmt.Errorf("queueLength is %v: it must be from %v to %d", k.QueueLength, leastThreshold, math.MaxInt32)
	case k.KVCacheUsage < leastThreshold || k.KVCacheUsage > 1:
		return fmt.Errorf("kvCacheUsage is %v: it must be from %v to 1, which is a full cache", k.KVCacheUsage, leastThreshold)
	case k.MatchPodsBy != MatchPodsByName && k.MatchPodsBy != MatchPodsByLabel:
		return fmt.Errorf("matchPodsBy is %q: it must be Name or Label", k.MatchPodsBy)
	}
	if problems := validation.ValidateLabels(k.PodMonitorLabels, field.NewPath("podMonitorLabels")); len(problems) > 0 {
		return problems.ToAggregate()
	}
	c.Keda = k
	return nil
}

func (c *Config) readRollout(text string) error {
	var r Rollout
	if err := decodeSection(text, &r); err != nil {
		return err
	}
	for _, policy := range []struct {
		key       string
		value     *RolloutPolicy
		byDefault RolloutPolicy
	}{
		{"onUpgrade", &r.OnUpgrade, c.Rollout.OnUpgrade},
		{"onCatalogueChange", &r.OnCatalogueChange, c.Rollout.OnCatalogueChange},
	} {
		if *policy.value == "" {
			*policy.value = policy.byDefault
		}
		if _, err := ParseRolloutPolicy(string(*policy.value)); err != nil {
			return fmt.Errorf("%s: %w", policy.key, err)
		}
	}
	if r.Percent < 0 || r.Percent > 100 {
		return fmt.Errorf("percent is %d: it must be from 0 to 100", r.Percent)
	}
	c.Rollout = r
	return nil
}

func readProber(text string, into *Prober) error {
	var p Prober
	if err := decodeSection(text, &p); err != nil {
		return err
	}
	if err := checkQuantities(p.CPURequest, p.CPULimit, p.MemoryRequest, p.MemoryLimit); err != nil {
		return err
	}
	*into = p
	return nil
}

// readInjector reads a section of an injected container and requires the fields that the container
// needs.
func readInjector(text string, into *Injector, required ...string) error {
	var i Injector
	if err := decodeSection(text, &i); err != nil {
		return err
	}
	fields := map[string]string{
		"image": i.Image, "compartmentId": i.CompartmentID, "authType": i.AuthType, "vaultId": i.VaultID,
	}
	var missing []string
	for _, name := range append([]string{"image", "compartmentId", "authType"}, required...) {
		if fields[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		return fmt.Errorf("required and missing: %s", strings.Join(missing, ", "))
	}
	if err := checkQuantities(i.CPURequest, i.CPULimit, i.MemoryRequest, i.MemoryLimit); err != nil {
		return err
	}
	*into = i
	return nil
}

// ResourceRequirements are the requests and limits of the prober's container.
func (p *Prober) ResourceRequirements() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: resourceList(p.CPURequest, p.MemoryRequest), Limits: resourceList(p.CPULimit, p.MemoryLimit),
	}
}

// ResourceRequirements are the requests and limits of the injected container.
func (i *Injector) ResourceRequirements() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: resourceList(i.CPURequest, i.MemoryRequest), Limits: resourceList(i.CPULimit, i.MemoryLimit),
	}
}

// resourceList leaves out what is not configured. checkQuantities has checked the strings.
func resourceList(cpu, memory string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for name, text := range map[corev1.ResourceName]string{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory} {
		if parsed, err := quantity.Parse(text); err == nil {
			list[name] = parsed
		}
	}
	return list
}

// checkQuantities checks strings that become resource quantities; empty is allowed.
func checkQuantities(list ...string) error {
	for _, s := range list {
		if s == "" {
			continue
		}
		if q, err := quantity.Parse(s); err != nil || q.Sign() < 0 {
			return fmt.Errorf("%q is not a resource quantity: use a number of 0 or more with a suffix such as m or Gi", s)
		}
	}
	return nil
}

func decodeSection(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("not the JSON that the section needs: %w", err)
	}
	return nil
}

func setDefault(text *string, value string) {
	if *text == "" {
		*text = value
	}
}
