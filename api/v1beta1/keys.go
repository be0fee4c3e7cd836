package v1beta1

// Annotations that a user sets on a service; most may also be set on a component,
// whose value wins.
const (
	// AnnotationDeploymentMode chooses the workload kind: on the service the mode of
	// the service as a whole, on a component the mode of that component.
	AnnotationDeploymentMode = "ome.io/deploymentMode"
	// AnnotationAutoscalerClass is hpa, keda, external or none; see AutoscalerClass.
	AnnotationAutoscalerClass = "ome.io/autoscalerClass"
	// AnnotationMetrics is cpu or memory.
	AnnotationMetrics = "ome.io/metrics"
	// AnnotationTargetUtilization is a percentage from 1 to 100.
	AnnotationTargetUtilization = "ome.io/targetUtilizationPercentage"
	// AnnotationEnableTagRouting "true" tags the latest revision of a serverless component.
	AnnotationEnableTagRouting = "ome.io/enable-tag-routing"
	// AnnotationServiceType is LoadBalancer, NodePort or ClusterIP.
	AnnotationServiceType = "ome.io/service-type"
	// AnnotationLoadBalancerIP is the address of a LoadBalancer Service.
	AnnotationLoadBalancerIP = "ome.io/load-balancer-ip"
	// AnnotationAcceleratorClass restricts runtimes to those that can use the class.
	AnnotationAcceleratorClass = "ome.io/accelerator-class"
	// AnnotationDeprecationWarning is written by OME on services with a predictor.
	AnnotationDeprecationWarning = "ome.io/deprecation-warning"
	// AnnotationEntrypointComponent is declared by OME and has no effect.
	AnnotationEntrypointComponent = "ome.io/entrypoint-component"
)

// Annotations that override the ingress configuration for one service.
const (
	// AnnotationIngressDomain replaces ingressDomain.
	AnnotationIngressDomain = "ome.io/ingress-domain"
	// AnnotationIngressDomainTemplate replaces domainTemplate.
	AnnotationIngressDomainTemplate = "ome.io/ingress-domain-template"
	// AnnotationIngressURLScheme replaces urlScheme.
	AnnotationIngressURLScheme = "ome.io/ingress-url-scheme"
	// AnnotationIngressPathTemplate replaces pathTemplate, also with nothing.
	AnnotationIngressPathTemplate = "ome.io/ingress-path-template"
	// AnnotationIngressAdditionalDomains is a comma-separated list that replaces
	// additionalIngressDomains.
	AnnotationIngressAdditionalDomains = "ome.io/ingress-additional-domains"
	// AnnotationIngressDisableIstioVirtualHost "true" turns the VirtualService off,
	// any other value turns it on.
	AnnotationIngressDisableIstioVirtualHost = "ome.io/ingress-disable-istio-virtualhost"
	// AnnotationIngressDisableCreation "true" turns ingress off, any other value
	// turns it on.
	AnnotationIngressDisableCreation = "ome.io/ingress-disable-creation"
)

// Annotations that add containers, volumes or settings to pods.
const (
	// AnnotationInjectModelInit "true" adds the model-init container, which decrypts
	// or converts the model, and takes the place of the model's mount.
	AnnotationInjectModelInit = "ome.io/inject-model-init"
	// AnnotationInjectFineTunedAdapter names the fine-tuned weight that the
	// fine-tuned-adapter container fetches.
	AnnotationInjectFineTunedAdapter = "ome.io/inject-fine-tuned-adapter"
	// AnnotationInjectServingSidecar "true" adds the serving-sidecar container.
	AnnotationInjectServingSidecar = "ome.io/inject-serving-sidecar"
	// AnnotationDisableModelDecryption is handed to model-init.
	AnnotationDisableModelDecryption = "ome.io/disable-model-decryption"
	// AnnotationEnableMetricAggregation "true" lets the queue-proxy of a serverless
	// pod aggregate metrics.
	AnnotationEnableMetricAggregation = "ome.io/enable-metric-aggregation"
	// AnnotationEnablePrometheusScraping "true" sets the port and path to scrape.
	AnnotationEnablePrometheusScraping = "ome.io/enable-prometheus-scraping"
	// AnnotationMetricsPort is the port of the model server's metrics; default 8080.
	AnnotationMetricsPort = "prometheus.ome.io/port"
	// AnnotationMetricsPath is the path of the model server's metrics; default /metrics.
	AnnotationMetricsPath = "prometheus.ome.io/path"
	// AnnotationRDMAAutoInject "true" prepares a container for RDMA.
	AnnotationRDMAAutoInject = "rdma.ome.io/auto-inject"
	// AnnotationRDMAProfile names the settings; oci-roce is the default and only one.
	AnnotationRDMAProfile = "rdma.ome.io/profile"
	// AnnotationRDMAContainerName names the container; default ome-container.
	AnnotationRDMAContainerName = "rdma.ome.io/container-name"
)

// Annotations that describe the model and the runtime on the component's objects.
// They are always written; a user's values are replaced.
const (
	// AnnotationBaseModelName is the name of the model.
	AnnotationBaseModelName = "ome.io/base-model-name"
	// AnnotationBaseModelVendor is the vendor of the model, if known.
	AnnotationBaseModelVendor = "ome.io/base-model-vendor"
	// AnnotationBaseModelFormat is the name of the model's format.
	AnnotationBaseModelFormat = "ome.io/base-model-format"
	// AnnotationBaseModelFormatVersion is the version of the model's format, if known.
	AnnotationBaseModelFormatVersion = "ome.io/base-model-format-version"
	// AnnotationServingRuntime is the name of the runtime.
	AnnotationServingRuntime = "ome.io/serving-runtime"
	// AnnotationFineTunedStrategy is the method of the fine-tuned weight.
	AnnotationFineTunedStrategy = "ome.io/fine-tuned-weight-ft-strategy"
	// AnnotationFineTunedMerged "true" means that the weight holds the complete model.
	AnnotationFineTunedMerged = "ome.io/fine-tuned-serving-with-merged-weights"
)

// Annotations on a model object.
const (
	// AnnotationDecryptionKeyName is copied to pods.
	AnnotationDecryptionKeyName = "ome.io/base-model-decryption-key-name"
	// AnnotationDecryptionSecretName is copied to pods.
	AnnotationDecryptionSecretName = "ome.io/base-model-decryption-secret-name"
	// AnnotationModelCategory is the value of LabelBaseModelSize; default SMALL.
	AnnotationModelCategory = "models.ome.io/category"
)

// Annotations that choose a queue; their effect is a label on pods.
const (
	// AnnotationVolcanoQueue names the Volcano queue.
	AnnotationVolcanoQueue = "ome.io/volcano-queue"
	// AnnotationDedicatedAICluster names a Volcano queue, or a Kueue queue if
	// AnnotationKueueEnabled is present.
	AnnotationDedicatedAICluster = "ome.io/dedicated-ai-cluster"
	// AnnotationKueueEnabled counts by its presence, whatever its value.
	AnnotationKueueEnabled = "kueue-enabled"
	// AnnotationVolcano counts by its presence, whatever its value.
	AnnotationVolcano = "volcano"
)

// Annotations for KEDA that take the place of fields of kedaConfig.
const (
	// AnnotationKedaThreshold is the threshold, a number.
	AnnotationKedaThreshold = "autoscaling.keda.sh/threshold"
	// AnnotationKedaOperator is the scaling operator.
	AnnotationKedaOperator = "autoscaling.keda.sh/operator"
	// AnnotationKedaServerAddress is the URL of the Prometheus server.
	AnnotationKedaServerAddress = "autoscaling.keda.sh/prometheus.serverAddress"
	// AnnotationKedaQuery is the Prometheus query.
	AnnotationKedaQuery = "autoscaling.keda.sh/prometheus.query"
)

// Annotations of Knative.
const (
	// AnnotationKnativeClass names the Knative autoscaler.
	AnnotationKnativeClass = "autoscaling.knative.dev/class"
	// AnnotationKnativeMinScale is the least number of pods.
	AnnotationKnativeMinScale = "autoscaling.knative.dev/min-scale"
	// AnnotationKnativeMaxScale is the greatest number of pods.
	AnnotationKnativeMaxScale = "autoscaling.knative.dev/max-scale"
	// AnnotationKnativeTarget is the value of the metric for one pod.
	AnnotationKnativeTarget = "autoscaling.knative.dev/target"
	// AnnotationKnativeMetric is the metric.
	AnnotationKnativeMetric = "autoscaling.knative.dev/metric"
	// AnnotationKnativeRolloutDuration belongs on the Knative Service, not its pods.
	AnnotationKnativeRolloutDuration = "serving.knative.dev/rollout-duration"
	// AnnotationKnativePassthrough belongs on the Knative Service, not its pods.
	AnnotationKnativePassthrough = "serving.knative.openshift.io/enablePassthrough"
)

// Annotations of Prometheus on pods. They do not belong on Services and on the
// workers of a multi-node component.
const (
	AnnotationPrometheusScrape = "prometheus.io/scrape"
	AnnotationPrometheusPort   = "prometheus.io/port"
	AnnotationPrometheusPath   = "prometheus.io/path"
)

// Annotations on other objects.
const (
	// AnnotationRayUnavailableSince is the time since which a RayCluster is unavailable.
	AnnotationRayUnavailableSince = "raycluster/unavailable-since"
	// AnnotationDeploymentRevision is Kubernetes' revision number of a Deployment.
	AnnotationDeploymentRevision = "deployment.kubernetes.io/revision"
	// AnnotationLastApplied is the bookkeeping of kubectl apply.
	AnnotationLastApplied = "kubectl.kubernetes.io/last-applied-configuration"
	// AnnotationStorageInitializerSourceURI is internal to OME and never copied.
	AnnotationStorageInitializerSourceURI = "internal.ome.io/storage-initializer-sourceuri"
)

// Prefixes of annotations that are meant for pods and are removed from Services.
const (
	AnnotationPrefixGrafana          = "k8s.grafana.com/"
	AnnotationPrefixLoki             = "loki.grafana.com/"
	AnnotationPrefixPrometheus       = "prometheus.io/"
	AnnotationPrefixGoogleNetworking = "networking.gke.io/"
	AnnotationPrefixRDMA             = "rdma.ome.io/"
)

// Prefixes of annotations that the external Service takes over from the service.
const (
	AnnotationPrefixServiceBeta = "service.beta.kubernetes.io/"
	AnnotationPrefixGoogleCloud = "cloud.google.com/"
	AnnotationPrefixService     = "service.kubernetes.io/"
)

// Prefixes of annotations of tools, which are not copied to any object.
const (
	AnnotationPrefixKubectl        = "kubectl.kubernetes.io/"
	AnnotationPrefixArgoCD         = "argocd.argoproj.io/"
	AnnotationPrefixHelm           = "meta.helm.sh/"
	AnnotationPrefixFluxKustomize  = "kustomize.toolkit.fluxcd.io/"
	AnnotationPrefixFluxHelm       = "helm.toolkit.fluxcd.io/"
	AnnotationPrefixMetacontroller = "metacontroller.k8s.io/"
)

// Labels of a component's objects and pods.
const (
	// LabelInferenceService is the name of the service.
	LabelInferenceService = "ome.io/inferenceservice"
	// LabelServingInferenceService is the name of the service under a second key, on
	// pods only.
	LabelServingInferenceService = "serving.ome.io/inferenceservice"
	// LabelComponent is engine, decoder, router, predictor or external-service.
	LabelComponent = "component"
	// LabelApp is the name of the component's workload, hashed beyond 63 characters.
	LabelApp = "app"
	// LabelServingRuntime is the name of the runtime.
	LabelServingRuntime = "serving-runtime"
	// LabelFineTunedServing is "true" or "false".
	LabelFineTunedServing = "fine-tuned-serving"
	// LabelFineTunedStrategy is the method of the fine-tuned weight.
	LabelFineTunedStrategy = "fine-tuned-weight-ft-strategy"
	// LabelFineTunedMerged is "true" or "false".
	LabelFineTunedMerged = "fine-tuned-serving-with-merged-weights"
	// LabelBaseModelName is the name of the model.
	LabelBaseModelName = "base-model-name"
	// LabelBaseModelSize is the model's category.
	LabelBaseModelSize = "base-model-size"
	// LabelBaseModelType is always BaseModelTypeServing.
	LabelBaseModelType = "base-model-type"
	// LabelBaseModelVendor is the vendor of the model.
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

// Labels of schedulers and queues.
const (
	LabelVolcanoQueue       = "volcano.sh/queue-name"
	LabelKueueQueue         = "kueue.x-k8s.io/queue-name"
	LabelKueuePriorityClass = "kueue.x-k8s.io/priority-class"
	LabelRayPriorityClass   = "ray.io/priority-class-name"
	LabelRayScheduler       = "ray.io/scheduler-name"
)

// Values of scheduler labels.
const (
	KueuePriorityHigh   = "kueue-scheduling-high-priority"
	VolcanoPriorityHigh = "volcano-scheduling-high-priority"
	RaySchedulerVolcano = "volcano"
)

// Labels of other projects that have a meaning here.
const (
	// LabelRayNodeType is head on the leader of a multi-node component.
	LabelRayNodeType = "ray.io/node-type"
	// RayNodeTypeHead is the value of LabelRayNodeType on a leader.
	RayNodeTypeHead = "head"
	// LabelKnativeVisibility with VisibilityClusterLocal on a service keeps it inside
	// the cluster.
	LabelKnativeVisibility = "networking.knative.dev/visibility"
	// VisibilityClusterLocal is the value of LabelKnativeVisibility.
	VisibilityClusterLocal = "cluster-local"
	// LabelOMEVisibility is declared by OME and has no effect.
	LabelOMEVisibility = "networking.ome.io/visibility"
	// LabelKnativeRevision is the revision of a pod.
	LabelKnativeRevision = "serving.knative.dev/revision"
	// LabelKnativeService names the Knative Service of a pod.
	LabelKnativeService = "serving.knative.dev/service"
	// LabelIstioInject "true" asks for an Istio sidecar in pods.
	LabelIstioInject = "sidecar.istio.io/inject"
	// LabelLensResourceVersion is the bookkeeping of a desktop tool.
	LabelLensResourceVersion = "k8slens-edit-resource-version"
)

// Node labels say that a node holds a model. The key names the model, the value is
// one of the NodeModel states.
const (
	// NodeLabelPrefix starts every node label of a model. The key of a cluster model
	// goes on with "clusterbasemodel.<name>", that of a namespaced one with
	// "<namespace>.basemodel.<name>".
	NodeLabelPrefix = "models.ome.io/"
	// NodeModelReady means that the model can be mounted.
	NodeModelReady = "Ready"
	// NodeModelUpdating means that the model is being fetched.
	NodeModelUpdating = "Updating"
	// NodeModelFailed means that the model could not be fetched.
	NodeModelFailed = "Failed"
)

// Finalizers that OME puts on its objects.
const (
	FinalizerInferenceService = "inferenceservice.finalizers"
	FinalizerBaseModel        = "basemodels.ome.io/finalizer"
	FinalizerClusterBaseModel = "clusterbasemodels.ome.io/finalizer"
	FinalizerAcceleratorClass = "acceleratorclasses.ome.io/finalizer"
)
