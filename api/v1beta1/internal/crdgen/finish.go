package main

import "fmt"

// Every function here is idempotent, so that finishing twice changes nothing.

// finish applies every rule to a definition.
func finish(crd map[string]any) error {
	kind, schemas, err := openSchemas(crd)
	if err != nil {
		return err
	}
	for _, root := range schemas {
		spec, ok := properties(root)["spec"].(map[string]any)
		if !ok {
			return fmt.Errorf("the schema of %s has no spec", kind)
		}
		slim(spec)
		switch kind {
		case "InferenceService":
			relaxComponents(spec)
			dropEphemeralContainers(spec)
		case "ServingRuntime", "ClusterServingRuntime":
			dropRules(spec)
		}
		relaxRunners(spec)
	}
	return nil
}

// openSchemas returns the kind of a definition and the root schema of each version.
func openSchemas(crd map[string]any) (string, []map[string]any, error) {
	spec := child(crd, "spec")
	kind, _ := child(spec, "names")["kind"].(string)
	versions, _ := spec["versions"].([]any)
	var schemas []map[string]any
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if root := child(child(version, "schema"), "openAPIV3Schema"); root != nil {
			schemas = append(schemas, root)
		}
	}
	if kind == "" || len(schemas) == 0 {
		return "", nil, fmt.Errorf("no kind or no schema in the definition")
	}
	return kind, schemas, nil
}

// slim opens the bulky parts of every pod below a schema: it keeps their outer form but no longer
// lists what is inside. The runner, which users write most, stays complete but for its lifecycle
// handlers.
func slim(schema map[string]any) {
	walk(schema, func(props map[string]any) {
		for _, list := range []string{"volumes", "initContainers", "ephemeralContainers"} {
			openItems(child(props, list))
		}
		for _, list := range []string{"containers", "topologySpreadConstraints"} {
			openMembers(child(child(props, list), "items"))
		}
		openMembers(child(props, "affinity"))
		openMembers(child(props, "securityContext"))
		if lifecycle := child(props, "lifecycle"); lifecycle != nil {
			props["lifecycle"] = opened(lifecycle)
		}
	})
}

// openItems opens the items of a list that is keyed by name, but for the name.
func openItems(list map[string]any) {
	name := child(properties(child(list, "items")), "name")
	if name == nil {
		return
	}
	items := opened(child(list, "items"))
	items["properties"] = map[string]any{"name": name}
	items["required"] = []any{"name"}
	list["items"] = items
}

// openMembers opens each structured member of a schema.
func openMembers(schema map[string]any) {
	members := properties(schema)
	for name, member := range members {
		if m, ok := member.(map[string]any); ok {
			members[name] = opened(m)
		}
	}
}

// opened returns a schema that accepts everything of the same outer type. Plain types, maps of
// plain types and lists of plain types are returned as they are.
func opened(schema map[string]any) map[string]any {
	switch {
	case properties(schema) != nil:
		return map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	case schema["type"] == "array" && properties(child(schema, "items")) != nil:
		return map[string]any{"type": "array", "items": opened(child(schema, "items"))}
	}
	return schema
}

// relaxComponents drops the required lists two levels below spec, as OME does: a service may give
// any part of a component and leave the rest to the runtime.
func relaxComponents(spec map[string]any) {
	for _, component := range properties(spec) {
		c, _ := component.(map[string]any)
		for _, part := range properties(c) {
			if p, ok := part.(map[string]any); ok {
				delete(p, "required")
			}
		}
	}
}

// relaxRunners makes the name of every runner optional.
func relaxRunners(spec map[string]any) {
	walk(spec, func(props map[string]any) {
		delete(child(props, "runner"), "required")
	})
}

// dropEphemeralContainers removes them from the components themselves, as OME does: a pod cannot be
// created with them.
func dropEphemeralContainers(spec map[string]any) {
	for _, component := range properties(spec) {
		c, _ := component.(map[string]any)
		delete(properties(c), "ephemeralContainers")
	}
}

// dropRules removes validation rules. They judge a service; a runtime is a template that a service
// completes.
func dropRules(schema map[string]any) {
	delete(schema, "x-kubernetes-validations")
	walk(schema, func(props map[string]any) {
		for _, prop := range props {
			if p, ok := prop.(map[string]any); ok {
				delete(p, "x-kubernetes-validations")
			}
		}
	})
}

// walk calls visit with the properties of a schema and of every schema below it.
func walk(schema map[string]any, visit func(props map[string]any)) {
	if props := properties(schema); props != nil {
		visit(props)
	}
	for key := range properties(schema) {
		walk(child(properties(schema), key), visit)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if nested := child(schema, key); nested != nil {
			walk(nested, visit)
		}
	}
}

func properties(schema map[string]any) map[string]any { return child(schema, "properties") }

func child(parent map[string]any, key string) map[string]any {
	c, _ := parent[key].(map[string]any)
	return c
}
