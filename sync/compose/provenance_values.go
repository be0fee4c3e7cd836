package compose

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/compose/args"
)

func (t *trail) container(c *corev1.Container, layers []layer) {
	t.tell(c, layers, "image", "", imageOf)
	t.tellWords(c, layers, "command", func(c *corev1.Container) []string { return c.Command })
	t.tellWords(c, layers, "args", func(c *corev1.Container) []string { return c.Args })
	for _, env := range c.Env {
		t.tell(c, layers, "env", env.Name, envOf)
	}
	t.tellResources(c, layers, "requests", c.Resources.Requests)
	t.tellResources(c, layers, "limits", c.Resources.Limits)
}

// getter reads one value of a container as text, empty where it says nothing.
type getter func(c *corev1.Container, key string) string

func imageOf(c *corev1.Container, _ string) string { return c.Image }

// envOf is a variable for people: its value, or where it is read from. What is
// probably a secret is not shown.
func envOf(c *corev1.Container, name string) string {
	at := envNamed(c.Env, name)
	switch {
	case at < 0:
		return ""
	case c.Env[at].ValueFrom != nil:
		return brief(c.Env[at].ValueFrom)
	case redact.IsSecretName(name):
		return hidden
	}
	return `"` + shorten(c.Env[at].Value) + `"`
}

// tellWords records a list of words flag by flag, those that were dropped with
// the list that held them too.
func (t *trail) tellWords(c *corev1.Container, layers []layer, field string, words func(*corev1.Container) []string) {
	get := func(c *corev1.Container, key string) string {
		for _, flag := range args.Flags(words(c)) {
			if flag.Key == key && redact.IsSecretName(key) {
				return key + " " + hidden
			}
			if flag.Key == key {
				return shorten(flag.Text)
			}
		}
		return ""
	}
	kept := map[string]bool{}
	for _, flag := range args.Flags(words(c)) {
		kept[flag.Key] = true
		t.tell(c, layers, field, flag.Key, get)
	}
	for _, l := range layers {
		for _, flag := range args.Flags(words(l.container)) {
			if placed := t.substituted(flag.Key); !kept[placed] {
				kept[placed] = true
				t.record(c, field, flag.Key, trace.Overridden, value{reason: l.reason, source: l.source + "." + fieldPath(field), text: get(l.container, flag.Key)})
			}
		}
	}
}

// substituted is a text of a runtime as it is in the pod.
func (t *trail) substituted(text string) string {
	return substitution{&t.b.Service.ObjectMeta}.text(text)
}

func (t *trail) tellResources(c *corev1.Container, layers []layer, list string, quantities corev1.ResourceList) {
	get := func(c *corev1.Container, key string) string {
		chosen := c.Resources.Requests
		if list == "limits" {
			chosen = c.Resources.Limits
		}
		if quantity, present := chosen[corev1.ResourceName(key)]; present {
			return quantity.String()
		}
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(quantities)) {
		t.tell(c, layers, "resources/"+list, string(name), get)
	}
}

// tell records the history of one value: what the layers say of it, and what
// composition made of it.
func (t *trail) tell(c *corev1.Container, layers []layer, field, key string, get getter) {
	final := get(c, key)
	if final == "" {
		return
	}
	history := history(layers, field, key, get)
	if told, known := t.p.told[toldKey(field, key)]; known && t.p.runner != nil && t.p.runner.Name == c.Name {
		told.text = final
		history = append(history, told)
	}
	if len(history) == 0 {
		history = []value{t.fallback(layers, field, key)}
	}
	last := history[len(history)-1]
	for _, earlier := range history[:len(history)-1] {
		if t.substituted(earlier.text) != final {
			t.record(c, field, key, trace.Overridden, earlier)
		}
	}
	last.text = final
	t.record(c, field, key, trace.Set, last)
}

// history is what the layers say of a value, in order.
func history(layers []layer, field, key string, get getter) []value {
	var all []value
	for _, l := range layers {
		if text := get(l.container, key); text != "" {
			all = append(all, value{reason: l.reason, source: l.source + "." + fieldPath(field), text: text})
		}
	}
	return all
}

// fieldPath is a field of a container as people write it.
func fieldPath(field string) string { return strings.ReplaceAll(field, "/", ".") }

// toldKey is how composition calls a value: requests and limits together.
func toldKey(field, key string) string {
	switch field {
	case "resources/requests", "resources/limits":
		return "resources/" + key
	}
	return field + "/" + key
}

// fallback is the origin of a value that no layer has: a request that follows
// the limit or the reverse, else a default.
func (t *trail) fallback(layers []layer, field, key string) value {
	for _, l := range slices.Backward(layers) {
		name := corev1.ResourceName(key)
		if (field == "resources/requests" || field == "resources/limits") && hasResource(l.container, name) {
			return value{reason: l.reason, source: l.source + ".resources", message: "requests and limits of this resource are equal"}
		}
		if flag := t.unsubstituted(l.container, field, key); flag {
			return value{reason: l.reason, source: l.source + "." + fieldPath(field)}
		}
	}
	return value{reason: FromDefault}
}

// unsubstituted reports whether a layer has a flag under a name that holds a
// placeholder.
func (t *trail) unsubstituted(c *corev1.Container, field, key string) bool {
	words := c.Args
	if field == "command" {
		words = c.Command
	}
	return (field == "args" || field == "command") && slices.ContainsFunc(args.Flags(words), func(f args.Flag) bool {
		return t.substituted(f.Key) == key
	})
}

func (t *trail) record(c *corev1.Container, field, key string, verdict trace.Verdict, v value) {
	subject := t.subject + "/container/" + c.Name + "/" + field
	if key != "" {
		subject += "/" + shorten(key)
	}
	t.b.Record.Add(trace.Entry{
		Subject: subject, Verdict: verdict, Reason: v.reason, Source: v.source, Value: v.text, Message: v.message,
	})
}
