package v1beta1

// Annotations of a service. Most may also be set on a component, whose value wins.
const (
	// AnnotationDeploymentMode chooses the workload kind: on the engine Serverless, RawDeployment,
	// MultiNode, MultiNodeRayVLLM or OMENative; on decoder and router RawDeployment or OMENative; on
	// the service the mode of the service as a whole, which
	// decides how the status is aggregated. VirtualDeployment on the service means that other
	// software serves the model. Default: derived from the components, or defaultDeploymentMode.
	AnnotationDeploymentMode = "ome.io/deploymentMode"
	// AnnotationAutoscalerClass is "hpa", "keda", "external" or "none"; an autoscaler block of the
	// service or of the runtime replaces it. Default: hpa. Unlike OME:
	// "none" fixes the replicas at minReplicas; kedaConfig.enableKeda true means keda where no
	// class is named, and false means hpa instead of keda.
	AnnotationAutoscalerClass = "ome.io/autoscalerClass"
	// AnnotationMetrics is checked to be cpu or memory with class hpa, and has no other effect:
	// scaleMetric says what to follow.
	AnnotationMetrics = "ome.io/metrics"
	// AnnotationTargetUtilization is the percentage from 1 to 100 that a HorizontalPodAutoscaler
	// keeps. Default: scaleTarget, else 80.
	AnnotationTargetUtilization = "ome.io/targetUtilizationPercentage"
	// AnnotationEnableTagRouting "true" tags the latest revision of a serverless component.
	// Default: false.
	AnnotationEnableTagRouting = "ome.io/enable-tag-routing"
	// AnnotationServiceType is LoadBalancer, NodePort or ClusterIP: the type of the Services of the
	// components and of the external Service. Default: ClusterIP. Unlike OME: a change reaches
	// Services that exist.
	AnnotationServiceType = "ome.io/service-type"
	// AnnotationLoadBalancerIP is the address of a component's Service of type LoadBalancer.
	AnnotationLoadBalancerIP = "ome.io/load-balancer-ip"
	// AnnotationAcceleratorClass restricts runtimes to those that list the class, on the service
	// only. It chooses no class: see acceleratorSelector.
	AnnotationAcceleratorClass = "ome.io/accelerator-class"
	// AnnotationRuntimeSync is any text, on a service with autoSync false: another text than before
	// lets its pods take what is held back, as isvc.io/release does, which wins.
	AnnotationRuntimeSync = "ome.io/runtime-sync"
	// AnnotationDeprecationWarning is the message on the objects of a service with a predictor.
	// Unlike OME: it is not written on the service itself.
	AnnotationDeprecationWarning = "ome.io/deprecation-warning"
	// AnnotationEntrypointComponent has no effect, as in OME.
	AnnotationEntrypointComponent = "ome.io/entrypoint-component"
)

// Annotations for ingress. On a service, they override the section ingress of the configuration for
// it.
const (
	// AnnotationIngressDomain replaces ingressDomain.
	AnnotationIngressDomain = "ome.io/ingress-domain"
	// AnnotationIngressDomainTemplate replaces domainTemplate.
	AnnotationIngressDomainTemplate = "ome.io/ingress-domain-template"
	// AnnotationIngressURLScheme replaces urlScheme.
	AnnotationIngressURLScheme = "ome.io/ingress-url-scheme"
	// AnnotationIngressPathTemplate replaces pathTemplate; an empty value turns paths off.
	AnnotationIngressPathTemplate = "ome.io/ingress-path-template"
	// AnnotationIngressAdditionalDomains is a comma-separated list that replaces
	// additionalIngressDomains.
	AnnotationIngressAdditionalDomains = "ome.io/ingress-additional-domains"
	// AnnotationIngressDisableIstioVirtualHost "true" turns the VirtualService off, any other value
	// turns it on.
	AnnotationIngressDisableIstioVirtualHost = "ome.io/ingress-disable-istio-virtualhost"
	// AnnotationIngressDisableCreation "true" turns routes off, any other value turns them on.
	AnnotationIngressDisableCreation = "ome.io/ingress-disable-creation"
	// AnnotationIngressGateway replaces omeIngressGateway, NAMESPACE/NAME; with an empty value that of
	// the cluster counts and not that of the namespace.
	AnnotationIngressGateway = "ome.io/ingress-gateway"
	// AnnotationIngressAdditionalGateways replaces additionalIngressGateways: a JSON list of the same
	// form; with any other value that of the cluster counts and not that of the namespace.
	AnnotationIngressAdditionalGateways = "ome.io/ingress-additional-gateways"
	// AnnotationIngressPerISVCSubdomain "true" gives the service a host of its own, any other value the
	// host that all services share.
	AnnotationIngressPerISVCSubdomain = "ome.io/ingress-per-isvc-subdomain"
	// AnnotationIngressSharedHostPrefix replaces sharedHostPrefix.
	AnnotationIngressSharedHostPrefix = "ome.io/ingress-shared-host-prefix"
	// AnnotationIngressConsistentHashHeaders has no effect: requests are not bound to pods.
	AnnotationIngressConsistentHashHeaders = "ome.io/ingress-consistent-hash-headers"
)

// Annotations that add to pods. On a service or a component, they add containers, volumes or
// settings. Unlike OME, this is done in the pod templates, without a webhook.
const (
	// AnnotationInjectModelInit "true" adds the init container model-init, which decrypts or
	// converts the model, instead of the mount of the model. It needs the section modelInit.
	// Default: false; false with a merged fine-tuned weight.
	AnnotationInjectModelInit = "ome.io/inject-model-init"
	// AnnotationInjectFineTunedAdapter names the fine-tuned weight that the init container
	// fine-tuned-adapter fetches. It needs the section fineTunedAdapter. Default: the weight of the
	// service.
	AnnotationInjectFineTunedAdapter = "ome.io/inject-fine-tuned-adapter"
	// AnnotationInjectServingSidecar "true" adds the container serving-sidecar, which fetches
	// weights while the runner serves. It needs the section servingSidecar and a weight with a
	// strategy. Default: false.
	AnnotationInjectServingSidecar = "ome.io/inject-serving-sidecar"
	// AnnotationDisableModelDecryption is passed to model-init. Default: false.
	AnnotationDisableModelDecryption = "ome.io/disable-model-decryption"
	// AnnotationEnableMetricAggregation "true" lets a container queue-proxy of the template
	// aggregate metrics. Default: enableMetricAggregation. Unlike OME: the proxy that Knative adds
	// to pods is not configured.
	AnnotationEnableMetricAggregation = "ome.io/enable-metric-aggregation"
	// AnnotationEnablePrometheusScraping "true" sets the port and path to scrape. Default:
	// enablePrometheusScraping.
	AnnotationEnablePrometheusScraping = "ome.io/enable-prometheus-scraping"
	// AnnotationMetricsPort is the port of the model server's metrics, for aggregation. Default:
	// 8080.
	AnnotationMetricsPort = "prometheus.ome.io/port"
	// AnnotationMetricsPath is the path of the model server's metrics, for aggregation. Default:
	// /metrics.
	AnnotationMetricsPath = "prometheus.ome.io/path"
	// AnnotationRDMAAutoInject "true" gives a container the variables, volumes and rights for RDMA.
	// Default: false. Unlike OME: a variable that the container has keeps its value.
	AnnotationRDMAAutoInject = "rdma.ome.io/auto-inject"
	// AnnotationRDMAProfile names the settings: oci-roce, cks-gb-sglang or cks-gb-rdma. Default: oci-roce,
	// which gives privileges and variables of UCX too, as OME did before v1.3, unless the container says
	// itself whether it is privileged, and adds no CAP_SYS_ADMIN, as in the runtimes of v1.3.
	AnnotationRDMAProfile = "rdma.ome.io/profile"
	// AnnotationRDMAContainerName names the container. Default: ome-container. Unlike OME: without
	// a container of that name the runner is taken.
	AnnotationRDMAContainerName = "rdma.ome.io/container-name"
)

// Profiles of pods. On a service or a component, they add to pods what the pods lack; a profile or a port
// that does not exist stops the component. Unlike OME: this is done in the pod templates, and workers of a
// group get shared memory only, because they take no requests. Since OME v1.3.
const (
	// AnnotationShmProfile "default" mounts a directory in memory at /dev/shm.
	AnnotationShmProfile = "runtime.ome.io/shm-profile"
	// AnnotationProbeProfile "sglang-http" or "vllm-http" adds readiness, liveness and startup probes that
	// get /health. A large model has half an hour to load.
	AnnotationProbeProfile = "runtime.ome.io/probe-profile"
	// AnnotationProbePort is the port of these probes. Default: 30000.
	AnnotationProbePort = "runtime.ome.io/probe-port"
	// AnnotationObservabilityProfile "prometheus" adds the annotations prometheus.io/scrape, port and
	// path, which is /metrics.
	AnnotationObservabilityProfile = "runtime.ome.io/observability-profile"
	// AnnotationObservabilityPort is the port of the metrics. Default: 30000.
	AnnotationObservabilityPort = "runtime.ome.io/observability-port"
	// AnnotationProfileContainerName names the container for memory and probes. Default:
	// ome-container. Unlike OME: without a container of that name the runner is taken.
	AnnotationProfileContainerName = "runtime.ome.io/container-name"
)

// Annotations that describe the model and the runtime. They are written on the component's objects
// where the model, runtime or weight is known, in place of a user's values.
const (
	// AnnotationBaseModelName is the name of the model.
	AnnotationBaseModelName = "ome.io/base-model-name"
	// AnnotationBaseModelVendor is the vendor of the model, if known.
	AnnotationBaseModelVendor = "ome.io/base-model-vendor"
	// AnnotationBaseModelFormat is the name of the model's format.
	AnnotationBaseModelFormat = "ome.io/base-model-format"
	// AnnotationBaseModelFormatVersion is the version of the model's format, if known.
	AnnotationBaseModelFormatVersion = "ome.io/base-model-format-version"
	// AnnotationServingRuntime is the name of the runtime, if there is one.
	AnnotationServingRuntime = "ome.io/serving-runtime"
	// AnnotationFineTunedStrategy is the method of the fine-tuned weight.
	AnnotationFineTunedStrategy = "ome.io/fine-tuned-weight-ft-strategy"
	// AnnotationFineTunedMerged "true" means that the weight holds the complete model.
	AnnotationFineTunedMerged = "ome.io/fine-tuned-serving-with-merged-weights"
)

// Annotations on a model object.
const (
	// AnnotationDecryptionKeyName is copied to pods, for model-init.
	AnnotationDecryptionKeyName = "ome.io/base-model-decryption-key-name"
	// AnnotationDecryptionSecretName is copied to pods, for model-init.
	AnnotationDecryptionSecretName = "ome.io/base-model-decryption-secret-name"
	// AnnotationModelCategory is the value of the label base-model-size. Default: SMALL.
	AnnotationModelCategory = "models.ome.io/category"
)

// Annotations on a runtime. Since OME v1.3.
const (
	// AnnotationInheritFrom names the runtime over which this one is laid: fields of this one win,
	// variables, volumes and containers are merged by name, other lists are replaced. A
	// ClusterServingRuntime inherits from others of its kind, a ServingRuntime first from those of its
	// namespace; up to five, each from the next. It counts where a service names the runtime. The
	// field disabled is inherited too. Unlike OME: the other runtime needs the label
	// ome.io/runtime-profile.
	AnnotationInheritFrom = "ome.io/inherit-from"
	// AnnotationRuntimeProfile "true" marks a runtime that others inherit from and that serves nothing
	// by itself. It has no effect: disabled true keeps services from using the runtime.
	AnnotationRuntimeProfile = "ome.io/runtime-profile"
	// AnnotationEngine names a preset of OME. It has no effect: isvc has no presets.
	AnnotationEngine = "ome.io/engine"
)

// Annotations that choose a queue. On a service or a component, their effect is a label on pods.
const (
	// AnnotationVolcanoQueue names the Volcano queue.
	AnnotationVolcanoQueue = "ome.io/volcano-queue"
	// AnnotationDedicatedAICluster names a Volcano queue, or a Kueue queue if kueue-enabled is
	// present.
	AnnotationDedicatedAICluster = "ome.io/dedicated-ai-cluster"
	// AnnotationKueueEnabled counts if it is present, whatever its value.
	AnnotationKueueEnabled = "kueue-enabled"
	// AnnotationVolcano counts if it is present, whatever its value: Volcano schedules Ray.
	AnnotationVolcano = "volcano"
)

// Annotations for KEDA. On a service or a component, they override fields of kedaConfig.
const (
	// AnnotationKedaThreshold is the threshold, a number above 0. Default: scalingThreshold, else
	// 10.
	AnnotationKedaThreshold = "autoscaling.keda.sh/threshold"
	// AnnotationKedaOperator is GreaterThan, GreaterThanOrEqual, LessThan or LessThanOrEqual.
	// Default: scalingOperator; without both a query of your own is used as it is. Unlike OME:
	// LessThan scales out while the value is below the threshold.
	AnnotationKedaOperator = "autoscaling.keda.sh/operator"
	// AnnotationKedaServerAddress is the URL of the Prometheus server. Default: promServerAddress
	// of kedaConfig, else of the configuration.
	AnnotationKedaServerAddress = "autoscaling.keda.sh/prometheus.serverAddress"
	// AnnotationKedaQuery is the Prometheus query. Default: customPromQuery, else queries for the server
	// that runs: its queue and its KV cache, or its throughput beside a threshold or an operator.
	// Unlike OME: the built-in queries ask metrics that the server has, of the pods of the component.
	AnnotationKedaQuery = "autoscaling.keda.sh/prometheus.query"
)

// Annotations of Knative on serverless components.
const (
	// AnnotationKnativeClass names the Knative autoscaler. Default: Knative's pod autoscaler.
	// Unlike OME: the horizontal one for scaleMetric cpu and memory, which the other refuses.
	AnnotationKnativeClass = "autoscaling.knative.dev/class"
	// AnnotationKnativeMinScale is the least number of pods; minReplicas replaces it.
	AnnotationKnativeMinScale = "autoscaling.knative.dev/min-scale"
	// AnnotationKnativeMaxScale is the greatest number of pods; maxReplicas replaces it.
	AnnotationKnativeMaxScale = "autoscaling.knative.dev/max-scale"
	// AnnotationKnativeTarget is the value of the metric for one pod; scaleTarget replaces it.
	AnnotationKnativeTarget = "autoscaling.knative.dev/target"
	// AnnotationKnativeMetric is the metric; scaleMetric replaces it.
	AnnotationKnativeMetric = "autoscaling.knative.dev/metric"
	// AnnotationKnativeRolloutDuration is written on the Knative Service, not its pods.
	AnnotationKnativeRolloutDuration = "serving.knative.dev/rollout-duration"
	// AnnotationKnativePassthrough is written on the Knative Service, not its pods.
	AnnotationKnativePassthrough = "serving.knative.openshift.io/enablePassthrough"
)

// Annotations of Prometheus on pods. They do not belong on Services and on the workers of a
// multi-node component.
const (
	// AnnotationPrometheusScrape asks for scraping.
	AnnotationPrometheusScrape = "prometheus.io/scrape"
	// AnnotationPrometheusPort is the port to scrape; ome.io/enable-prometheus-scraping replaces
	// it.
	AnnotationPrometheusPort = "prometheus.io/port"
	// AnnotationPrometheusPath is the path to scrape; ome.io/enable-prometheus-scraping replaces
	// it.
	AnnotationPrometheusPath = "prometheus.io/path"
)

// Annotations of isvc itself, which OME does not have.
const (
	// AnnotationOnUpgrade is Hold or Roll, on a service: whether its pods keep their template when
	// only another version of isvc would change it. It overrides onUpgrade of the section rollout.
	AnnotationOnUpgrade = "isvc.io/on-upgrade"
	// AnnotationOnCatalogueChange is Hold or Roll, on a service: whether its pods keep their
	// template when a change of its runtime, model, weight, accelerator class or of the
	// configuration would change it. It overrides onCatalogueChange of the section rollout.
	AnnotationOnCatalogueChange = "isvc.io/on-catalogue-change"
	// AnnotationRelease is any text, on a service: another text than before lets its pods take every
	// change that is held back. The workload repeats the text with which it was released last.
	AnnotationRelease = "isvc.io/release"
	// AnnotationPairRevision is "true" or "false" on a service: the pods of its engine and decoder have the label
	// isvc.io/pair-revision, so that a router can pair workers of one revision, and an edit of one role replaces
	// the pods of both. It overrides pairRevision of the section rollout.
	AnnotationPairRevision = "isvc.io/pair-revision"
	// AnnotationFormerTemplate is written on a workload whose controller runs a canary in some of its
	// groups: the template of the others, as JSON.
	AnnotationFormerTemplate = "isvc.io/former-template"
	// AnnotationScheduling is written on the Service object in front of the head of a Ray cluster: tolerations
	// and scheduling gates of the cluster's pods, as JSON. KubeRay replaces pods for a change of the annotation,
	// and not for one of these fields.
	AnnotationScheduling = "isvc.io/scheduling"
	// AnnotationPrefixLintIgnore begins annotations that switch off a rule of isvc lint for the service:
	// "isvc.io/lint-ignore.ISVC016" with the reason as the value. The name of the rule may stand in
	// place of its identifier.
	AnnotationPrefixLintIgnore = "isvc.io/lint-ignore."
	// AnnotationInput is written on workloads: the digests of what their pod template was made from,
	// by which a later change is ascribed to the service, to the catalogue or to isvc.
	AnnotationInput = "isvc.io/input"
)

// Annotations on other objects.
const (
	// AnnotationRayOverwriteCommand is "true" on a RayCluster whose runner starts Ray itself, by
	// KUBERAY_GEN_RAY_START_CMD or "ray start": KubeRay then leaves its command as it is. A value of
	// the component's annotations wins. Unlike OME: KubeRay adds to every command there.
	AnnotationRayOverwriteCommand = "ray.io/overwrite-container-cmd"
	// AnnotationRayUnavailableSince has no effect: a Ray cluster that is unavailable is reported
	// and never deleted. Unlike OME: no time is kept on the object.
	AnnotationRayUnavailableSince = "raycluster/unavailable-since"
	// AnnotationDeploymentRevision is Kubernetes' revision number of a Deployment, from which
	// latestReadyRevision is made.
	AnnotationDeploymentRevision = "deployment.kubernetes.io/revision"
	// AnnotationLastApplied is the bookkeeping of kubectl apply, and has no effect: no object
	// inherits it.
	AnnotationLastApplied = "kubectl.kubernetes.io/last-applied-configuration"
	// AnnotationStorageInitializerSourceURI is internal to OME and never copied.
	AnnotationStorageInitializerSourceURI = "internal.ome.io/storage-initializer-sourceuri"
)

// Prefixes of annotations for pods. They are not written on Services.
const (
	// AnnotationPrefixGrafana is read by Grafana's agents.
	AnnotationPrefixGrafana = "k8s.grafana.com/"
	// AnnotationPrefixLoki is read by Grafana's agents.
	AnnotationPrefixLoki = "loki.grafana.com/"
	// AnnotationPrefixPrometheus is read by Prometheus.
	AnnotationPrefixPrometheus = "prometheus.io/"
	// AnnotationPrefixGoogleNetworking is read by Google's cloud.
	AnnotationPrefixGoogleNetworking = "networking.gke.io/"
	// AnnotationPrefixPodProfiles begins the annotations of profiles.
	AnnotationPrefixPodProfiles = "runtime.ome.io/"
	// AnnotationPrefixRDMA begins the annotations of RDMA.
	AnnotationPrefixRDMA = "rdma.ome.io/"
)

// Prefixes of annotations for load balancers. The external Service has the service's annotations
// with these prefixes, and no others.
const (
	// AnnotationPrefixServiceBeta is read by the cloud's load balancers.
	AnnotationPrefixServiceBeta = "service.beta.kubernetes.io/"
	// AnnotationPrefixGoogleCloud is read by Google's load balancers.
	AnnotationPrefixGoogleCloud = "cloud.google.com/"
	// AnnotationPrefixService is read by the cloud's load balancers.
	AnnotationPrefixService = "service.kubernetes.io/"
)

// Annotations that only OME's own controller reads. OME v1.3 has them; here they have no effect, and a
// finding says so.
const (
	// AnnotationExtraEndpoints names further ports and paths for the PodMonitor of OME. It has no effect: the
	// PodMonitors of isvc are for what its own queries ask.
	AnnotationExtraEndpoints = "prometheus.ome.io/extra-endpoints"
	// AnnotationResetInstances starts the pods of OMENative again. It has no effect; see kubectl rollout
	// restart.
	AnnotationResetInstances = "ome.io/reset-instances"
)

// Prefixes of annotations that describe a policy of a gateway. OME v1.3 makes it; here they have no effect,
// and a finding says so: isvc writes no such policies.
const (
	// AnnotationPrefixCircuitBreaker begins limits of connections and requests. It has no effect.
	AnnotationPrefixCircuitBreaker = "ome.io/circuit-breaker-"
	// AnnotationPrefixRetry begins what is tried again. It has no effect.
	AnnotationPrefixRetry = "ome.io/retry-"
	// AnnotationPrefixTrafficTimeout begins times of connections. It has no effect; see timeoutSeconds of
	// the components for requests.
	AnnotationPrefixTrafficTimeout = "ome.io/timeout-"
	// AnnotationPrefixBackendTrafficPolicy begins fields of a policy of Envoy Gateway. It has no effect.
	AnnotationPrefixBackendTrafficPolicy = "ome.io/btp."
	// AnnotationPrefixDestinationRule begins fields of a policy of Istio. It has no effect.
	AnnotationPrefixDestinationRule = "ome.io/dr."
)

// Prefixes of annotations of tools. No object inherits them from the service, so that a tool that
// writes one never restarts a model.
const (
	// AnnotationPrefixKubectl begins kubectl's annotations. Unlike OME: all are left out, not only
	// the last applied configuration.
	AnnotationPrefixKubectl = "kubectl.kubernetes.io/"
	// AnnotationPrefixArgoCD begins Argo CD's annotations. Unlike OME: they are left out.
	AnnotationPrefixArgoCD = "argocd.argoproj.io/"
	// AnnotationPrefixHelm begins Helm's annotations. Unlike OME: they are left out.
	AnnotationPrefixHelm = "meta.helm.sh/"
	// AnnotationPrefixFluxKustomize begins annotations of Flux. Unlike OME: they are left out.
	AnnotationPrefixFluxKustomize = "kustomize.toolkit.fluxcd.io/"
	// AnnotationPrefixFluxHelm begins annotations of Flux. Unlike OME: they are left out.
	AnnotationPrefixFluxHelm = "helm.toolkit.fluxcd.io/"
	// AnnotationPrefixMetacontroller begins Metacontroller's annotations. Unlike OME: they are left
	// out.
	AnnotationPrefixMetacontroller = "metacontroller.k8s.io/"
	// AnnotationPrefixIsvc begins annotations of isvc itself. Unlike OME: they are left out.
	AnnotationPrefixIsvc = "isvc.io/"
)

// Prefixes of annotations that are settings. Objects inherit them and pods do not, also not from a
// component, except for those that pods need.
const (
	// AnnotationPrefixOME begins the annotations of this page. Unlike OME: pods do not have them.
	AnnotationPrefixOME = "ome.io/"
	// AnnotationPrefixKeda begins the annotations of KEDA, such as those that pause a ScaledObject.
	// Unlike OME: pods do not have them.
	AnnotationPrefixKeda = "autoscaling.keda.sh/"
)

// Labels of objects and pods. They are written on the objects and pods of each component.
const (
	// LabelInferenceService is the name of the service. Pods are found by it.
	LabelInferenceService = "ome.io/inferenceservice"
	// LabelServingInferenceService is the name of the service under a second key, on pods only.
	// Unlike OME: it is set, as OME's documentation says.
	LabelServingInferenceService = "serving.ome.io/inferenceservice"
	// LabelComponent is "engine", "decoder" or "router", and "external-service" on the external
	// Service.
	LabelComponent = "component"
	// LabelRuntimeProfile is "true" on a runtime that others inherit from: Metacontroller finds it by
	// the label. Unlike OME: it is an annotation there.
	LabelRuntimeProfile = "ome.io/runtime-profile"
	// LabelSharedHost is "true" on a route whose host or path does not depend on the name of the
	// service: by it the services of a namespace find out that two have the same. Unlike OME: the label
	// does not exist there.
	LabelSharedHost = "isvc.io/shared-host"
	// LabelPairRevision is the digest of the pod templates of engine and decoder, on the pods of both, where the
	// service or the configuration asks for it. Unlike OME: the label does not exist there.
	LabelPairRevision = "isvc.io/pair-revision"
	// LabelRunner is "leader" or "worker" on the pods of a group that uses the variables of OME's own
	// mode, whose routers select leaders by it.
	LabelRunner = "ome.io/runner"
	// LabelApp is the name of the component's workload, hashed beyond 63 characters.
	LabelApp = "app"
	// LabelServingRuntime is the name of the runtime, if there is one.
	LabelServingRuntime = "serving-runtime"
	// LabelFineTunedServing is "true" or "false".
	LabelFineTunedServing = "fine-tuned-serving"
	// LabelFineTunedStrategy is the method of the fine-tuned weight.
	LabelFineTunedStrategy = "fine-tuned-weight-ft-strategy"
	// LabelFineTunedMerged is "true" or "false".
	LabelFineTunedMerged = "fine-tuned-serving-with-merged-weights"
	// LabelBaseModelName is the name of the model.
	LabelBaseModelName = "base-model-name"
	// LabelBaseModelSize is the model's category. Default: SMALL.
	LabelBaseModelSize = "base-model-size"
	// LabelBaseModelType is always Serving.
	LabelBaseModelType = "base-model-type"
	// LabelBaseModelVendor is the vendor of the model, if known.
	LabelBaseModelVendor = "base-model-vendor"
)

// Values of labels.
const (
	// ExternalServiceComponent is the value of LabelComponent on the external Service.
	ExternalServiceComponent = "external-service"
	// BaseModelTypeServing is the value of LabelBaseModelType.
	BaseModelTypeServing = "Serving"
	// DefaultModelCategory is the value of LabelBaseModelSize without a category.
	DefaultModelCategory = "SMALL"
)

// Labels of schedulers and queues. They are written on workloads and pods. Unlike OME, the pods of
// a Knative Service have them too.
const (
	// LabelVolcanoQueue is the value of ome.io/volcano-queue, or of ome.io/dedicated-ai-cluster.
	LabelVolcanoQueue = "volcano.sh/queue-name"
	// LabelKueueQueue is the value of ome.io/dedicated-ai-cluster beside kueue-enabled.
	LabelKueueQueue = "kueue.x-k8s.io/queue-name"
	// LabelKueuePriorityClass is "kueue-scheduling-high-priority" where the queue of Kueue is set.
	LabelKueuePriorityClass = "kueue.x-k8s.io/priority-class"
	// LabelRayPriorityClass is "volcano-scheduling-high-priority" with ome.io/dedicated-ai-cluster
	// and without kueue-enabled.
	LabelRayPriorityClass = "ray.io/priority-class-name"
	// LabelRayScheduler is "volcano" where the annotation volcano is present.
	LabelRayScheduler = "ray.io/scheduler-name"
)

// Values of scheduler labels.
const (
	KueuePriorityHigh   = "kueue-scheduling-high-priority"
	VolcanoPriorityHigh = "volcano-scheduling-high-priority"
	RaySchedulerVolcano = "volcano"
)

// Labels of other projects that have a meaning here.
const (
	// LabelRayNodeType is "head" on the leader of a multi-node component, which alone takes
	// requests.
	LabelRayNodeType = "ray.io/node-type"
	// RayNodeTypeHead is the value of LabelRayNodeType on a leader.
	RayNodeTypeHead = "head"
	// LabelKnativeVisibility "cluster-local" on a service keeps it inside the cluster: it has no
	// external Service, and a serverless service has no host outside the cluster.
	LabelKnativeVisibility = "networking.knative.dev/visibility"
	// VisibilityClusterLocal is the value of LabelKnativeVisibility.
	VisibilityClusterLocal = "cluster-local"
	// LabelOMEVisibility has no effect, as in OME.
	LabelOMEVisibility = "networking.ome.io/visibility"
	// LabelKnativeRevision is the revision of a pod. It is read to find the newest pods.
	LabelKnativeRevision = "serving.knative.dev/revision"
	// LabelKnativeService names the Knative Service of a pod, by which the external Service finds
	// it while a mode changes.
	LabelKnativeService = "serving.knative.dev/service"
	// LabelIstioInject "true" on a multi-node component asks for an Istio sidecar in pods, and a
	// Sidecar object then keeps it out of the traffic between them.
	LabelIstioInject = "sidecar.istio.io/inject"
	// LabelLensResourceVersion is the bookkeeping of a desktop tool, left out of ScaledObjects.
	LabelLensResourceVersion = "k8slens-edit-resource-version"
)

// Node labels say that a node holds a model. The key names the model, the value is one of the
// NodeModel states.
const (
	// NodeLabelPrefix starts every node label of a model. For a ClusterBaseModel, the key continues
	// with "clusterbasemodel.<name>", for a BaseModel with "<namespace>.basemodel.<name>".
	NodeLabelPrefix = "models.ome.io/"
	// NodeModelReady means that the model can be mounted.
	NodeModelReady = "Ready"
	// NodeModelUpdating means that the model is being fetched. It has no effect here.
	NodeModelUpdating = "Updating"
	// NodeModelFailed means that the model could not be fetched. It has no effect here.
	NodeModelFailed = "Failed"
)

// Finalizers that OME puts on its objects. They have no effect: isvc neither sets nor removes them.
const (
	FinalizerInferenceService = "inferenceservice.finalizers"
	FinalizerBaseModel        = "basemodels.ome.io/finalizer"
	FinalizerClusterBaseModel = "clusterbasemodels.ome.io/finalizer"
	FinalizerAcceleratorClass = "acceleratorclasses.ome.io/finalizer"
)
