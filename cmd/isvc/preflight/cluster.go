// Package preflight judges whether a cluster has what isvc needs. It looks at facts that have been read
// and reads nothing itself.
package preflight

import (
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
)

// Fact is what was read of a cluster, or why it could not be read.
type Fact[T any] struct {
	Value T
	Err   error
}

// Cluster has the facts that the checks judge.
type Cluster struct {
	// Namespace is where the hook server runs, MetacontrollerNamespace where Metacontroller does.
	Namespace, MetacontrollerNamespace string
	// KubernetesVersion is the version of the API server, as "v1.37.2".
	KubernetesVersion string
	// Installed are the kinds of ome.io and the optional kinds that the API server has.
	Installed kinds.Set
	// ServiceDefinition and ControllerDefinition are the definitions of InferenceServices and of
	// CompositeControllers; nil where there is none.
	ServiceDefinition, ControllerDefinition Fact[map[string]any]
	// Controller is the CompositeController isvc; nil where there is none.
	Controller Fact[*CompositeController]
	// ControllerEvents are the events about CompositeControllers.
	ControllerEvents Fact[[]corev1.Event]
	// Server is the Deployment of the hook server; nil where there is none.
	Server Fact[*appsv1.Deployment]
	// Answer is what the hook server answered to the call with the sample service.
	Answer Fact[*Answer]
	// Metacontroller are the pods in the namespace of Metacontroller.
	Metacontroller Fact[[]corev1.Pod]
	// Rights are the API server's answers to what Metacontroller may do.
	Rights Fact[[]authorizationv1.SubjectAccessReview]
	// NodeLabels are the labels of each node.
	NodeLabels Fact[[]map[string]string]
	// OMEController is the Deployment of OME's own controller; nil where there is none.
	OMEController Fact[*appsv1.Deployment]
}

// CompositeController has the fields of Metacontroller's object that are judged.
type CompositeController struct {
	Spec struct {
		ChildResources []ChildResource `json:"childResources"`
		Hooks          map[string]struct {
			Version string `json:"version"`
			Webhook struct {
				URL string `json:"url"`
			} `json:"webhook"`
		} `json:"hooks"`
	} `json:"spec"`
}

// ChildResource is a kind that Metacontroller applies, by its resource.
type ChildResource struct {
	APIVersion string `json:"apiVersion"`
	Resource   string `json:"resource"`
}

// Answer is what the sync hook answers.
type Answer struct {
	Children []struct {
		Kind string `json:"kind"`
	} `json:"children"`
}
