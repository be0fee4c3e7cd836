// Package names has every rule by which isvc names an object or writes a label. No other package
// concatenates, shortens or hashes a name.
//
// Names are OME's wherever OME's work. A name that is too long for its kind is shortened with a
// hash of the whole name, so that two services never share an object. The form of the hashes is our
// own code and no library's, because OME and its model agent write the same names. Every function
// is pure and accepts any string.
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
	// labelLimit is the limit of a label value, of the name of a Service object and of every name
	// that a controller copies into a label.
	labelLimit = 63
	// leaderWorkerSetLimit is the longest component name that the name of a LeaderWorkerSet
	// contains whole: the StatefulSet of a group is called "lws-<component>-<group>", and its pods
	// have that name and a hash of ten digits in one label.
	leaderWorkerSetLimit = 46
	// leaderWorkerSetShort leaves room for three digits of group number.
	leaderWorkerSetShort = 44
	// scaledObjectLimit lets "scaledobject-<component>" fit into a label.
	scaledObjectLimit = 50
	// kedaPrefix is what KEDA puts before the name of a ScaledObject.
	kedaPrefix = "keda-hpa-"
	// rayClusterLimit is the longest RayCluster name that KubeRay accepts.
	rayClusterLimit = 53
	// rayLimit is where KubeRay shortens the names of what it makes.
	rayLimit = 50
	// modelConfigLimit is where OME cuts the service name.
	modelConfigLimit = 20
)

// Component is the name of a component's objects, of any length: "chat", "engine" gives
// "chat-engine".
func Component(service, componentType string) string { return service + "-" + componentType }

// Service is the name of the Service object in front of a component: "chat-engine", or with a hash
// when the component's name has more than 63 characters.
func Service(component string) string { return Truncate63(component) }

// Bridge is the name of the Service object that leads requests to a component while Knative has the name
// of its own one, during a change of the mode: "chat-engine-bridge".
func Bridge(component string) string { return Truncate63(component + "-bridge") }

// Canary is the name of the objects of a canary that runs beside a component: "chat-engine" gives
// "chat-engine-canary". It takes the place of the component's name in the other functions.
func Canary(component string) string { return component + "-canary" }

// App is the value of the label "app" by which a component's objects find its pods: "chat-engine".
func App(component string) string { return Truncate63(component) }

// KnativeService is the name of a serverless component's Knative Service, which Knative copies into
// labels: "chat-engine".
func KnativeService(component string) string { return Truncate63(component) }

// LeaderWorkerSet is the name of a multi-node component's LeaderWorkerSet: "chat-engine" gives
// "lws-chat-engine".
func LeaderWorkerSet(component string) string {
	if len(component) <= leaderWorkerSetLimit {
		return "lws-" + component
	}
	return "lws-" + shortenWithHash(component, leaderWorkerSetShort)
}

// ScaledObject is the name of a component's ScaledObject: "chat-engine" gives
// "scaledobject-chat-engine".
func ScaledObject(component string) string {
	return "scaledobject-" + shortenWithHash(component, scaledObjectLimit)
}

// KEDAAutoscaler is the name of the HorizontalPodAutoscaler that KEDA makes for a component's
// ScaledObject, and whether that is the name that KEDA gives it: "chat-engine" gives
// "keda-hpa-scaledobject-chat-engine". KEDA refuses its own name where it does not fit into a label.
func KEDAAutoscaler(component string) (name string, isKEDAs bool) {
	if name = kedaPrefix + ScaledObject(component); len(name) <= labelLimit {
		return name, true
	}
	return kedaPrefix + shortenWithHash(component, labelLimit-len(kedaPrefix)), false
}

// ModelConfig is the name of the ConfigMap that describes the model of a service: "chat" gives
// "modelconfig-chat". OME uses the last 20 characters of a longer name, which two services can have
// in common; here the hash of the whole name precedes them: "llama-3-3-70b-instruct" gives
// "modelconfig-<hash>-ama-3-3-70b-instruct".
func ModelConfig(service string) string {
	if len(service) <= modelConfigLimit {
		return modelConfigPrefix + service
	}
	return modelConfigPrefix + shortHash(service) + "-" + lastCharacters(service, modelConfigLimit)
}

// IsModelConfig reports whether a ConfigMap has the name of one that describes a model.
func IsModelConfig(configMap string) bool { return strings.HasPrefix(configMap, modelConfigPrefix) }

const modelConfigPrefix = "modelconfig-"

// RayCluster is the name of the i-th RayCluster of a component, counted from zero: "chat-engine", 0
// gives "chat-engine-0".
func RayCluster(component string, i int) string {
	return withLetterFirst(shortenWithHash(withIndex(component, i), rayClusterLimit))
}

// RayHeadService is the name of the Service object that KubeRay makes for the head of the i-th
// RayCluster: "chat-engine", 0 gives "chat-engine-0".
func RayHeadService(component string, i int) string { return keptByKubeRay(withIndex(component, i)) }

// Prober is the name of the Deployment that watches the i-th RayCluster: "chat-engine", 0 gives
// "chat-engine-0-mnp".
func Prober(component string, i int) string { return keptByKubeRay(withIndex(component, i) + "-mnp") }

// keptByKubeRay is a name that KubeRay does not change: at most 50 characters, the first one a
// letter: "7b-chat" gives "rb-chat".
func keptByKubeRay(s string) string { return withLetterFirst(shortenWithHash(s, rayLimit)) }

// withIndex appends an index.
func withIndex(component string, i int) string { return component + "-" + strconv.Itoa(i) }

// withLetterFirst makes the first character a letter, as KubeRay does.
func withLetterFirst(s string) string {
	if s == "" || isLetter(rune(s[0])) {
		return s
	}
	return "r" + s[1:]
}

// OverlayPath is where pods have a model that is mounted beside the one that they serve.
func OverlayPath(model string) string { return "/opt/ml/model-overlays/" + model }

// OverlayVariable is the variable with that path: "style-v1.5" gives "OVERLAY_STYLE_V1_5_MODEL_PATH".
func OverlayVariable(model string) string {
	return "OVERLAY_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(model)) + "_MODEL_PATH"
}

// VolumeName is the name of the volume with a model: the model's own name where that is a legal
// volume name, else a legal form of it with a hash: "qwen2.5-7b" gives "qwen2-5-7b-<hash>".
func VolumeName(model string) string {
	if IsLabelName(model) {
		return model
	}
	clean := strings.TrimLeft(replaceIllegalByDash(strings.ToLower(model), isLowerAlphanumeric), "-")
	clean = strings.TrimRight(clean[:min(len(clean), labelLimit-hashLength-1)], "-")
	return strings.TrimLeft(clean+"-"+shortHash(model), "-")
}
