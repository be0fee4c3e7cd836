package load

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/isvc-io/isvc/api/config"
)

// Config reads a configuration from one file: the manifest of the ConfigMap
// inferenceservice-config, or a mapping from its sections to their content, each as a JSON string
// or as a mapping.
//
// The error says why nothing could be read; a section that cannot be used is in the Problems of the
// configuration.
func Config(file File) (*config.Config, error) {
	docs, problems := splitFile(file)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", file.Name, problems[0].Message)
	}
	if len(docs) != 1 {
		return nil, fmt.Errorf("%s: has %d documents: a configuration is one", file.Name, len(docs))
	}
	raw, _, err := docs[0].toJSON()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	sections, err := configSections(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	return config.Parse(sections), nil
}

// ConfigSections reads a configuration from a file for each section, as a mounted ConfigMap has
// them. It is nil without files, as for an optional ConfigMap that does not exist.
func ConfigSections(files []File) *config.Config {
	if len(files) == 0 {
		return nil
	}
	data := make(map[string]string, len(files))
	for _, file := range files {
		data[file.Name] = string(file.Data)
	}
	return config.Parse(data)
}

// configSections returns the sections of a configuration in either form.
func configSections(raw json.RawMessage) (map[string]string, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(raw, &top); err != nil {
		return nil, errors.New("is neither a ConfigMap nor a mapping of sections")
	}
	if _, isObject := top["kind"]; isObject {
		return sectionsOfConfigMap(raw)
	}
	data := make(map[string]string, len(top))
	for section, content := range top {
		data[section] = sectionText(content)
	}
	return data, nil
}

func sectionsOfConfigMap(raw json.RawMessage) (map[string]string, error) {
	var h header
	if err := json.Unmarshal(raw, &h); err != nil || h.Kind != "ConfigMap" {
		return nil, fmt.Errorf("is a %s: a configuration is a ConfigMap", h.Kind)
	}
	data, err := decodeConfigMapData(raw)
	if err != nil {
		return nil, fmt.Errorf("cannot read data: %w", err)
	}
	return data, nil
}

// sectionText is the JSON of a section.
func sectionText(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	return string(content)
}
