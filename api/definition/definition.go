// Package definition reads the schemas of custom resource definitions as they stand in their files:
// decoded JSON, of which every field is kept.
package definition

import (
	"fmt"
	"maps"
	"slices"
)

// KindOf is the kind that a definition defines; empty where it says none.
func KindOf(crd map[string]any) string {
	kind, _ := Member(Member(crd, "spec"), "names")["kind"].(string)
	return kind
}

// SchemasOf are the schemas of the versions of a definition.
func SchemasOf(crd map[string]any) []map[string]any {
	versions, _ := Member(crd, "spec")["versions"].([]any)
	var roots []map[string]any
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if root := Member(Member(version, "schema"), "openAPIV3Schema"); root != nil {
			roots = append(roots, root)
		}
	}
	return roots
}

// WalkSchemas calls visit with a schema and with every schema below it: first with the schema itself, then
// with its properties in the order of their names, its items and its additional properties. The name
// is that of the property, and empty for other schemas.
func WalkSchemas(schema map[string]any, visit func(name string, schema map[string]any)) {
	walkSchema("", schema, visit)
}

func walkSchema(name string, schema map[string]any, visit func(string, map[string]any)) {
	visit(name, schema)
	properties := Member(schema, "properties")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if property := Member(properties, name); property != nil {
			walkSchema(name, property, visit)
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below := Member(schema, key); below != nil {
			walkSchema("", below, visit)
		}
	}
}

// Member is the object in a field of another one; nil where there is none.
func Member(of map[string]any, field string) map[string]any {
	member, _ := of[field].(map[string]any)
	return member
}

// SetDefaults sets the default of each field of a schema that a value leaves out, in place, as an API server does
// for what it stores. A value that does not fit the schema is left as it is.
func SetDefaults(schema map[string]any, value any) {
	switch v := value.(type) {
	case map[string]any:
		properties := Member(schema, "properties")
		for name := range properties {
			if fallback, has := Member(properties, name)["default"]; has && v[name] == nil {
				v[name] = fallback
			}
		}
		for name, member := range v {
			if property := Member(properties, name); property != nil {
				SetDefaults(property, member)
			} else if others := Member(schema, "additionalProperties"); others != nil {
				SetDefaults(others, member)
			}
		}
	case []any:
		for _, item := range v {
			SetDefaults(Member(schema, "items"), item)
		}
	}
}

// Descriptions are what the schemas of definitions say about their fields, apart from the definitions.
// Most descriptions occur many times, in every container of every component.
type Descriptions struct {
	// Texts are the descriptions, each once.
	Texts []string `json:"texts"`
	// Schemas has for the kind of each definition the place of a text for each of its schemas, in the
	// order in which WalkSchemas visits them; -1 for a schema without a description.
	Schemas map[string][]int `json:"schemas"`
}

// TakeFrom moves the descriptions out of the schemas of a definition. It returns how many there were.
func (d *Descriptions) TakeFrom(crd map[string]any) int {
	if d.Schemas == nil {
		d.Schemas = map[string][]int{}
	}
	taken, kind := 0, KindOf(crd)
	d.Schemas[kind] = nil
	for _, root := range SchemasOf(crd) {
		WalkSchemas(root, func(_ string, schema map[string]any) {
			place := -1
			if text, described := schema["description"].(string); described {
				place = d.placeOf(text)
				delete(schema, "description")
				taken++
			}
			d.Schemas[kind] = append(d.Schemas[kind], place)
		})
	}
	return taken
}

func (d *Descriptions) placeOf(text string) int {
	if place := slices.Index(d.Texts, text); place >= 0 {
		return place
	}
	d.Texts = append(d.Texts, text)
	return len(d.Texts) - 1
}

// PutInto is the opposite of TakeFrom. The error is for descriptions of another definition.
func (d *Descriptions) PutInto(crd map[string]any) error {
	kind := KindOf(crd)
	places, next := d.Schemas[kind], 0
	for _, root := range SchemasOf(crd) {
		WalkSchemas(root, func(_ string, schema map[string]any) {
			if next < len(places) && places[next] >= 0 && places[next] < len(d.Texts) {
				schema["description"] = d.Texts[places[next]]
			}
			next++
		})
	}
	if next == 0 || next != len(places) {
		return fmt.Errorf("there are descriptions of %d schemas of %s, which has %d", len(places), kind, next)
	}
	return nil
}
