package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/spelling"
)

// unknownKeys lists the keys of sections that do not exist, and sections that only OME's own controller
// reads. Other sections are OME's, for other programs; one whose name is nearly one that exists is listed
// too.
func (c *Config) unknownKeys(data map[string]string) []string {
	var names, all []string
	sections := map[string]section{}
	for _, s := range c.sectionReaders() {
		names = append(names, s.name)
		sections[s.name] = s
	}
	for name, text := range data {
		s, known := sections[name]
		if !known {
			if slices.Contains(sectionsOfOME, name) {
				all = append(all, fmt.Sprintf("section %s has no effect: %s", name, whyOfOME))
			} else if meant := spelling.Nearest(name, names); meant != "" {
				all = append(all, fmt.Sprintf("section %s does not exist: did you mean %s?", name, meant))
			}
			continue
		}
		all = append(all, unknownIn(name, "", reflect.TypeOf(s.of), json.RawMessage(text))...)
	}
	slices.Sort(all)
	return all
}

// sectionsOfOME are sections about services that only OME's own controller acts on.
var sectionsOfOME = []string{
	"podMonitor", "metricProviders", "canaryAnalysis", "coordination", "lifecycle", "autoscalerPolicy",
	"omenativeStatus", "inferenceReplica", "tpuSliceProvisioning", "multicluster",
}

// keysOfOthers are keys in sections that isvc reads, which it does not read, and why not: OME's own
// controller reads them in some version, or its chart has them and nothing reads them.
var keysOfOthers = []struct {
	section string
	keys    []string
	why     string
}{
	{SectionDeploy, []string{"updateStrategy"}, whyOfOME},
	{SectionIngress, []string{"consistentHashHeaders", "omeIngressGatewayClass", "class"}, whyOfOME},
	{SectionRollout, []string{"maxPinnedPlanBytes", "defaultReadyTimeout"}, whyOfOME},
	{SectionKeda, []string{"enableKeda", "customPromQuery", "scalingThreshold", "scalingOperator"}, "it is for kedaConfig of services"},
}

const whyOfOME = "only OME's own controller reads it"

// whyUnread is why isvc does not read a key that others have in a section; "" for a key of nobody.
func whyUnread(section, key string) string {
	for _, others := range keysOfOthers {
		if others.section == section && slices.ContainsFunc(others.keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			return others.why
		}
	}
	return ""
}

// keysOfModelInit are the keys of an Injector that only one of the sections uses.
var keysOfModelInit = []string{"vaultId", "extraVolumeMounts", "extraEnvVars"}

func didYouMean(key string, keys []string) string {
	if meant := spelling.Nearest(key, keys); meant != "" {
		return ": did you mean " + meant + "?"
	}
	return " and has no effect"
}

// unknownIn lists the keys below a path of a section that the type does not have. What cannot be read is a
// problem of the section, and the types of others list their keys elsewhere.
func unknownIn(section, path string, t reflect.Type, raw json.RawMessage) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var all []string
	var members map[string]json.RawMessage
	var items []json.RawMessage
	switch {
	case t.Kind() == reflect.Map && json.Unmarshal(raw, &members) == nil:
		for key, member := range members {
			all = append(all, unknownIn(section, path+key+".", t.Elem(), member)...)
		}
	case t.Kind() == reflect.Slice && json.Unmarshal(raw, &items) == nil:
		for i, item := range items {
			all = append(all, unknownIn(section, fmt.Sprintf("%s[%d].", strings.TrimSuffix(path, "."), i), t.Elem(), item)...)
		}
	case t.Kind() == reflect.Struct && strings.HasPrefix(t.PkgPath(), ourPackages) && json.Unmarshal(raw, &members) == nil:
		keys := keysOf(t)
		for key, member := range members {
			isKey := func(k string) bool { return strings.EqualFold(k, key) }
			at := slices.IndexFunc(keys, isKey)
			switch {
			case at < 0 && whyUnread(section, key) != "":
				all = append(all, fmt.Sprintf("section %s: key %s%s has no effect: %s", section, path, key, whyUnread(section, key)))
			case at < 0:
				all = append(all, fmt.Sprintf("section %s: key %s%s does not exist%s", section, path, key, didYouMean(key, keys)))
			case path == "" && section != SectionModelInit && slices.ContainsFunc(keysOfModelInit, isKey):
				all = append(all, fmt.Sprintf("section %s: key %s has no effect: only %s uses it", section, key, SectionModelInit))
			default:
				all = append(all, unknownIn(section, path+key+".", t.Field(at).Type, member)...)
			}
		}
	}
	return all
}

// ourPackages begins the paths of packages whose types are described here.
const ourPackages = "github.com/isvc-io/"

// keysOf are the keys of a struct, in the order of its fields.
func keysOf(t reflect.Type) []string {
	var keys []string
	for field := range t.Fields() {
		keys = append(keys, field.Tag.Get("json"))
	}
	return keys
}
