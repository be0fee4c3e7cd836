package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc-check/definitions"
	"github.com/isvc-io/isvc/internal/crdsource"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync/load"
)

// embedded has the definitions of operators. They are no part of the repository: go generate reads them
// from the Go modules of their projects and writes published.json.
//
//go:generate go run ./internal/fetch published/published.json
//go:embed published
var embedded embed.FS

// errWithoutDefinitions: the program was built without go generate.
var errWithoutDefinitions = errors.New("isvc-check was built without the definitions of operators: build it with make isvc-check")

// publishedDefinitions are the definitions of operators.
func publishedDefinitions() ([]known, error) {
	text, err := embedded.ReadFile("published/published.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errWithoutDefinitions
	}
	if err != nil {
		return nil, err
	}
	var all []crdsource.Published
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("cannot read the definitions of operators: %w", err)
	}
	return sourcesOf(all)
}

// sourcesOf are definitions that are not compiled yet.
func sourcesOf(all []crdsource.Published) ([]known, error) {
	var out []known
	for _, published := range all {
		text, err := published.Definition.MarshalJSON()
		if err != nil {
			return nil, err
		}
		found, err := knownKinds(text, nameOfModule(published.Module))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", published.Module, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// ownDefinitions are the definitions of the kinds of ome.io, as they are installed.
func ownDefinitions() ([]known, error) {
	var out []known
	for _, kind := range load.CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		text, err := manifests.DefinitionOf(name)
		if err != nil {
			return nil, err
		}
		out = append(out, known{kind, "the definition of " + name, sync.OnceValues(func() (*definitions.Definition, error) {
			source, err := definitions.Read(text)
			if err != nil {
				return nil, err
			}
			return source.Compile(kind)
		})})
	}
	return out, nil
}

// known is a kind that has a definition, and who publishes it.
type known struct {
	kind kinds.Kind
	by   string
	// definition is compiled when an object of the kind is checked.
	definition func() (*definitions.Definition, error)
}

// knownKinds are the kinds of a definition.
func knownKinds(text []byte, by string) ([]known, error) {
	source, err := definitions.Read(text)
	if err != nil {
		return nil, err
	}
	var out []known
	for _, kind := range source.Kinds() {
		out = append(out, known{kind, by, sync.OnceValues(func() (*definitions.Definition, error) { return source.Compile(kind) })})
	}
	return out, nil
}

// nameOfModule is a module for people: "sigs.k8s.io/lws v0.9.0".
func nameOfModule(module string) string { return strings.Replace(module, "@", " ", 1) }
