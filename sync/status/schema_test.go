package status

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// violations lists what the API server would refuse, prune or add in a status.
// Anything that it changes is a difference that Metacontroller would write
// again on every pass.
func violations(t *testing.T, status []byte) []string {
	t.Helper()
	root, err := schema()
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(status, &value))
	return walk("status", root, value)
}

func walk(path string, schema map[string]any, value any) []string {
	if value == nil {
		return []string{path + ": null"}
	}
	if schema["x-kubernetes-int-or-string"] == true {
		return scalar(path, schema, value)
	}
	switch v := value.(type) {
	case map[string]any:
		return walkObject(path, schema, v)
	case []any:
		items, _ := schema["items"].(map[string]any)
		if schema["type"] != "array" || items == nil {
			return []string{path + ": not a list in the schema"}
		}
		var found []string
		for i, item := range v {
			found = append(found, walk(fmt.Sprintf("%s[%d]", path, i), items, item)...)
		}
		return found
	}
	return scalar(path, schema, value)
}

func walkObject(path string, schema, value map[string]any) []string {
	if schema["type"] != "object" {
		return []string{path + ": not an object in the schema"}
	}
	var found []string
	properties, _ := schema["properties"].(map[string]any)
	additional, _ := schema["additionalProperties"].(map[string]any)
	for key, member := range value {
		of, known := properties[key].(map[string]any)
		if !known {
			of = additional
		}
		if of == nil {
			found = append(found, path+"."+key+": unknown, would be pruned")
			continue
		}
		found = append(found, walk(path+"."+key, of, member)...)
	}
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, present := value[key.(string)]; !present {
			found = append(found, fmt.Sprintf("%s.%s: required", path, key))
		}
	}
	for key, of := range properties {
		_, defaulted := of.(map[string]any)["default"]
		if _, present := value[key]; defaulted && !present {
			found = append(found, path+"."+key+": would be defaulted")
		}
	}
	return found
}

func scalar(path string, schema map[string]any, value any) []string {
	if enum, limited := schema["enum"].([]any); limited && !slices.Contains(enum, value) {
		return []string{fmt.Sprintf("%s: %v is not one of %v", path, value, enum)}
	}
	text, isText := value.(string)
	if pattern, ok := schema["pattern"].(string); ok && isText && !regexp.MustCompile(pattern).MatchString(text) {
		return []string{path + ": does not match " + pattern}
	}
	if schema["x-kubernetes-int-or-string"] == true {
		return nil
	}
	switch v := value.(type) {
	case string:
		if schema["type"] != "string" {
			return []string{path + ": is text"}
		}
		if _, err := time.Parse(time.RFC3339, v); schema["format"] == "date-time" && err != nil {
			return []string{path + ": is no time"}
		}
	case float64:
		if schema["type"] != "integer" || v != math.Trunc(v) {
			return []string{path + ": is a number"}
		}
	case bool:
		if schema["type"] != "boolean" {
			return []string{path + ": is a boolean"}
		}
	}
	return nil
}

func TestTheSchemaCheckFinds(t *testing.T) {
	for name, test := range map[string]struct{ status, want string }{
		"an unknown field":              {`{"conditions":[{"type":"Ready","status":"True","since":1}]}`, "status.conditions[0].since: unknown, would be pruned"},
		"a missing required field":      {`{"conditions":[{"type":"Ready"}]}`, "status.conditions[0].status: required"},
		"a null":                        {`{"url":null}`, "status.url: null"},
		"a value outside an enum":       {`{"modelStatus":{"transitionStatus":"Done"}}`, "status.modelStatus.transitionStatus: Done is not one of [ UpToDate InProgress BlockedByFailedLoad InvalidSpec]"},
		"a field that gets a default":   {`{"modelStatus":{"transitionStatus":"UpToDate","modelRevisionStates":{"activeModelState":"Loaded"}}}`, "status.modelStatus.modelRevisionStates.targetModelState: would be defaulted"},
		"a number for a text":           {`{"url":1}`, "status.url: is a number"},
		"a time that is none":           {`{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"now"}]}`, "status.conditions[0].lastTransitionTime: is no time"},
		"a quantity that is none":       {`{"components":{"engine":{"selectedAccelerator":{"acceleratorClass":"a","resourceRequests":{"cpu":"many"}}}}}`, ""},
		"an object instead of a string": {`{"url":{}}`, "status.url: not an object in the schema"},
	} {
		t.Run(name, func(t *testing.T) {
			found := violations(t, []byte(test.status))
			require.NotEmpty(t, found)
			if test.want != "" {
				assert.Contains(t, found, test.want)
			}
		})
	}
}
