package main

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
)

// podTemplatePaths are the places of pod templates in objects of operators. The definitions of these
// kinds do not have the rules of pods, so that the operator takes the object and can make no pod.
// "*" stands for every item of a list.
func podTemplatePaths(kind kinds.Kind) []string {
	switch kind {
	case kinds.LeaderWorkerSet:
		return []string{"spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"}
	case kinds.RayCluster:
		return []string{"spec.headGroupSpec.template", "spec.workerGroupSpecs.*.template"}
	case kinds.KnativeService:
		return []string{"spec.template"}
	}
	return nil
}

// placed is a part of an object and its path.
type placed struct {
	path  string
	value map[string]any
}

// partsAt returns the parts of an object at a path.
func partsAt(object map[string]any, path string) []placed {
	found := []placed{{"", object}}
	for _, name := range strings.Split(path, ".") {
		var next []placed
		for _, part := range found {
			next = append(next, part.below(name)...)
		}
		found = next
	}
	return found
}

// below returns the objects in a member: itself, or for the step after a list its items.
func (p placed) below(name string) []placed {
	if name == "*" {
		var items []placed
		list, _ := p.value[listKey].([]any)
		for i, item := range list {
			if value, ok := item.(map[string]any); ok {
				items = append(items, placed{p.path + "[" + strconv.Itoa(i) + "]", value})
			}
		}
		return items
	}
	path := name
	if p.path != "" {
		path = p.path + "." + name
	}
	switch value := p.value[name].(type) {
	case map[string]any:
		return []placed{{path, value}}
	case []any:
		return []placed{{path, map[string]any{listKey: value}}}
	}
	return nil
}

// listKey is where partsAt keeps a list until the next step takes its items.
const listKey = "*"

// podFindings are what Kubernetes would say about the pods of an object of an operator.
func (c *checker) podFindings(kind kinds.Kind, object *unstructured.Unstructured) []protocol.Finding {
	var findings []protocol.Finding
	for _, path := range podTemplatePaths(kind) {
		for _, part := range partsAt(object.Object, path) {
			holder := holderOf(kind, object.GetNamespace(), podPartOf(kind, part.value))
			raw, err := json.Marshal(holder)
			if err != nil {
				findings = append(findings, protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Field: part.path, Message: err.Error()})
				continue
			}
			for _, found := range c.builtIns[holder.kind()].check(raw) {
				_, field, _ := strings.Cut(found.Field, "template")
				found.Field = part.path + field
				findings = append(findings, found)
			}
		}
	}
	return findings
}

// podPartOf is a pod template of an object without what its kind has beside the fields of pods.
func podPartOf(kind kinds.Kind, template map[string]any) map[string]any {
	if kind != kinds.KnativeService {
		return template
	}
	template = maps.Clone(template)
	if spec, ok := template["spec"].(map[string]any); ok {
		spec = maps.Clone(spec)
		for _, field := range []string{"containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"} {
			delete(spec, field)
		}
		template["spec"] = spec
	}
	return template
}

// podHolder is an object of Kubernetes that holds a pod template.
type podHolder map[string]any

func (h podHolder) kind() kinds.Kind { return kinds.New(h["kind"].(string), h["apiVersion"].(string)) }

// holderOf is the object that an operator puts a pod template into: LeaderWorkerSet makes StatefulSets,
// Knative Deployments. KubeRay makes pods.
func holderOf(kind kinds.Kind, namespace string, template map[string]any) podHolder {
	metadata := map[string]any{"name": "template", "namespace": namespace}
	holder := podHolder{"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": template}
	if kind == kinds.LeaderWorkerSet {
		labelled := maps.Clone(template)
		labels := map[string]any{"template": "template"}
		own, _ := template["metadata"].(map[string]any)
		own = maps.Clone(own)
		if own == nil {
			own = map[string]any{}
		}
		if given, ok := own["labels"].(map[string]any); ok {
			given = maps.Clone(given)
			given["template"] = "template"
			own["labels"] = given
		} else {
			own["labels"] = labels
		}
		labelled["metadata"] = own
		holder = podHolder{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": map[string]any{
			"serviceName": "template", "selector": map[string]any{"matchLabels": labels}, "template": labelled,
		}}
	}
	return holder
}
