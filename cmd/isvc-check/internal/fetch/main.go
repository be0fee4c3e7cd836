// Command fetch writes the custom resource definitions of operators into a file, from the Go modules of
// their projects.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/isvc-io/isvc/internal/crdsource"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fetch FILE")
		os.Exit(2)
	}
	if err := fetch(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "fetch: "+err.Error())
		os.Exit(1)
	}
}

func fetch(file string) error {
	all, err := crdsource.OfOptionalKinds(context.Background())
	if err != nil {
		return err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
