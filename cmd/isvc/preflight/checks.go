package preflight

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	gosync "sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/definition"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// Verdict says how a check went.
type Verdict string

// The verdicts.
const (
	// OK: the cluster has what is needed.
	OK Verdict = "ok"
	// Warning: isvc works, and something will hurt.
	Warning Verdict = "warning"
	// Unknown: it could not be read. What is behind it may be in order.
	Unknown Verdict = "unknown"
	// Failed: isvc does not work.
	Failed Verdict = "failed"
)

// Check is what was found about one part of a cluster.
type Check struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Message says what was found.
	Message string `json:"message"`
	// Fix says what to do; empty where nothing is to be done.
	Fix string `json:"fix,omitempty"`
}

// Checks judges a cluster, in the order in which a person would mend it.
func Checks(c *Cluster) []Check {
	var all []Check
	for _, rule := range []struct {
		name  string
		judge func(*Cluster) Check
	}{
		{"Kubernetes", kubernetesIsRecent},                      // the pods of isvc use what 1.30 has
		{"definitions", definitionsAreOfThisVersion},            // else fields are dropped
		{"OME", omeControllerIsGone},                            // else two controllers write the same objects
		{"Metacontroller", metacontrollerIsRecent},              // else the hooks are called in version v1
		{"Metacontroller's settings", settingsSuitManyServices}, // else services wait
		{"rights", metacontrollerMayDoItsWork},                  // else services wait without an event
		{"hook server", serverRuns},
		{"CompositeController", controllerManagesWhatIsThere}, // a kind that is absent stops all services
		{"optional kinds", optionalKindsAreManaged},
		{"revision", serverAndURLsHaveOneRevision},
		{"answer", sampleIsRendered},
		{"model nodes", nodesHaveModels},
	} {
		check := rule.judge(c)
		check.Name = rule.name
		all = append(all, check)
	}
	return all
}

// Worst returns the worst verdict: Failed, or OK where nothing failed.
func Worst(checks []Check) Verdict {
	if slices.ContainsFunc(checks, func(c Check) bool { return c.Verdict == Failed }) {
		return Failed
	}
	return OK
}

func checkPassed(format string, values ...any) Check {
	return Check{Verdict: OK, Message: fmt.Sprintf(format, values...)}
}

func checkFailed(fix, format string, values ...any) Check {
	return Check{Verdict: Failed, Message: fmt.Sprintf(format, values...), Fix: fix}
}

func checkWarned(fix, format string, values ...any) Check {
	return Check{Verdict: Warning, Message: fmt.Sprintf(format, values...), Fix: fix}
}

func checkUnknown(err error) Check { return Check{Verdict: Unknown, Message: err.Error()} }

// leastKubernetes and leastMetacontroller are the oldest versions that work: docs/install.md.
var (
	leastKubernetes     = [2]int{1, 30}
	leastMetacontroller = [2]int{4, 16}
)

var majorAndMinor = regexp.MustCompile(`^v?(\d+)\.(\d+)`)

// isAtLeast reports whether a version is as new as another one; known is false for what is no version.
func isAtLeast(version string, least [2]int) (yes, known bool) {
	found := majorAndMinor.FindStringSubmatch(version)
	if found == nil {
		return false, false
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	return major > least[0] || major == least[0] && minor >= least[1], true
}

func kubernetesIsRecent(c *Cluster) Check {
	switch recent, known := isAtLeast(c.KubernetesVersion, leastKubernetes); {
	case !known:
		return checkUnknown(fmt.Errorf("the API server says that its version is %q", c.KubernetesVersion))
	case !recent:
		return checkFailed("Upgrade the cluster.", "%s is older than 1.30", c.KubernetesVersion)
	}
	return checkPassed("%s", c.KubernetesVersion)
}

const applyDefinitions = "Apply the definitions of this version: crds.yaml of the release, or isvc schema --definitions, with kubectl apply --server-side."

func definitionsAreOfThisVersion(c *Cluster) Check {
	var missing []string
	for _, kind := range load.CatalogueKinds() {
		if !c.Installed.Has(kind) {
			name, _ := kind.NameAndVersion()
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) > 0:
		return checkFailed(applyDefinitions, "the cluster does not have %s of %s", strings.Join(missing, ", "), v1beta1.APIVersion)
	case c.ServiceDefinition.Err != nil:
		return checkUnknown(c.ServiceDefinition.Err)
	case !isOfThisVersion(c.ServiceDefinition.Value):
		return checkWarned(applyDefinitions, "the definition of InferenceServices is not the one of this program: the API server may drop fields, or refuse what it should take")
	}
	return checkPassed("all kinds of %s, as this program knows them", v1beta1.APIVersion)
}

// isOfThisVersion compares the schema of a definition with that of the program, without descriptions.
func isOfThisVersion(crd map[string]any) bool {
	own, err := ownSchema()
	return err == nil && reflect.DeepEqual(own, schemaWithoutDescriptions(crd))
}

var ownSchema = gosync.OnceValues(func() (map[string]any, error) {
	crd, err := manifests.PlainDefinitionOf(v1beta1.KindInferenceService)
	return schemaWithoutDescriptions(crd), err
})

func schemaWithoutDescriptions(crd map[string]any) map[string]any {
	roots := definition.SchemasOf(crd)
	if len(roots) != 1 {
		return nil
	}
	definition.WalkSchemas(roots[0], func(_ string, schema map[string]any) { delete(schema, "description") })
	return roots[0]
}

func omeControllerIsGone(c *Cluster) Check {
	switch ome := c.OMEController; {
	case ome.Err != nil:
		return checkUnknown(ome.Err)
	case ome.Value != nil && (ome.Value.Spec.Replicas == nil || *ome.Value.Spec.Replicas > 0):
		return checkFailed("Follow docs/migration.md, which stops it first.", "OME's own controller runs in the namespace %s and writes the same objects", ome.Value.Namespace)
	}
	return checkPassed("OME's own controller does not run")
}

// metacontrollerContainers are the containers of Metacontroller in running pods.
func metacontrollerContainers(c *Cluster) (containers []corev1.Container, ready int) {
	for _, pod := range c.Metacontroller.Value {
		for _, container := range pod.Spec.Containers {
			if !strings.Contains(container.Image, "metacontroller") {
				continue
			}
			containers = append(containers, container)
			if slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
				return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
			}) {
				ready++
			}
		}
	}
	return containers, ready
}

const installMetacontroller = "Install Metacontroller 4.16 or later with its custom resource definitions: docs/install.md."

func metacontrollerIsRecent(c *Cluster) Check {
	if c.ControllerDefinition.Err != nil {
		return checkUnknown(c.ControllerDefinition.Err)
	}
	if c.ControllerDefinition.Value == nil {
		return checkFailed(installMetacontroller, "the cluster has no definition of CompositeController")
	}
	if !knowsHookVersions(c.ControllerDefinition.Value) {
		return checkFailed("Apply the definitions of Metacontroller 4.16 or later.", "the definition of CompositeController has no version of a hook: v2 is dropped, and isvc refuses every call")
	}
	if c.Metacontroller.Err != nil {
		return checkUnknown(c.Metacontroller.Err)
	}
	containers, ready := metacontrollerContainers(c)
	if len(containers) == 0 {
		return Check{Verdict: Unknown, Message: "there is no pod of Metacontroller in the namespace " + c.MetacontrollerNamespace,
			Fix: "Name its namespace with --metacontroller-namespace, and let the NetworkPolicy admit it; or install it."}
	}
	image := containers[0].Image
	_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	switch recent, known := isAtLeast(tag, leastMetacontroller); {
	case known && !recent:
		return checkFailed(installMetacontroller, "%s is older than 4.16", image)
	case ready == 0:
		return checkFailed("Look at the log and the events of the pod.", "no pod of Metacontroller is ready in the namespace %s", c.MetacontrollerNamespace)
	}
	return checkPassed("%s, %d ready", image, ready)
}

// knowsHookVersions reports whether a definition of CompositeController has spec.hooks.sync.version.
func knowsHookVersions(crd map[string]any) bool {
	for _, schema := range definition.SchemasOf(crd) {
		for _, field := range []string{"spec", "hooks", "sync", "version"} {
			schema = definition.Member(definition.Member(schema, "properties"), field)
		}
		if schema != nil {
			return true
		}
	}
	return false
}

func settingsSuitManyServices(c *Cluster) Check {
	containers, _ := metacontrollerContainers(c)
	if len(containers) == 0 {
		return Check{Verdict: Unknown, Message: "there is no pod to read them from"}
	}
	given := append(slices.Clone(containers[0].Command), containers[0].Args...)
	var missing []string
	for _, flag := range []string{"--client-go-qps", "--client-go-burst", "--workers", "--apply-strategy"} {
		if !slices.ContainsFunc(given, func(arg string) bool {
			return strings.HasPrefix(strings.TrimLeft(arg, "-")+"=", strings.TrimLeft(flag, "-")+"=")
		}) {
			missing = append(missing, flag)
		}
	}
	if len(missing) > 0 {
		return checkWarned("Set them as docs/install.md has them.", "defaults for %s: with those, forty services take forty seconds to settle", strings.Join(missing, ", "))
	}
	return checkPassed("set: %s", strings.Join(given[slices.IndexFunc(given, func(arg string) bool { return strings.HasPrefix(arg, "-") }):], " "))
}

func metacontrollerMayDoItsWork(c *Cluster) Check {
	if c.Rights.Err != nil {
		return checkUnknown(c.Rights.Err)
	}
	denied := map[string][]string{}
	var order []string
	for _, review := range c.Rights.Value {
		if review.Status.Allowed {
			continue
		}
		asked := review.Spec.ResourceAttributes
		resource := strings.TrimSuffix(asked.Resource+"."+asked.Group, ".")
		if asked.Subresource != "" {
			resource = asked.Resource + "/" + asked.Subresource
		}
		if denied[resource] == nil {
			order = append(order, resource)
		}
		denied[resource] = append(denied[resource], asked.Verb)
	}
	switch {
	case len(c.Rights.Value) == 0:
		return Check{Verdict: Unknown, Message: "no pod of Metacontroller says which account it uses"}
	case len(order) > 0:
		first := order[0]
		more := ""
		if len(order) > 1 {
			more = fmt.Sprintf(" and more of %d other resources", len(order)-1)
		}
		return checkFailed("Aggregate the ClusterRoles with the label isvc.io/aggregate-to-metacontroller: docs/install.md.",
			"Metacontroller may not %s %s%s", strings.Join(denied[first], ", "), first, more)
	}
	return checkPassed("Metacontroller may do all that isvc needs, %d rights", len(c.Rights.Value))
}

func serverRuns(c *Cluster) Check {
	switch server := c.Server; {
	case server.Err != nil:
		return checkUnknown(server.Err)
	case server.Value == nil:
		return checkFailed("Install isvc, or name its namespace with --namespace.", "there is no Deployment isvc in the namespace %s", c.Namespace)
	case server.Value.Status.ReadyReplicas == 0:
		return checkFailed("Look at the events and the log of its pods.", "no pod of the Deployment %s/isvc is ready", c.Namespace)
	default:
		return checkPassed("%d of %d pods are ready", server.Value.Status.ReadyReplicas, server.Value.Status.Replicas)
	}
}

// ChildrenOf are the kinds that a CompositeController manages. A resource that isvc does not know is left
// out.
func ChildrenOf(controller *CompositeController) kinds.Set {
	managed := kinds.Set{}
	for _, kind := range kinds.All().Sorted() {
		_, apiVersion := kind.NameAndVersion()
		if slices.Contains(controller.Spec.ChildResources, ChildResource{APIVersion: apiVersion, Resource: sync.ResourceName(kind)}) {
			managed[kind] = true
		}
	}
	return managed
}

func controllerManagesWhatIsThere(c *Cluster) Check {
	if c.Controller.Err != nil {
		return checkUnknown(c.Controller.Err)
	}
	if c.Controller.Value == nil {
		return checkFailed("Install isvc.", "there is no CompositeController isvc, so that nothing calls the hooks")
	}
	managed := ChildrenOf(c.Controller.Value)
	for _, kind := range kinds.Core() {
		if !managed.Has(kind) {
			return checkFailed("Apply the CompositeController of this version.", "it does not manage %s", kind)
		}
	}
	for _, component := range kinds.ManifestComponents() {
		for _, kind := range component.Kinds {
			if managed.Has(kind) && !c.Installed.Has(kind) {
				return checkFailed("Install the kind, or take the component "+component.Name+" out of the manifests.",
					"it manages %s, which the cluster does not have: that stops every InferenceService", kind)
			}
		}
	}
	if event := lastWarning(c.ControllerEvents.Value); event != nil {
		return checkWarned("Look again after Metacontroller's --discovery-interval, in which it finds new kinds. If it repeats, mend what it says.", "event %s: %s", event.Reason, event.Message)
	}
	return checkPassed("it manages %d kinds, and the cluster has all of them", len(managed))
}

// lastWarning is the newest event about the CompositeController where it is a warning; nil otherwise.
// Metacontroller starts it after a warning, within the same second too, where definitions were applied together
// with it.
func lastWarning(events []corev1.Event) *corev1.Event {
	var warning, other *corev1.Event
	for i := range events {
		event, newest := &events[i], &other
		if event.Type == corev1.EventTypeWarning {
			newest = &warning
		}
		if event.InvolvedObject.Name == "isvc" && (*newest == nil || (*newest).LastTimestamp.Before(&event.LastTimestamp)) {
			*newest = event
		}
	}
	if warning != nil && other != nil && !other.LastTimestamp.Before(&warning.LastTimestamp) {
		return nil
	}
	return warning
}

func optionalKindsAreManaged(c *Cluster) Check {
	if c.Controller.Value == nil {
		return Check{Verdict: Unknown, Message: "there is no CompositeController isvc"}
	}
	managed := ChildrenOf(c.Controller.Value)
	var used, unused []string
	for _, component := range kinds.ManifestComponents() {
		switch {
		case slices.ContainsFunc(component.Kinds, managed.Has):
			used = append(used, component.Name)
		case !slices.ContainsFunc(component.Kinds, func(kind kinds.Kind) bool { return !c.Installed.Has(kind) }):
			unused = append(unused, component.Name)
		}
	}
	if len(unused) > 0 {
		return checkWarned("Run helm upgrade, or add the components, if services shall use them.", "the cluster has %s, which isvc does not manage", strings.Join(unused, ", "))
	}
	if len(used) == 0 {
		return checkPassed("the cluster has none")
	}
	return checkPassed("managed: %s", strings.Join(used, ", "))
}

func serverAndURLsHaveOneRevision(c *Cluster) Check {
	if c.Controller.Value == nil || c.Server.Value == nil {
		return Check{Verdict: Unknown, Message: "the hook server or the CompositeController is missing"}
	}
	served := ""
	for _, container := range c.Server.Value.Spec.Template.Spec.Containers {
		for _, variable := range container.Env {
			if variable.Name == "ISVC_REVISION" {
				served = variable.Value
			}
		}
	}
	for _, hook := range []string{"sync", "customize"} {
		address, err := url.Parse(c.Controller.Value.Spec.Hooks[hook].Webhook.URL)
		if err != nil {
			return checkFailed("Apply the CompositeController of this version.", "the URL of the hook %s cannot be read", hook)
		}
		if asked := address.Query().Get("rev"); served != "" && asked != served {
			return checkFailed("Apply the Deployment and the CompositeController of one release.", "the servers answer revision %q, and the URL of the hook %s asks for %q", served, hook, asked)
		}
	}
	return checkPassed("%s", served)
}

func sampleIsRendered(c *Cluster) Check {
	if c.Answer.Err != nil {
		return Check{Verdict: Unknown, Message: c.Answer.Err.Error(),
			Fix: "A NetworkPolicy that admits only Metacontroller, and a token, keep kubectl out, too. Create a service and look at its conditions."}
	}
	if c.Answer.Value == nil {
		return Check{Verdict: Unknown, Message: "there is no hook to call"}
	}
	var made []string
	for _, child := range c.Answer.Value.Children {
		made = append(made, child.Kind)
	}
	if !slices.Contains(made, "Deployment") {
		return checkFailed("Look at the log of the hook server.", "the hook makes no Deployment of a service with a server of its own")
	}
	return checkPassed("a sample service becomes %s", strings.Join(made, ", "))
}

// modelLabel is the beginning of the labels of nodes that hold a model.
const modelLabel = "models.ome.io/"

func nodesHaveModels(c *Cluster) Check {
	if c.NodeLabels.Err != nil {
		return checkUnknown(c.NodeLabels.Err)
	}
	holding := 0
	for _, labels := range c.NodeLabels.Value {
		for label, value := range labels {
			if strings.HasPrefix(label, modelLabel) && value == v1beta1.NodeModelReady {
				holding++
				break
			}
		}
	}
	if holding == 0 {
		return checkWarned("Install OME's model agent, label nodes that hold a model, or serve without it: docs/install.md.", "no node has a label %sNAME=%s: pods of services with a model stay Pending", modelLabel, v1beta1.NodeModelReady)
	}
	return checkPassed("%d of %d nodes hold a model", holding, len(c.NodeLabels.Value))
}
