package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/definition"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// edit is one object of the input that differs before and after.
type edit struct {
	load.ObjectName
	before, after *load.Input // nil where there is none
	// config is the configuration after the edit, where that is what is edited.
	config *config.Config
	// schemas are those of its kind.
	schemas []map[string]any
	// isProgram is true where isvc itself is what is edited.
	isProgram bool
}

// isOfConfiguration reports whether the configuration is what is edited.
func (e *edit) isOfConfiguration() bool { return e.Kind == kinds.ConfigMap }

// reach are the places of edits in the list of all, by what they can matter to: requests for a service
// have the objects of the cluster, those of its namespace and the service itself.
type reach struct {
	everywhere  []int
	inNamespace map[string][]int
	ofService   map[string][]int
}

func newReach(edits []*edit) reach {
	r := reach{inNamespace: map[string][]int{}, ofService: map[string][]int{}}
	for i, e := range edits {
		switch {
		case e.isProgram, e.isOfConfiguration(), e.Namespace == "":
			r.everywhere = append(r.everywhere, i)
		case isService(e):
			key := observed.ObjectKey(e.Namespace, e.Name)
			r.ofService[key] = append(r.ofService[key], i)
		default:
			r.inNamespace[e.Namespace] = append(r.inNamespace[e.Namespace], i)
		}
	}
	return r
}

// editsReaching are the edits that can matter to a service, sorted.
func (r reach) editsReaching(pair *Pair) []int {
	return slices.Sorted(slices.Values(slices.Concat(r.everywhere, r.inNamespace[pair.Namespace], r.ofService[pair.String()])))
}

// editsBetween lists the inputs that differ between two sets, by kind, namespace and name.
func editsBetween(was, is *load.Set, wasConfig, isConfig *config.Config) []*edit {
	byName := map[load.ObjectName]*edit{}
	find := func(name load.ObjectName) *edit {
		if byName[name] == nil {
			byName[name] = &edit{ObjectName: name}
		}
		return byName[name]
	}
	var order []load.ObjectName
	for _, input := range was.Inputs() {
		if input.Kind != kinds.ConfigMap {
			find(input.ObjectName).before = &input
			order = append(order, input.ObjectName)
		}
	}
	for _, input := range is.Inputs() {
		if input.Kind != kinds.ConfigMap {
			find(input.ObjectName).after = &input
			order = append(order, input.ObjectName)
		}
	}
	var edits []*edit
	schemas := map[kinds.Kind][]map[string]any{}
	for _, name := range order {
		e := byName[name]
		delete(byName, name)
		if e == nil || e.hasTheSameText() {
			continue
		}
		if _, known := schemas[e.Kind]; !known {
			schemas[e.Kind] = schemasOf(e.Kind)
		}
		if e.schemas = schemas[e.Kind]; !e.storesTheSame() {
			edits = append(edits, e)
		}
	}
	if e := editOfConfiguration(was, is, wasConfig, isConfig); e != nil {
		edits = append(edits, e)
	}
	return edits
}

// hasTheSameText reports whether the object is there before and after the edit, byte for byte.
func (e *edit) hasTheSameText() bool {
	return e.before != nil && e.after != nil && bytes.Equal(e.before.Raw, e.after.Raw)
}

// storesTheSame reports whether the API server has the same after the edit: defaults that a file leaves out are in
// what it stores.
func (e *edit) storesTheSame() bool {
	if e.before == nil || e.after == nil {
		return false
	}
	was, is, err := e.treesWithDefaults()
	return err == nil && child.Equal(was, is)
}

// treesWithDefaults are the object before and after the edit, with the defaults of its definition.
func (e *edit) treesWithDefaults() (was, is map[string]any, err error) {
	if was, err = observed.DecodeTree(e.before.Raw); err != nil {
		return nil, nil, err
	}
	if is, err = observed.DecodeTree(e.after.Raw); err != nil {
		return nil, nil, err
	}
	for _, schema := range e.schemas {
		definition.SetDefaults(schema, was)
		definition.SetDefaults(schema, is)
	}
	return was, is, nil
}

// schemasOf are the schemas of a kind of ome.io; none of another kind.
func schemasOf(kind kinds.Kind) []map[string]any {
	name, apiVersion := kind.NameAndVersion()
	crd, err := manifests.PlainDefinitionOf(name)
	if err != nil || apiVersion != v1beta1.APIVersion {
		return nil
	}
	return definition.SchemasOf(crd)
}

// editOfConfiguration is the edit between two configurations; nil where they are the same.
func editOfConfiguration(was, is *load.Set, wasConfig, isConfig *config.Config) *edit {
	before, after := configInput(was, wasConfig), configInput(is, isConfig)
	if (before == nil) == (after == nil) && (before == nil || maps.Equal(wasConfig.Sections, isConfig.Sections)) {
		return nil
	}
	e := &edit{ObjectName: load.ObjectName{Kind: kinds.ConfigMap, Name: config.MapName}, before: before, after: after, config: isConfig}
	if e.config == nil {
		e.config = config.Default()
	}
	for _, input := range []*load.Input{before, after} {
		if input != nil && input.Namespace != "" {
			e.Namespace = input.Namespace
		}
	}
	return e
}

// configInput is the ConfigMap of a configuration, with the sections as trees: nil without one.
func configInput(set *load.Set, conf *config.Config) *load.Input {
	if conf == nil {
		return nil
	}
	input := load.Input{}
	if conf == set.Config() {
		all := set.Inputs()
		if at := slices.IndexFunc(all, func(i load.Input) bool { return i.Kind == kinds.ConfigMap }); at >= 0 {
			input = all[at]
		}
	}
	sections := map[string]any{}
	for name, text := range conf.Sections {
		sections[name] = text
		if tree, err := observed.DecodeTree([]byte(text)); err == nil {
			sections[name] = tree
		}
	}
	input.Raw, _ = json.Marshal(map[string]any{"data": sections}) // trees of JSON have a JSON form
	return &input
}

// changesOf are the changed fields of an edited object, of which a function may first make another one.
func (e *edit) changesOf(prepare func(map[string]any) map[string]any) []child.Change {
	if e.before == nil || e.after == nil {
		return nil
	}
	was, is, err := e.treesWithDefaults()
	if err != nil {
		return nil
	}
	was, is = prepare(was), prepare(is)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var changes []child.Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		changes = append(changes, child.Changes(name, was[name], is[name])...)
	}
	return changes
}

// asItIs leaves an object as it is.
func asItIs(tree map[string]any) map[string]any { return tree }

// withEdits returns a request in which some objects are as after the edit.
func withEdits(request *sync.Request, edits []*edit) *sync.Request {
	out := *request
	copied := map[kinds.Kind]bool{}
	out.Related = maps.Clone(request.Related)
	for _, e := range edits {
		switch {
		case e.isOfConfiguration():
			out.Config = e.config
		case isService(e):
			if e.after != nil {
				out.Parent = e.after.Raw
			}
		default:
			if !copied[e.Kind] {
				out.Related[e.Kind] = maps.Clone(request.Related[e.Kind])
				if out.Related[e.Kind] == nil {
					out.Related[e.Kind] = map[string]observed.Object{}
				}
				copied[e.Kind] = true
			}
			key := observed.ObjectKey(e.Namespace, e.Name)
			delete(out.Related[e.Kind], key)
			if e.after != nil {
				out.Related[e.Kind][key] = observed.Object{Raw: e.after.Raw}
			}
		}
	}
	return &out
}

func isService(e *edit) bool { return e.Kind == kinds.InferenceService }
