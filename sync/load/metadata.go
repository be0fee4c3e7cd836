package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// metadataFields are the fields of a model that a model agent fills in when it has read the model.
func metadataFields() []string {
	return []string{
		"modelFormat", "modelType", "modelFramework", "modelArchitecture", "quantization", "modelParameterSize",
		"modelCapabilities", "maxTokens", "diffusionPipeline",
	}
}

func isModel(kind kinds.Kind) bool { return kind == kinds.BaseModel || kind == kinds.ClusterBaseModel }

// MetadataSnapshot returns a snapshot of what a model agent has read of the models in files, as a List in YAML,
// which the field IsMetadata of a File is for.
func MetadataSnapshot(files []File, namespace string) ([]byte, []Problem) {
	set, problems := Files(files, namespace)
	items := []any{}
	for _, in := range set.Inputs() {
		tree, err := observed.DecodeTree(in.Raw)
		if !isModel(in.Kind) || err != nil {
			continue
		}
		spec, _ := tree["spec"].(map[string]any)
		maps.DeleteFunc(spec, func(field string, _ any) bool { return !slices.Contains(metadataFields(), field) })
		if len(spec) == 0 {
			continue
		}
		metadata := map[string]any{"name": in.Name}
		if in.Namespace != "" {
			metadata["namespace"] = in.Namespace
		}
		items = append(items, map[string]any{"apiVersion": tree["apiVersion"], "kind": tree["kind"], "metadata": metadata, "spec": spec})
	}
	text, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil { // every tree of JSON has a form in YAML
		panic(err)
	}
	return text, problems
}

// snapshot has what is known of models, by their names.
type snapshot map[ObjectName]map[string]json.RawMessage

// readSnapshots reads the files that are snapshots.
func readSnapshots(files []File, namespace string) (snapshot, []Problem) {
	known := snapshot{}
	var problems []Problem
	for _, file := range files {
		if !file.IsMetadata {
			continue
		}
		docs, found := splitFile(file)
		problems = append(problems, found...)
		for _, doc := range docs {
			objects, found := doc.readObjects(namespace)
			problems = append(problems, found...)
			for _, o := range objects {
				problems = append(problems, known.add(o)...)
			}
		}
	}
	return known, problems
}

func (known snapshot) add(o *object) []Problem {
	if !isModel(o.kind()) {
		return []Problem{o.objectProblem(Unusable, "", fmt.Sprintf("is of kind %s: a snapshot of metadata has BaseModels and ClusterBaseModels", o.Kind))}
	}
	var model struct {
		Spec map[string]json.RawMessage `json:"spec"`
	}
	if err := json.Unmarshal(o.raw, &model); err != nil {
		return []Problem{o.objectProblem(Unusable, "spec", err.Error())}
	}
	known[o.objectName()] = model.Spec
	return nil
}

// complete gives a model the metadata that it does not have itself.
func (known snapshot) complete(o *object) error {
	facts := known[o.objectName()]
	if facts == nil || !isModel(o.kind()) {
		return nil
	}
	var top, spec map[string]json.RawMessage
	if err := json.Unmarshal(o.raw, &top); err != nil {
		return err
	}
	if err := json.Unmarshal(top["spec"], &spec); err != nil || spec == nil {
		return err
	}
	for _, field := range metadataFields() {
		if fact, has := facts[field]; has && isAbsent(spec[field]) {
			spec[field] = fact
		}
	}
	var err error
	if top["spec"], err = json.Marshal(spec); err != nil {
		return err
	}
	o.raw, err = json.Marshal(top)
	return err
}

// isAbsent reports whether a field says nothing.
func isAbsent(value json.RawMessage) bool {
	return len(value) == 0 || slices.ContainsFunc([]string{"null", "{}", `""`, "[]"}, func(empty string) bool {
		return bytes.Equal(bytes.TrimSpace(value), []byte(empty))
	})
}
