package compose

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/compose/args"
)

// The reasons of the entries that say where a value of a pod comes from. Their subjects are
// "engine/container/<name>/<field>/<key>" and "engine/label/<key>", with "leader/" or "worker/"
// after the component for those pods. The last entry of a subject has the verdict Set and holds the
// value; entries of the same subject with the verdict Overridden hold what it replaced. Seen in
// isvc explain.
const (
	// FromService: the InferenceService says it.
	FromService = "FromService"
	// FromRuntime: the serving runtime says it.
	FromRuntime = "FromRuntime"
	// FromAccelerator: the accelerator class, or what the runtime says of it.
	FromAccelerator = "FromAccelerator"
	// FromModel: the base model says it.
	FromModel = "FromModel"
	// FromWeight: the fine-tuned weight asks for it.
	FromWeight = "FromWeight"
	// FromDefault: no object says it; it is computed or a default.
	FromDefault = "FromDefault"
)

// origin is who gives a value.
type origin struct {
	// reason is one of the constants above.
	reason string
	// source is the object and field that hold the value; empty for a default.
	source string
	// message says more; mostly empty.
	message string
}

func (o origin) traceEntry(subject string, verdict trace.Verdict, value string) trace.Entry {
	return trace.Entry{
		Subject: subject, Verdict: verdict, Reason: o.reason, Source: o.source, Value: value, Message: o.message,
	}
}

// ofField is the origin of a field of the container that the source names.
func (o origin) ofField(field string) origin {
	o.source += "." + strings.ReplaceAll(field, "/", ".")
	return o
}

// origins lists who gives the values of a pod's containers, in the order in which the values are
// laid on each other: the last one counts. A nil *origins collects nothing.
//
// A step of composition adds a value when it sets it. What template and service say is added by
// startOrigins from the two sides of the merge; the merge itself is not asked which side it took,
// because it always takes the later one.
type origins struct {
	given []givenValue
}

// givenValue is a value of a container as one source gives it.
type givenValue struct {
	container, field, key, text string
	by                          origin
}

// addValue adds who gives one value. The field is one of containerFields; the key is the variable,
// flag or resource.
func (o *origins) addValue(container, field, key, text string, by origin) {
	if o != nil {
		o.given = append(o.given, givenValue{container, field, key, text, by})
	}
}

// addContainer adds every value that a source gives a container.
func (o *origins) addContainer(name string, c *corev1.Container, by origin) {
	for _, field := range containerFields {
		o.addValues(name, field.name, field.read(c), by.ofField(field.name))
	}
}

func (o *origins) addValues(container, field string, values []keyedText, by origin) {
	for _, v := range values {
		o.addValue(container, field, v.key, v.text, by)
	}
}

// addEqualResource adds that the quantity of a resource in one list, "requests" or "limits", was
// copied from the other list.
func (o *origins) addEqualResource(container, list, otherList string, name corev1.ResourceName, text string) {
	if o == nil {
		return
	}
	field, otherField := resourceField(list), resourceField(otherList)
	by := origin{reason: FromDefault}
	for _, v := range o.given {
		if v.container == container && v.field == otherField && v.key == string(name) {
			by = v.by
		}
	}
	by.source = strings.TrimSuffix(by.source, "."+otherList)
	by.message = "requests and limits of this resource are equal"
	o.addValue(container, field, string(name), text, by)
}

// startOrigins lists what the sides of the merge say of the containers of a pod, before composition
// adds to them. It returns nil when no explanation is wanted.
//
// The container of an old-style runtime comes first. It is listed also where the service gives
// resources and it is not used: its quantities are among those that the service replaces.
//
// The places are those that describe the pod, see placesOf.
func startOrigins(s *sources, layers []layer, places []string, runner *corev1.Container) *origins {
	if !s.record.IsExplaining() {
		return nil
	}
	o := &origins{}
	if template := topLevelContainer(s, runner); template != nil {
		resourcesOnly := &corev1.Container{Resources: template.Resources}
		o.addContainer(runnerName(runner), resourcesOnly, origin{reason: FromRuntime, source: s.runtimeName() + " spec.containers"})
	}
	for _, place := range places {
		for _, layer := range layers {
			pod, by := podOf(layer.spec, place), layer.by
			by.source += place + ".containers"
			for _, c := range slices.Concat(pod.spec.InitContainers, pod.spec.Containers) {
				o.addContainer(c.Name, &c, by)
			}
		}
	}
	for _, place := range places {
		for _, layer := range layers {
			if pod, by := podOf(layer.spec, place), layer.by; pod.runner != nil {
				by.source += place + ".runner"
				o.addContainer(runnerName(runner), pod.runner, by)
			}
		}
	}
	return o
}

// recordPod records where each image, word, variable and resource of a finished pod comes from and
// what it replaced.
func (o *origins) recordPod(s *sources, draft podDraft, finished *corev1.PodSpec) {
	if o == nil {
		return
	}
	for _, list := range [][]corev1.Container{finished.InitContainers, finished.Containers} {
		for i := range list {
			for _, field := range containerFields {
				o.recordField(s, draft.tracePod(s)+"/container/", &list[i], field)
			}
		}
	}
}

// recordField records the values of one field of a finished container, then the values that are not
// there any more: flags of a list that was replaced, accelerators of another kind, ports and mounts
// that gave way.
func (o *origins) recordField(s *sources, subject string, c *corev1.Container, field containerField) {
	subject += c.Name + "/" + field.name
	final := map[string]bool{}
	for _, v := range field.read(c) {
		final[v.key] = true
		o.recordValue(s, subject, c.Name, field.name, v)
	}
	for _, v := range o.given {
		if key := s.withoutPlaceholders(v.key); v.container == c.Name && v.field == field.name && key != "" && !final[key] {
			final[key] = true
			s.record.AddEntry(v.by.traceEntry(subject+"/"+cutLongText(v.key), trace.Overridden, v.text))
		}
	}
}

// recordValue records the values that a finished one replaced, and the finished one. It is the last
// source's that gives it, or the last one's where several give parts of it; a value that no source
// gave is a default.
func (o *origins) recordValue(s *sources, subject, container, field string, final keyedText) {
	if final.key != "" {
		subject += "/" + cutLongText(final.key)
	}
	by := origin{reason: FromDefault}
	history := o.historyOf(s, container, field, final.key)
	isFinal := func(v givenValue) bool { return s.withoutPlaceholders(v.text) == final.text }
	for i, v := range slices.Backward(history) {
		if isFinal(v) {
			history = history[:i+1]
			break
		}
	}
	for i, v := range history {
		by = v.by
		if i < len(history)-1 && !isFinal(v) {
			s.record.AddEntry(by.traceEntry(subject, trace.Overridden, v.text))
		}
	}
	s.record.AddEntry(by.traceEntry(subject, trace.Set, final.text))
}

// historyOf lists what was given for one value, the one that counts last.
func (o *origins) historyOf(s *sources, container, field, key string) []givenValue {
	var history []givenValue
	for _, v := range o.given {
		if v.container == container && v.field == field && s.withoutPlaceholders(v.key) == key {
			history = append(history, v)
		}
	}
	return history
}

// keyedText is one value of a field of a container, for people.
type keyedText struct{ key, text string }

// containerField is a field of a container whose values are explained one by one.
type containerField struct {
	name string
	read func(*corev1.Container) []keyedText
}

// containerFields are in the order in which they are explained.
var containerFields = []containerField{
	{"image", readImage},
	{"command", func(c *corev1.Container) []keyedText { return readFlags(c.Command) }},
	{"args", func(c *corev1.Container) []keyedText { return readFlags(c.Args) }},
	{"env", readVariables},
	{"ports", readPorts},
	{mountField, readMounts},
	{resourceField("requests"), func(c *corev1.Container) []keyedText { return readQuantities(c.Resources.Requests) }},
	{resourceField("limits"), func(c *corev1.Container) []keyedText { return readQuantities(c.Resources.Limits) }},
}

// mountField is the name of the mounts among containerFields.
const mountField = "volumeMounts"

// resourceField is the name of a list of resources, "requests" or "limits", among containerFields.
func resourceField(list string) string { return "resources/" + list }

func readImage(c *corev1.Container) []keyedText {
	if c.Image == "" {
		return nil
	}
	return []keyedText{{text: c.Image}}
}

// readFlags reads a list of words flag by flag. What is probably a secret is not shown.
func readFlags(words []string) []keyedText {
	var all []keyedText
	for _, flag := range args.Flags(words) {
		text := cutLongText(flag.Text)
		if redact.IsSecretName(flag.Key) {
			text = flag.Key + " " + hidden
		}
		all = append(all, keyedText{flag.Key, text})
	}
	return all
}

// readVariables reads the environment: values, or where they are read from. What is probably a
// secret is not shown.
func readVariables(c *corev1.Container) []keyedText {
	var all []keyedText
	for _, variable := range dropDuplicateEnv(c.Env) {
		all = append(all, keyedText{variable.Name, variableText(variable)})
	}
	return all
}

func variableText(variable corev1.EnvVar) string {
	switch {
	case variable.ValueFrom != nil:
		return jsonExcerpt(variable.ValueFrom)
	case variable.Value != "" && redact.IsSecretName(variable.Name):
		return hidden
	}
	return `"` + cutLongText(variable.Value) + `"`
}

// readPorts reads the ports by their numbers.
func readPorts(c *corev1.Container) []keyedText {
	var all []keyedText
	for _, port := range c.Ports {
		text := string(cmp.Or(port.Protocol, corev1.ProtocolTCP))
		if port.Name != "" {
			text = port.Name + " " + text
		}
		all = append(all, keyedText{strconv.Itoa(int(port.ContainerPort)), text})
	}
	return all
}

// readMounts reads the mounts by their paths, without a slash at the end.
func readMounts(c *corev1.Container) []keyedText {
	var all []keyedText
	for _, mount := range c.VolumeMounts {
		text := mount.Name
		if mount.SubPath+mount.SubPathExpr != "" {
			text += ":" + mount.SubPath + mount.SubPathExpr
		}
		if mount.ReadOnly {
			text += " (read-only)"
		}
		all = append(all, keyedText{path.Clean(mount.MountPath), text})
	}
	return all
}

func readQuantities(list corev1.ResourceList) []keyedText {
	var all []keyedText
	for _, name := range slices.Sorted(maps.Keys(list)) {
		quantity := list[name]
		all = append(all, keyedText{string(name), quantity.String()})
	}
	return all
}
