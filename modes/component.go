package modes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Component is one component of a service (engine, decoder or router) after every decision about
// it. What is left is to make the objects of its mode. Builders do not change it.
type Component struct {
	// Type is engine, decoder or router.
	Type v1beta1.ComponentType
	// Mode chooses the builder: RawDeployment, Serverless, MultiNode or MultiNodeRayVLLM.
	Mode v1beta1.DeploymentMode
	// Service and Namespace are the name and namespace of the InferenceService.
	Service   string
	Namespace string
	// Name is "<service>-<type>", whatever its length.
	Name string

	// Labels and Annotations are for every object of the component. Builders add or remove keys
	// that are for other objects only.
	Labels      map[string]string
	Annotations map[string]string
	// PodLabels and PodAnnotations are the part of Labels and Annotations that is for pods: without
	// what of the service's own metadata means nothing there, see PodKeys. Builders add keys.
	PodLabels      map[string]string
	PodAnnotations map[string]string
	// QueueLabels are the labels by which a batch scheduler finds the workload.
	QueueLabels map[string]string

	// Pod is the pod that serves: the leader or head where there are workers. It has the runner and
	// the model volume, and does not have the defaults of a mode yet.
	Pod corev1.PodSpec
	// Worker is the pod of a multi-node worker; nil without workers.
	Worker *corev1.PodSpec
	// WorkerSize is the number of workers of one replica, at least 0.
	WorkerSize int32
	// Runner is the name of the container in Pod that serves.
	Runner string
	// WorkerRunner is the name of the container in Worker that computes.
	WorkerRunner string

	// Server is the program that serves.
	Server Server

	// Extension is the merged component configuration: disruption budget, strategy, concurrency,
	// timeout and canary.
	Extension v1beta1.ComponentExtensionSpec
	// Topology says where the pods are placed.
	Topology v1beta1.TopologySpec
	// Scaling is how many replicas there are and what decides their number.
	Scaling Scaling
	// Canary is which part of the requests goes to a new template.
	Canary Canary
	// PairRevision is the revision that the roles of the service share; empty where they share none.
	PairRevision string
	// Injection is what the pod templates receive in addition to their containers.
	Injection Injection
}

// inWords names the component in messages: "engine of InferenceService team-a/chat".
func (c *Component) inWords() string {
	return fmt.Sprintf("%s of InferenceService %s/%s", c.Type, c.Namespace, c.Service)
}

// Scaling is the decision about replicas.
type Scaling struct {
	// Autoscaler is what decides the number of replicas.
	Autoscaler Autoscaler
	// Min and Max bound the replicas; Max is at least Min.
	Min int32
	Max int32
	// Replicas is the number to write into the workload; nil where the field belongs to an
	// autoscaler.
	Replicas *int32
	// OnlyOut keeps an autoscaler from taking replicas away. While a canary takes a part of the load,
	// the others must be able to take it back at once.
	OnlyOut bool
	// Metric is the resource or request metric; empty means the default of the autoscaler.
	Metric string
	// Target is the value of the metric to aim at; nil means the default of the autoscaler. It is a
	// percentage for cpu and memory of a HorizontalPodAutoscaler.
	Target *int32
	// Keda is the merged kedaConfig; nil unless Autoscaler is KEDA and no Block says more.
	Keda *v1beta1.KedaConfig
	// Source is who asks for an autoscaler, and Place the field of its block for messages, such as
	// "spec.engine.autoscaler" or "ClusterServingRuntime/x spec.engineConfig.autoscaler".
	Source AutoscalerSource
	Place  string
	// Block is the autoscaler block that counts; nil without one. Its class is what is asked for;
	// Autoscaler is what the mode makes of it.
	Block *v1beta1.ComponentAutoscaler
}

// IsByBlock reports whether the replicas are decided as an autoscaler block asks.
func (s Scaling) IsByBlock() bool {
	if s.Block == nil {
		return false
	}
	asked, known := AutoscalerOfClass(s.Block.Class)
	return known && asked == s.Autoscaler
}

// AutoscalerSource says what asks for an autoscaler.
type AutoscalerSource string

// The sources of an autoscaler, in the order in which they win. The values are those of OME's status.
const (
	// SourceService is the autoscaler block of the service.
	SourceService AutoscalerSource = "isvc"
	// SourceRuntime is the autoscaler block of the runtime.
	SourceRuntime AutoscalerSource = "runtime"
	// SourceLegacy are kedaConfig, scaleMetric, scaleTarget and annotations.
	SourceLegacy AutoscalerSource = "legacy"
	// SourceDefault is nothing: a HorizontalPodAutoscaler on the CPU.
	SourceDefault AutoscalerSource = "default"
)

// AutoscalerOfClass is the autoscaler that a class of a block asks for. It returns false for a class
// that does not exist.
func AutoscalerOfClass(class v1beta1.ComponentAutoscalerClass) (Autoscaler, bool) {
	switch class {
	case v1beta1.ClassHPA:
		return AutoscalerHPA, true
	case v1beta1.ClassKEDA:
		return AutoscalerKEDA, true
	case v1beta1.ClassExternal:
		return AutoscalerExternal, true
	case v1beta1.ClassNone:
		return AutoscalerNone, true
	}
	return "", false
}

// Autoscaler names what decides the number of replicas.
type Autoscaler string

const (
	// AutoscalerHPA is a HorizontalPodAutoscaler that isvc makes; the default.
	AutoscalerHPA Autoscaler = "hpa"
	// AutoscalerKEDA is a ScaledObject that isvc makes.
	AutoscalerKEDA Autoscaler = "keda"
	// AutoscalerExternal is an autoscaler that the user makes.
	AutoscalerExternal Autoscaler = "external"
	// AutoscalerNone fixes the replicas at Min.
	AutoscalerNone Autoscaler = "none"
	// AutoscalerKnative is Knative's own, for serverless components.
	AutoscalerKnative Autoscaler = "knative"
)

// Canary splits the requests to a component between its former template and its new one.
type Canary struct {
	// Percent goes to the new template; nil sends everything there.
	Percent *int64
	// Previous is the Knative revision that was rolled out completely before, for serverless
	// components. Empty means that there is none, and then there is no split.
	Previous string
	// Beside is the canary that runs beside the pods of the component; nil without one.
	Beside *CanaryBeside
}

// CanaryBeside is how requests reach the pods of a canary that runs beside those of a component.
type CanaryBeside struct {
	// Service is the name of the canary's Service object, and Port the port of that.
	Service string
	Port    int32
	// Weight is the percentage of the requests that routes with weights send to the canary; 0 while it
	// gets none.
	Weight int32
	// SharesPods is true where the Service objects of the component lead to the pods of the canary too,
	// because no route with weights leads to the component.
	SharesPods bool
}

// Injection is what annotations ask to be added to pod templates. OME does this work in a mutating
// webhook for pods.
type Injection struct {
	// Weight is the fine-tuned weight whose adapter is downloaded; nil without.
	Weight *v1beta1.FineTunedWeight
}

// Env is what builders know beside the component. It is input only: builders read it and do not
// change it.
type Env struct {
	// Parent is the service itself.
	Parent *v1beta1.InferenceService
	// Config is the cluster's configuration.
	Config *config.Config
	// Kinds are the child kinds that may be returned.
	Kinds kinds.Set
	// PullSecrets are those of the namespace's default service account, with which the pods of the
	// namespace pull their images.
	PullSecrets []corev1.LocalObjectReference
}

// Built is what a builder returns.
type Built struct {
	// Objects are what was built; empty beside a problem.
	Objects Objects
	// Findings are worth knowing and stop nothing, in the order in which to record them. A finding
	// may be repeated. Beside a problem there are the findings that came before it.
	Findings []finding.Finding
}

// concatBuilt joins what several builders return, in their order.
func concatBuilt(parts ...Built) Built {
	var all Built
	for _, part := range parts {
		all.Objects = append(all.Objects, part.Objects...)
		all.Findings = append(all.Findings, part.Findings...)
	}
	return all
}

// Objects are pointers to typed Kubernetes objects, each with its apiVersion and kind set.
type Objects []any
