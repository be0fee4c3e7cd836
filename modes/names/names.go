// Package names holds every rule by which isvc names an object or writes a
// label: the only place that concatenates, shortens or hashes a name.
//
// Names are those of OME wherever OME's work. Where a name is too long for
// its kind, it is shortened with a hash of the whole, so that two services
// never meet in one object. Every function is pure and total.
package names

import (
	"strconv"
	"strings"
)

// The names that a pod shares with what is injected into it.
const (
	// MainContainer is what OME's runtimes call the runner.
	MainContainer = "ome-container"
	// ModelEmptyDir is the volume into which models and weights are unpacked.
	ModelEmptyDir = "model-empty-dir"
)

// The longest names that work, by what limits them.
const (
	// labelLimit is the limit of a label value, of a Service name and of
	// every name that a controller copies into a label.
	labelLimit = 63
	// leaderWorkerSetLimit is the longest component name that is kept in the
	// name of a LeaderWorkerSet: the StatefulSet of a group is called
	// "lws-<component>-<group>", and its pods carry that name and a hash of
	// ten digits in one label.
	leaderWorkerSetLimit = 46
	// leaderWorkerSetShort leaves room for three digits of group number.
	leaderWorkerSetShort = 44
	// scaledObjectLimit keeps "scaledobject-<component>" within a label.
	scaledObjectLimit = 50
	// rayClusterLimit is the longest RayCluster name that KubeRay accepts.
	rayClusterLimit = 53
	// rayLimit is where KubeRay shortens the names of what it makes.
	rayLimit = 50
	// modelConfigLimit is where OME cuts the service name.
	modelConfigLimit = 20
)

// Component is the name of a component's objects, whatever its length:
// "chat", "engine" gives "chat-engine".
func Component(service, componentType string) string { return service + "-" + componentType }

// Service is the name of the Service in front of a component: "chat-engine",
// or with a hash when the component's name has more than 63 characters.
func Service(component string) string { return Truncate63(component) }

// App is the value of the label "app" by which a component's objects find its
// pods: "chat-engine".
func App(component string) string { return Truncate63(component) }

// KnativeService is the name of a serverless component, which Knative copies
// into labels: "chat-engine".
func KnativeService(component string) string { return Truncate63(component) }

// LeaderWorkerSet is the name of a multi-node component's LeaderWorkerSet:
// "chat-engine" gives "lws-chat-engine".
func LeaderWorkerSet(component string) string {
	if len(component) <= leaderWorkerSetLimit {
		return "lws-" + component
	}
	return "lws-" + shorten(component, leaderWorkerSetShort)
}

// ScaledObject is the name of a component's ScaledObject: "chat-engine" gives
// "scaledobject-chat-engine".
func ScaledObject(component string) string {
	return "scaledobject-" + shorten(component, scaledObjectLimit)
}

// ModelConfig is the name of the ConfigMap that describes the model of a
// service: "chat" gives "modelconfig-chat". OME keeps the last 20 characters
// of a longer name, which two services can share; here the hash of the whole
// name precedes them: "llama-3-3-70b-instruct" gives
// "modelconfig-<hash>-ama-3-3-70b-instruct".
func ModelConfig(service string) string {
	if len(service) <= modelConfigLimit {
		return "modelconfig-" + service
	}
	return "modelconfig-" + hash(service) + "-" + tail(service, modelConfigLimit)
}

// RayCluster is the name of the i-th RayCluster of a component, counted from
// zero: "chat-engine", 0 gives "chat-engine-0".
func RayCluster(component string, i int) string {
	return lead(shorten(numbered(component, i), rayClusterLimit))
}

// RayHeadService is the name of the Service that KubeRay makes for the head
// of the i-th RayCluster: "chat-engine", 0 gives "chat-engine-0".
func RayHeadService(component string, i int) string { return Ray(numbered(component, i)) }

// Prober is the name of the Deployment that watches the i-th RayCluster:
// "chat-engine", 0 gives "chat-engine-0-mnp".
func Prober(component string, i int) string { return Ray(numbered(component, i) + "-mnp") }

// Ray is a name that KubeRay leaves as it is: at most 50 characters, the
// first one a letter: "7b-chat" gives "rb-chat".
func Ray(s string) string { return lead(shorten(s, rayLimit)) }

// numbered appends an index.
func numbered(component string, i int) string { return component + "-" + strconv.Itoa(i) }

// lead makes the first character a letter, as KubeRay does.
func lead(s string) string {
	if s == "" || isLetter(rune(s[0])) {
		return s
	}
	return "r" + s[1:]
}

// VolumeName is the name of the volume that holds a model: the model's own
// name where that is a legal volume name, else a legal form of it with a hash:
// "qwen2.5-7b" gives "qwen2-5-7b-<hash>".
func VolumeName(model string) string {
	if IsLabelName(model) {
		return model
	}
	clean := strings.TrimLeft(sanitise(strings.ToLower(model), isLowerAlphanumeric), "-")
	clean = strings.TrimRight(clean[:min(len(clean), labelLimit-hashLength-1)], "-")
	return strings.TrimLeft(clean+"-"+hash(model), "-")
}
