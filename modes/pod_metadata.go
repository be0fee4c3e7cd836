package modes

import (
	"iter"
	"slices"
	"strings"
	"sync"

	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// MetadataField is labels, annotations, or both.
type MetadataField string

// The fields of metadata that a PodKey speaks of.
const (
	LabelsAndAnnotations MetadataField = ""
	OnlyLabels           MetadataField = "labels"
	OnlyAnnotations      MetadataField = "annotations"
)

// PodKey is a key of a service's labels or annotations that its pods have too. It means something
// on pods; every other key would only restart them when it changes.
type PodKey struct {
	// Key is a whole key; or, with "/" at the end, every key of a domain and of the domains below
	// it; or, with "." at the end, every key that begins with it.
	Key string
	// In is where the key means something.
	In MetadataField
	// OnlyIn is the only mode in whose pods the key means something; empty for every mode.
	OnlyIn v1beta1.DeploymentMode
	// ReadBy is who reads the key on pods, and what it is about.
	ReadBy string
}

// PodKeys is the table of the keys that pods have from their service. The section deploy of the
// configuration adds to it. Keys that isvc always writes itself, such as the name of the service,
// are not listed: a service's own value of such a key has no effect.
//
// The table is part of the rules by which the digests of inputs are made (inputScheme in package
// sync): another row needs another scheme, because labels and annotations of the key begin or cease
// to count.
func PodKeys() []PodKey {
	return []PodKey{
		{Key: v1beta1.AnnotationInjectModelInit, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationInjectFineTunedAdapter, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationInjectServingSidecar, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationDisableModelDecryption, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationEnableMetricAggregation, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationEnablePrometheusScraping, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationDecryptionKeyName, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationDecryptionSecretName, In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationPrefixRDMA, In: OnlyAnnotations, ReadBy: injection},
		{Key: "prometheus.ome.io/", In: OnlyAnnotations, ReadBy: injection},
		{Key: v1beta1.AnnotationPrefixPodProfiles, In: OnlyAnnotations, ReadBy: injection},

		{Key: v1beta1.AnnotationBaseModelName, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationBaseModelVendor, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationBaseModelFormat, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationBaseModelFormatVersion, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationServingRuntime, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationFineTunedStrategy, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.AnnotationFineTunedMerged, In: OnlyAnnotations, ReadBy: description},
		{Key: v1beta1.LabelBaseModelName, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelBaseModelSize, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelBaseModelType, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelBaseModelVendor, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelServingRuntime, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelFineTunedStrategy, In: OnlyLabels, ReadBy: description},
		{Key: v1beta1.LabelFineTunedMerged, In: OnlyLabels, ReadBy: description},

		{Key: "kueue.x-k8s.io/", ReadBy: "Kueue: queue, priority, pod group and topology"},
		{Key: "volcano.sh/", ReadBy: "Volcano: queue and gang"},
		{Key: "scheduling.k8s.io/", ReadBy: "Volcano: pod group"},
		{Key: "scheduling.x-k8s.io/", ReadBy: "the scheduler plugins of Kubernetes: pod group"},
		{Key: "pod-group.scheduling.sigs.k8s.io/", ReadBy: "the scheduler plugins of Kubernetes: pod group, older keys"},
		{Key: "yunikorn.apache.org/", ReadBy: "YuniKorn: application, queue and gang"},
		{Key: "kai.scheduler/", ReadBy: "the KAI scheduler: queue and topology"},
		{Key: "runai/", ReadBy: "the KAI scheduler: queue, older keys"},
		{Key: "gpu-fraction", In: OnlyAnnotations, ReadBy: "the KAI scheduler: share of a GPU"},
		{Key: "gpu-fraction-num-devices", In: OnlyAnnotations, ReadBy: "the KAI scheduler: share of GPUs"},
		{Key: "gpu-fraction-container-name", In: OnlyAnnotations, ReadBy: "the KAI scheduler: container that shares a GPU"},
		{Key: "gpu-memory", In: OnlyAnnotations, ReadBy: "the KAI scheduler: memory of a GPU"},
		{Key: "koordinator.sh/", ReadBy: "Koordinator: quality of service, gang and devices"},
		{Key: "hami.io/", ReadBy: "HAMi: share of an accelerator"},
		{Key: "nvidia.com/", ReadBy: "HAMi and NVIDIA's controllers: choice of GPUs"},
		{Key: "leaderworkerset.sigs.k8s.io/exclusive-topology", In: OnlyAnnotations, OnlyIn: v1beta1.MultiNode,
			ReadBy: "LeaderWorkerSet: a topology for each group"},
		{Key: "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology", In: OnlyAnnotations, OnlyIn: v1beta1.MultiNode,
			ReadBy: "LeaderWorkerSet: a topology for each part of a group"},
		{Key: "cluster-autoscaler.kubernetes.io/", ReadBy: "the cluster autoscaler: eviction and capacity"},
		{Key: "autoscaling.x-k8s.io/", ReadBy: "the cluster autoscaler: provisioning requests"},
		{Key: "karpenter.sh/", ReadBy: "Karpenter: disruption"},
		{Key: "descheduler.alpha.kubernetes.io/", ReadBy: "the descheduler: eviction"},
		{Key: "controller.kubernetes.io/pod-deletion-cost", In: OnlyAnnotations, ReadBy: "Kubernetes: which pod goes first"},

		{Key: "apparmor.security.beta.kubernetes.io/", In: OnlyAnnotations, ReadBy: "Kubernetes: AppArmor profiles"},
		{Key: "seccomp.security.alpha.kubernetes.io/", In: OnlyAnnotations, ReadBy: "Kubernetes: seccomp profiles"},
		{Key: "kubernetes.io/ingress-bandwidth", In: OnlyAnnotations, ReadBy: "network plugins: bandwidth"},
		{Key: "kubernetes.io/egress-bandwidth", In: OnlyAnnotations, ReadBy: "network plugins: bandwidth"},
		{Key: "cdi.k8s.io/", In: OnlyAnnotations, ReadBy: "container runtimes: devices"},
		{Key: "io.kubernetes.cri-o.", In: OnlyAnnotations, ReadBy: "CRI-O: settings of a container"},
		{Key: "crio.io/", In: OnlyAnnotations, ReadBy: "CRI-O: settings of processors"},
		{Key: "io.containerd.", In: OnlyAnnotations, ReadBy: "containerd: settings of a sandbox"},
		{Key: "io.katacontainers.", In: OnlyAnnotations, ReadBy: "Kata Containers: settings of a sandbox"},
		{Key: "dev.gvisor.", In: OnlyAnnotations, ReadBy: "gVisor: settings of a sandbox"},
		{Key: "openshift.io/required-scc", In: OnlyAnnotations, ReadBy: "OpenShift: security context constraint"},
		{Key: "workload.openshift.io/", In: OnlyAnnotations, ReadBy: "OpenShift: workload partition"},

		{Key: "k8s.v1.cni.cncf.io/", In: OnlyAnnotations, ReadBy: "Multus: networks"},
		{Key: "v1.multus-cni.io/", In: OnlyAnnotations, ReadBy: "Multus: default network"},
		{Key: v1beta1.AnnotationPrefixGoogleNetworking, ReadBy: "Google's cloud: network interfaces"},
		{Key: "devices.gke.io/", In: OnlyAnnotations, ReadBy: "Google's cloud: devices of sidecars"},
		{Key: "vpc.amazonaws.com/", ReadBy: "Amazon's cloud: network interfaces"},
		{Key: "cni.projectcalico.org/", In: OnlyAnnotations, ReadBy: "Calico: addresses"},
		{Key: "cilium.io/", ReadBy: "Cilium: addresses and policies"},
		{Key: "k8s.ovn.org/", ReadBy: "OVN-Kubernetes: networks"},
		{Key: "ovn.kubernetes.io/", In: OnlyAnnotations, ReadBy: "Kube-OVN: networks"},
		{Key: "ipam.spidernet.io/", In: OnlyAnnotations, ReadBy: "Spiderpool: addresses"},

		{Key: "istio.io/", ReadBy: "Istio: sidecars, revision, traffic and locality"},
		{Key: "istio-locality", In: OnlyLabels, ReadBy: "Istio: locality"},
		{Key: "linkerd.io/", ReadBy: "Linkerd: proxies"},
		{Key: "kuma.io/", ReadBy: "Kuma: sidecars"},
		{Key: "dapr.io/", ReadBy: "Dapr: sidecars"},
		{Key: "hashicorp.com/", ReadBy: "the injectors of Vault and Consul"},
		{Key: "vault.security.banzaicloud.io/", In: OnlyAnnotations, ReadBy: "Bank-Vaults: secrets"},
		{Key: "spiffe.io/", ReadBy: "SPIRE: identity"},
		{Key: "azure.workload.identity/", ReadBy: "Azure's workload identity"},
		{Key: "aadpodidbinding", In: OnlyLabels, ReadBy: "Azure's pod identity"},
		{Key: "eks.amazonaws.com/", ReadBy: "Amazon's cloud: identity and Fargate"},
		{Key: "alibabacloud.com/", ReadBy: "Alibaba's cloud: virtual nodes"},
		{Key: "k8s.aliyun.com/", ReadBy: "Alibaba's cloud: virtual nodes"},

		{Key: "gke-gcsfuse/", In: OnlyAnnotations, ReadBy: "Google's cloud: sidecar of Cloud Storage FUSE"},
		{Key: "gke-parallelstore/", In: OnlyAnnotations, ReadBy: "Google's cloud: sidecar of Parallelstore"},
		{Key: "fluid.io/", ReadBy: "Fluid: data sets"},
		{Key: "velero.io/", ReadBy: "Velero: volumes and hooks of backups"},

		{Key: v1beta1.AnnotationPrefixPrometheus, In: OnlyAnnotations, ReadBy: "Prometheus: what to scrape"},
		{Key: "grafana.com/", ReadBy: "Grafana's agents: metrics, logs and profiles"},
		{Key: "logging-forward", In: OnlyLabels, ReadBy: "log agents, in OME's catalogue"},
		{Key: "fluentbit.io/", ReadBy: "Fluent Bit: logs"},
		{Key: "vector.dev/", ReadBy: "Vector: logs"},
		{Key: "co.elastic.", In: OnlyAnnotations, ReadBy: "Elastic's agents: logs and metrics"},
		{Key: "sumologic.com/", In: OnlyAnnotations, ReadBy: "Sumo Logic: logs"},
		{Key: "datadoghq.com/", ReadBy: "Datadog: agents, checks and tags"},
		{Key: "dynatrace.com/", ReadBy: "Dynatrace: agents and metrics"},
		{Key: "newrelic.com/", ReadBy: "New Relic: agents"},
		{Key: "opentelemetry.io/", ReadBy: "OpenTelemetry: agents, sidecars and attributes"},

		{Key: "sglang.ai/", ReadBy: "SGLang's router: port of a prefill pod"},
		{Key: "llm-d.ai/", ReadBy: "llm-d: model and role of a pod"},
		{Key: "inference.networking.k8s.io/", ReadBy: "endpoint pickers of the Gateway API: kind of server"},

		{Key: "autoscaling.knative.dev/", In: OnlyAnnotations, OnlyIn: v1beta1.Serverless, ReadBy: "Knative: autoscaler of a revision"},
		{Key: "queue.sidecar.serving.knative.dev/", In: OnlyAnnotations, OnlyIn: v1beta1.Serverless, ReadBy: "Knative: resources of its proxy"},
		{Key: "features.knative.dev/", In: OnlyAnnotations, OnlyIn: v1beta1.Serverless, ReadBy: "Knative: features of a revision"},
		{Key: "serving.knative.dev/progress-deadline", In: OnlyAnnotations, OnlyIn: v1beta1.Serverless, ReadBy: "Knative: deadline of a revision"},
		{Key: "serving.knative.dev/no-gc", In: OnlyAnnotations, OnlyIn: v1beta1.Serverless, ReadBy: "Knative: revisions that stay"},
	}
}

// Who reads keys of OME on pods.
const (
	injection   = "isvc, which adds to the pod what the key asks for, and OME's webhook"
	description = "isvc and OME's webhook: what the pod serves; replaced where isvc knows it"
)

// annotationsInOtherForm are annotations that pods do not have, and that change pod templates in
// another way: as labels of a queue.
func annotationsInOtherForm() []string {
	return []string{
		v1beta1.AnnotationVolcanoQueue, v1beta1.AnnotationDedicatedAICluster, v1beta1.AnnotationKueueEnabled, v1beta1.AnnotationVolcano,
	}
}

// LabelReachesPods reports whether PodKeys has a label of a service, in a mode or, without one, in
// any mode: then a change of it changes pod templates. Other labels can reach pods
// as PodMetadataRule and placeholders say.
func LabelReachesPods(key string, mode v1beta1.DeploymentMode) bool {
	return isPodKey(OnlyLabels, key, mode)
}

// AnnotationReachesPods reports whether an annotation of a service can change pod templates, in a
// mode or, without one, in any mode: PodKeys has it, or it changes them in another form. Other
// annotations can reach pods as PodMetadataRule and placeholders say.
func AnnotationReachesPods(key string, mode v1beta1.DeploymentMode) bool {
	return slices.Contains(annotationsInOtherForm(), key) || isPodKey(OnlyAnnotations, key, mode) && !isOnlyForService(key)
}

// ComponentAnnotationReachesPods is AnnotationReachesPods for an annotation of a component.
func ComponentAnnotationReachesPods(key string, mode v1beta1.DeploymentMode) bool {
	switch {
	case mode == v1beta1.Serverless && slices.Contains(knativeServiceAnnotationKeys(), key):
		return false
	case IsControlAnnotation(key):
		return slices.Contains(annotationsInOtherForm(), key) || isPodKey(OnlyAnnotations, key, mode)
	}
	return true
}

// PodMetadataRule says what the pods of a component have of the metadata of their service and of the
// component itself: what PodKeys lists, what the configuration names and what the pods read.
type PodMetadataRule struct {
	// Mode is the mode of the component.
	Mode v1beta1.DeploymentMode
	// Named has the patterns of the configuration.
	Named config.Deploy
	// Read are the keys that the pods read themselves.
	Read podspec.MetadataKeys
}

// LabelsOfService are the labels of the service that the pods have.
func (r PodMetadataRule) LabelsOfService(labels map[string]string) map[string]string {
	return kmap.Filter(labels, func(key string) bool {
		return !isPodKey(OnlyLabels, key, r.Mode) && !r.Read.Labels[key] && !r.Named.TemplateLabels.Match(key)
	})
}

// AnnotationsOfService are the annotations of the service that the pods have, as far as objects
// inherit them at all.
func (r PodMetadataRule) AnnotationsOfService(annotations map[string]string) map[string]string {
	return kmap.Filter(AnnotationsInheritedFromService(annotations), func(key string) bool { return !r.hasAnnotation(key) })
}

// AnnotationsOfComponent are the annotations of the component that the pods have. Those are all that
// its author wrote except for settings of isvc and KEDA, which are no more for pods on a component
// than on a service.
func (r PodMetadataRule) AnnotationsOfComponent(annotations map[string]string) map[string]string {
	return kmap.Filter(annotations, func(key string) bool { return IsControlAnnotation(key) && !r.hasAnnotation(key) })
}

func (r PodMetadataRule) hasAnnotation(key string) bool {
	return isPodKey(OnlyAnnotations, key, r.Mode) || r.Read.Annotations[key] || r.Named.TemplateAnnotations.Match(key)
}

// IsControlAnnotation reports whether an annotation is a setting of isvc or KEDA.
func IsControlAnnotation(key string) bool {
	return key == v1beta1.AnnotationKueueEnabled || key == v1beta1.AnnotationVolcano ||
		hasAnyPrefix(key, []string{v1beta1.AnnotationPrefixOME, v1beta1.AnnotationPrefixIsvc, v1beta1.AnnotationPrefixKeda})
}

// isPodKey reports whether PodKeys has a key of labels or of annotations, in a mode or, without
// one, in any mode.
func isPodKey(field MetadataField, key string, mode v1beta1.DeploymentMode) bool {
	for row := range podKeyIndex().rowsFor(key) {
		if (row.In == field || row.In == LabelsAndAnnotations) && (row.OnlyIn == mode || row.OnlyIn == "" || mode == "") {
			return true
		}
	}
	return false
}

// podKeyIndex is PodKeys, indexed.
var podKeyIndex = sync.OnceValue(func() indexedPodKeys {
	index := indexedPodKeys{byKey: map[string][]PodKey{}, byDomain: map[string][]PodKey{}}
	for _, row := range PodKeys() {
		domain, isDomain := strings.CutSuffix(row.Key, "/")
		switch {
		case isDomain:
			index.byDomain[domain] = append(index.byDomain[domain], row)
		case strings.HasSuffix(row.Key, "."):
			index.beginnings = append(index.beginnings, row)
		default:
			index.byKey[row.Key] = append(index.byKey[row.Key], row)
		}
	}
	return index
})

// indexedPodKeys are the rows of PodKeys by the form of their keys, so that a look at a key does
// not read the table.
type indexedPodKeys struct {
	byKey, byDomain map[string][]PodKey
	beginnings      []PodKey
}

// rowsFor yields the rows that speak of a key.
func (i indexedPodKeys) rowsFor(key string) iter.Seq[PodKey] {
	return func(yield func(PodKey) bool) {
		for _, row := range i.byKey[key] {
			if !yield(row) {
				return
			}
		}
		domain, _, _ := strings.Cut(key, "/")
		for more := true; more; _, domain, more = strings.Cut(domain, ".") {
			for _, row := range i.byDomain[domain] {
				if !yield(row) {
					return
				}
			}
		}
		for _, row := range i.beginnings {
			if strings.HasPrefix(key, row.Key) && !yield(row) {
				return
			}
		}
	}
}
