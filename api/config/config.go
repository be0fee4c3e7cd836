// Package config reads the ConfigMap inferenceservice-config.
//
// Every value of the ConfigMap is a JSON document. A section that is absent has the defaults that
// OME gives it; a ConfigMap that is absent has the values that OME ships. A section that cannot be
// read keeps its defaults and is reported as a Problem, so that the caller can hold what depends on
// it.
package config

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"

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
	// ClusterDomain is the DNS domain of the cluster, "cluster.local" by default.
	ClusterDomain string
	// Problems are the sections that could not be used, by section.
	Problems map[string]string
}

// Deploy is the section "deploy".
type Deploy struct {
	// DefaultDeploymentMode is Serverless or RawDeployment: the mode of services that do not name
	// one. It decides how the status is aggregated, not how a component is deployed.
	DefaultDeploymentMode string `json:"defaultDeploymentMode"`
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
	// DomainTemplate makes the host of a service, and of each component, of Name, Namespace,
	// IngressDomain, Annotations and Labels.
	DomainTemplate string `json:"domainTemplate"`
	// URLScheme is the scheme of status.url with a route.
	URLScheme string `json:"urlScheme"`
	// PathTemplate makes a path on ingressDomain of Name and Namespace, for a VirtualService and
	// for HTTPRoutes. Without one there are no paths.
	PathTemplate string `json:"pathTemplate"`
	// DisableIstioVirtualHost leaves out the VirtualService of serverless services.
	DisableIstioVirtualHost bool `json:"disableIstioVirtualHost"`
	// DisableIngressCreation leaves out all routes. A Service with the name of the InferenceService
	// leads to it instead.
	DisableIngressCreation bool `json:"disableIngressCreation"`
	// EnableGatewayAPI makes HTTPRoutes instead of an Ingress. Unlike OME: they work; OME lacks the
	// types and the rights.
	EnableGatewayAPI bool `json:"enableGatewayAPI"`
}

// Prober is the section "multinodeProber": the Deployment that watches a Ray cluster's vLLM
// endpoint.
type Prober struct {
	// Image is the image of the prober. Without one Ray clusters are not watched, and the status
	// says so.
	Image string `json:"image"`
	// CPURequest is the CPU request of the prober, a quantity.
	CPURequest string `json:"cpuRequest"`
	// MemoryRequest is the memory request of the prober, a quantity.
	MemoryRequest string `json:"memoryRequest"`
	// CPULimit is the CPU limit of the prober, a quantity.
	CPULimit string `json:"cpuLimit"`
	// MemoryLimit is the memory limit of the prober, a quantity.
	MemoryLimit string `json:"memoryLimit"`
	// StartupFailureThreshold is how often the endpoint may be found not started.
	StartupFailureThreshold int32 `json:"startupFailureThreshold"`
	// StartupPeriodSeconds is the time between two checks of the start.
	StartupPeriodSeconds int32 `json:"startupPeriodSeconds"`
	// StartupInitialDelaySeconds is the time before the first check.
	StartupInitialDelaySeconds int32 `json:"startupInitialDelaySeconds"`
	// StartupTimeoutSeconds is the time that one check may take.
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
	// CompartmentID is the compartment of the account, handed to the container.
	CompartmentID string `json:"compartmentId"`
	// AuthType is the way of authentication, handed to the container. OkeWorkloadIdentity needs a
	// serviceAccountName of the component.
	AuthType string `json:"authType"`
	// VaultID is the vault of the keys, handed to the container of modelInit; the others have no
	// use for it.
	VaultID string `json:"vaultId"`
	// Region is the region of the account, handed to the container.
	Region string `json:"region"`
	// ExtraVolumeMounts are added to the container of modelInit; the others have no use for them.
	ExtraVolumeMounts []corev1.VolumeMount `json:"extraVolumeMounts"`
	// ExtraEnvVars are added to the container of modelInit; the others have no use for them.
	ExtraEnvVars []corev1.EnvVar `json:"extraEnvVars"`
}

// Configured reports whether the section is there.
func (i Injector) Configured() bool { return i.Image != "" }

// Keda is the section "kedaConfig": the defaults of every ScaledObject.
type Keda struct {
	// PromServerAddress is the URL of the Prometheus server where neither the service nor an
	// annotation names one. Unlike OME: it has an effect.
	PromServerAddress string `json:"promServerAddress"`
}

// The defaults that OME gives to an absent value.
const (
	defaultIngressDomain  = "example.com"
	defaultDomainTemplate = "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"
	defaultURLScheme      = "http"
	defaultClusterDomain  = "cluster.local"
	defaultPromServer     = "http://prometheus-operated.monitoring.svc.cluster.local:9090"
)

// Default returns the configuration that is in force when there is no ConfigMap: the values that
// OME's manifests ship.
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
	c.ModelInit = Injector{
		Image:      "ghcr.io/moirai-internal/ome-agent:v0.1.5",
		CPURequest: "15", CPULimit: "15", MemoryRequest: "320Gi", MemoryLimit: "320Gi",
		CompartmentID: "ocid1.compartment.oc1..aaaaaaaarncfmdarfvbvhfj2oknyuvvftcp4p6ra77xlswftk67kcffmm2xq",
		AuthType:      "InstancePrincipal",
		VaultID:       "ocid1.vault.oc1.eu-frankfurt-1.ens4gnknaaec4.abtheljrqneswo524ce3ytfqv3wqdjz4yi2drovyjnuo5lghz2fr76a7l7lq",
		Region:        "eu-frankfurt-1",
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
		Keda:          Keda{PromServerAddress: defaultPromServer},
		ClusterDomain: defaultClusterDomain,
		Problems:      map[string]string{},
	}
}

// Parse reads the data of the ConfigMap. It never fails: what cannot be used is named in Problems.
func Parse(data map[string]string) *Config {
	c := withoutSections()
	for _, s := range c.knownSections() {
		text, present := data[s.name]
		if !present {
			continue
		}
		if err := s.read(text); err != nil {
			c.Problems[s.name] = err.Error()
		}
	}
	return c
}

// section reads one key of the ConfigMap.
type section struct {
	name string
	read func(text string) error
}

// knownSections lists the keys of the ConfigMap that have an effect.
func (c *Config) knownSections() []section {
	return []section{
		{SectionDeploy, c.readDeploy},
		{SectionIngress, c.readIngress},
		{SectionProber, func(text string) error { return readProber(text, &c.Prober) }},
		{SectionMetrics, func(text string) error { return decodeSection(text, &c.Metrics) }},
		{SectionModelInit, func(text string) error { return readInjector(text, &c.ModelInit, "vaultId") }},
		{SectionFineTunedAdapter, func(text string) error { return readInjector(text, &c.FineTunedAdapter) }},
		{SectionServingSidecar, func(text string) error { return readInjector(text, &c.ServingSidecar) }},
		{SectionKeda, c.readKeda},
	}
}

func (c *Config) readDeploy(text string) error {
	var d Deploy
	if err := decodeSection(text, &d); err != nil {
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
	fillIfEmpty(&in.IngressDomain, defaultIngressDomain)
	fillIfEmpty(&in.DomainTemplate, defaultDomainTemplate)
	fillIfEmpty(&in.URLScheme, defaultURLScheme)
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

func (c *Config) readKeda(text string) error {
	var k Keda
	if err := decodeSection(text, &k); err != nil {
		return err
	}
	fillIfEmpty(&k.PromServerAddress, defaultPromServer)
	c.Keda = k
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

// readInjector requires the fields without which the injected container cannot work.
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

// Resources are the requests and limits of the prober's container.
func (p *Prober) Resources() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: resourceList(p.CPURequest, p.MemoryRequest), Limits: resourceList(p.CPULimit, p.MemoryLimit),
	}
}

// Resources are the requests and limits of the injected container.
func (i *Injector) Resources() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: resourceList(i.CPURequest, i.MemoryRequest), Limits: resourceList(i.CPULimit, i.MemoryLimit),
	}
}

// resourceList leaves out what is not configured. The strings were checked when they were read.
func resourceList(cpu, memory string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for name, text := range map[corev1.ResourceName]string{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory} {
		if parsed, err := quantity.Parse(text); err == nil {
			list[name] = parsed
		}
	}
	return list
}

// checkQuantities checks strings that become resource quantities; they may be empty.
func checkQuantities(texts ...string) error {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if q, err := quantity.Parse(text); err != nil || q.Sign() < 0 {
			return fmt.Errorf("%q is not a resource quantity: use a number of 0 or more with a suffix such as m or Gi", text)
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

func fillIfEmpty(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
