package main

import (
	"context"

	"github.com/isvc-io/isvc/internal/crdsource"
)

// newCheckerFromModules has the definitions of operators from their modules, so that tests need no go
// generate.
func newCheckerFromModules() (*checker, error) {
	published, err := crdsource.OfOptionalKinds(context.Background())
	if err != nil {
		return nil, err
	}
	compiled, err := sourcesOf(published)
	if err != nil {
		return nil, err
	}
	return newCheckerWith(compiled)
}
