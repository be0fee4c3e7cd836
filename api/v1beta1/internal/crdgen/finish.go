package main

import "fmt"

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
	}
	return nil
}

// rootSchemas returns the kind of a definition and the root schema of each version.
func rootSchemas(crd map[string]any) (string, []map[string]any, error) {
	spec := memberOf(crd, "spec")
	kind, _ := memberOf(spec, "names")["kind"].(string)
	versions, _ := spec["versions"].([]any)
	var schemas []map[string]any
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if root := memberOf(memberOf(version, "schema"), "openAPIV3Schema"); root != nil {
			schemas = append(schemas, root)
		}
	}
	if kind == "" || len(schemas) == 0 {
		return "", nil, fmt.Errorf("no kind or no schema in the definition")
	}
	return kind, schemas, nil
}

// openBulkyFields opens the bulky fields of every pod below a schema: their type stays, but the
// schema no longer lists what is inside. The runner, which users write most, stays complete except
// for its lifecycle handlers.
func openBulkyFields(schema map[string]any) {
	visitProperties(schema, func(props map[string]any) {
		for _, list := range []string{"volumes", "initContainers", "ephemeralContainers"} {
			openItems(memberOf(props, list))
		}
		for _, list := range []string{"containers", "topologySpreadConstraints"} {
			openMembers(memberOf(memberOf(props, list), "items"))
		}
		openMembers(memberOf(props, "affinity"))
		openMembers(memberOf(props, "securityContext"))
		if lifecycle := memberOf(props, "lifecycle"); lifecycle != nil {
			props["lifecycle"] = openSchema(lifecycle)
		}
	})
}

// openItems opens the items of a list that is keyed by name, except for the name.
func openItems(list map[string]any) {
	name := memberOf(propertiesOf(memberOf(list, "items")), "name")
	if name == nil {
		return
	}
	items := openSchema(memberOf(list, "items"))
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

// openSchema returns a schema that accepts everything of the same outer type. Plain types, maps of
// plain types and lists of plain types are returned as they are.
func openSchema(schema map[string]any) map[string]any {
	switch {
	case propertiesOf(schema) != nil:
		return map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	case schema["type"] == "array" && propertiesOf(memberOf(schema, "items")) != nil:
		return map[string]any{"type": "array", "items": openSchema(memberOf(schema, "items"))}
	}
	return schema
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
		delete(memberOf(props, "runner"), "required")
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
		visitProperties(memberOf(propertiesOf(schema), key), visit)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if nested := memberOf(schema, key); nested != nil {
			visitProperties(nested, visit)
		}
	}
}

func propertiesOf(schema map[string]any) map[string]any { return memberOf(schema, "properties") }

func memberOf(parent map[string]any, key string) map[string]any {
	c, _ := parent[key].(map[string]any)
	return c
}
