package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/isvc-io/isvc/api/definition"
)

// Every function here is idempotent, so that finishing twice changes nothing.

// finishDefinition applies every rule to a custom resource definition.
func finishDefinition(crd map[string]any) error {
	kind, schemas, err := rootSchemas(crd)
	if err != nil {
		return err
	}
	for _, root := range schemas {
		spec, ok := propertiesOf(root)["spec"].(map[string]any)
		if !ok {
			return fmt.Errorf("the schema of %s has no spec", kind)
		}
		openBulkyFields(spec)
		switch kind {
		case "InferenceService":
			relaxComponents(spec)
			dropEphemeralContainers(spec)
		case "ServingRuntime", "ClusterServingRuntime":
			dropRules(spec)
		}
		relaxRunners(spec)
		nameFieldsAsTheyAreWritten(root)
		joinLinesOfParagraphs(root)
	}
	return nil
}

// rootSchemas returns the kind of a definition and the root schema of each version.
func rootSchemas(crd map[string]any) (string, []map[string]any, error) {
	kind, schemas := definition.KindOf(crd), definition.SchemasOf(crd)
	if kind == "" || len(schemas) == 0 {
		return "", nil, fmt.Errorf("no kind or no schema in the definition")
	}
	return kind, schemas, nil
}

// openBulkyFields opens the bulky fields of every pod below a schema, and those of autoscalers: their
// type stays, but the schema no longer lists what is inside. The runner, which users write most, stays
// complete except for its lifecycle handlers.
func openBulkyFields(schema map[string]any) {
	visitProperties(schema, func(props map[string]any) {
		for _, list := range []string{"volumes", "initContainers", "ephemeralContainers"} {
			openItems(definition.Member(props, list))
		}
		for _, list := range []string{"containers", "topologySpreadConstraints", "metrics"} {
			openMembers(definition.Member(definition.Member(props, list), "items"))
		}
		openMembers(definition.Member(props, "behavior"))
		openMembers(definition.Member(props, "affinity"))
		openMembers(definition.Member(props, "securityContext"))
		// A component has a lifecycle of another kind, which says how its pods are replaced.
		if lifecycle := definition.Member(props, "lifecycle"); lifecycle != nil && propertiesOf(lifecycle)["updateStrategy"] == nil {
			props["lifecycle"] = openSchema(lifecycle)
		}
	})
}

// lineOfParagraph is the end of a line that goes on in the next one. Items of lists, and lines that are
// indented or empty, begin for themselves.
var lineOfParagraph = regexp.MustCompile(`([^\n])\n([^\s*#\-])`)

// joinLinesOfParagraphs makes one line of each paragraph: comments in Go are wrapped at a width that
// editors and kubectl explain do not have.
func joinLinesOfParagraphs(root map[string]any) {
	definition.WalkSchemas(root, func(_ string, schema map[string]any) {
		if text, described := schema["description"].(string); described {
			schema["description"] = lineOfParagraph.ReplaceAllString(text, "$1 $2")
		}
	})
}

// openItems opens the items of a list that is keyed by name, except for the name.
func openItems(list map[string]any) {
	name := definition.Member(propertiesOf(definition.Member(list, "items")), "name")
	if name == nil {
		return
	}
	items := openSchema(definition.Member(list, "items"))
	items["properties"] = map[string]any{"name": name}
	items["required"] = []any{"name"}
	list["items"] = items
}

// openMembers opens each structured member of a schema.
func openMembers(schema map[string]any) {
	members := propertiesOf(schema)
	for name, member := range members {
		if m, ok := member.(map[string]any); ok {
			members[name] = openSchema(m)
		}
	}
}

// openSchema returns a schema that accepts everything of the same outer type, with its description.
// Plain types, maps of plain types and lists of plain types are returned as they are.
func openSchema(schema map[string]any) map[string]any {
	var open map[string]any
	switch {
	case propertiesOf(schema) != nil:
		open = map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	case schema["type"] == "array" && propertiesOf(definition.Member(schema, "items")) != nil:
		open = map[string]any{"type": "array", "items": openSchema(definition.Member(schema, "items"))}
	default:
		return schema
	}
	if description, described := schema["description"]; described {
		open["description"] = description
	}
	return open
}

// nameFieldsAsTheyAreWritten lets a description that begins with the name that a field has in Go begin
// with the one that users write: maxReplicas for MaxReplicas. A name of one word stays, because it
// reads as a word.
func nameFieldsAsTheyAreWritten(root map[string]any) {
	definition.WalkSchemas(root, func(name string, schema map[string]any) {
		text, _ := schema["description"].(string)
		first, rest, _ := strings.Cut(text, " ")
		if strings.EqualFold(first, name) && strings.ContainsFunc(name, unicode.IsUpper) {
			schema["description"] = name + " " + rest
		}
	})
}

// relaxComponents drops the required lists two levels below spec, as OME does: a service may give
// any part of a component and leave the rest to the runtime.
func relaxComponents(spec map[string]any) {
	for _, component := range propertiesOf(spec) {
		c, _ := component.(map[string]any)
		for _, part := range propertiesOf(c) {
			if p, ok := part.(map[string]any); ok {
				delete(p, "required")
			}
		}
	}
}

// relaxRunners makes the name of every runner optional.
func relaxRunners(spec map[string]any) {
	visitProperties(spec, func(props map[string]any) {
		delete(definition.Member(props, "runner"), "required")
	})
}

// dropEphemeralContainers removes ephemeral containers from the components, as OME does: a pod
// cannot be created with them.
func dropEphemeralContainers(spec map[string]any) {
	for _, component := range propertiesOf(spec) {
		c, _ := component.(map[string]any)
		delete(propertiesOf(c), "ephemeralContainers")
	}
}

// dropRules removes validation rules: they are for a service, and a runtime is a template that a
// service completes.
func dropRules(schema map[string]any) {
	delete(schema, "x-kubernetes-validations")
	visitProperties(schema, func(props map[string]any) {
		for _, prop := range props {
			if p, ok := prop.(map[string]any); ok {
				delete(p, "x-kubernetes-validations")
			}
		}
	})
}

// visitProperties calls visit with the properties of a schema and of every schema below it.
func visitProperties(schema map[string]any, visit func(props map[string]any)) {
	if props := propertiesOf(schema); props != nil {
		visit(props)
	}
	for key := range propertiesOf(schema) {
		visitProperties(definition.Member(propertiesOf(schema), key), visit)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if nested := definition.Member(schema, key); nested != nil {
			visitProperties(nested, visit)
		}
	}
}

func propertiesOf(schema map[string]any) map[string]any {
	return definition.Member(schema, "properties")
}
