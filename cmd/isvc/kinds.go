package main

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
)

// parseKinds reads a list of optional kinds that count as installed, each as Kind, as Kind.apiVersion
// or as the name of the project that has it; "all" means every one. The kinds that every cluster has
// always count as installed.
func parseKinds(list string) (kinds.Set, error) {
	if list == "all" {
		return kinds.All(), nil
	}
	installed := kinds.Set{}
	for _, kind := range kinds.Core() {
		installed[kind] = true
	}
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		named := optionalKinds(name)
		if len(named) == 0 {
			return nil, fmt.Errorf("there is no optional kind %q: use %s", name, kindsVocabulary())
		}
		for _, kind := range named {
			installed[kind] = true
		}
	}
	return installed, nil
}

// optionalKinds are the kinds of a name: a kind in either form, or all of a project. A core kind may be
// named by its full form.
func optionalKinds(name string) []kinds.Kind {
	for _, component := range kinds.ManifestComponents() {
		if component.Name == name {
			return component.Kinds
		}
	}
	for _, kind := range kinds.Optional() {
		if short, _ := kind.NameAndVersion(); name == short || name == string(kind) {
			return []kinds.Kind{kind}
		}
	}
	for _, kind := range kinds.Core() {
		if name == string(kind) {
			return []kinds.Kind{kind}
		}
	}
	return nil
}

// kindsVocabulary is what every flag --kinds takes.
func kindsVocabulary() string {
	var names []string
	for _, kind := range kinds.Optional() {
		short, _ := kind.NameAndVersion()
		names = append(names, short)
	}
	return "all, or a list of projects (" + componentNames() + ") and kinds (" + strings.Join(names, ", ") + ")"
}

func componentNames() string {
	var names []string
	for _, c := range kinds.ManifestComponents() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
