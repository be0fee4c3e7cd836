package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/isvc-io/isvc/api/kinds"
	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
)

// checker checks objects. It is for several goroutines.
type checker struct {
	builtIns    map[kinds.Kind]builtIn
	definitions map[kinds.Kind]known
}

func newChecker() (*checker, error) {
	published, err := publishedDefinitions()
	if err != nil {
		return nil, err
	}
	return newCheckerWith(published)
}

func newCheckerWith(published []known) (*checker, error) {
	own, err := ownDefinitions()
	if err != nil {
		return nil, err
	}
	c := &checker{builtIns: builtIns(), definitions: map[kinds.Kind]known{}}
	for _, k := range slices.Concat(own, published) {
		c.definitions[k.kind] = k
	}
	return c, nil
}

// check returns what a cluster would say to an object that is created.
func (c *checker) check(raw json.RawMessage) (result protocol.Result) {
	defer func() {
		if cause := recover(); cause != nil {
			result.Findings = []protocol.Finding{{
				Severity: protocol.Refused, Cause: protocol.CauseUnreadable, By: "isvc-check",
				Message: fmt.Sprintf("the check failed: %v", cause),
			}}
		}
	}()
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(raw); err != nil {
		return protocol.Result{Findings: []protocol.Finding{{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Message: err.Error(), By: "isvc-check"}}}
	}
	kind := kinds.New(object.GetKind(), object.GetAPIVersion())
	if rules, isBuiltIn := c.builtIns[kind]; isBuiltIn {
		return protocol.Result{Findings: saidBy(kubernetesName(), rules.check(raw))}
	}
	definition, isDefined := c.definitions[kind]
	if !isDefined {
		return protocol.Result{Unknown: true}
	}
	findings := saidBy(kubernetesName(), c.podFindings(kind, object))
	return protocol.Result{Findings: slices.Concat(saidBy(definition.by, definition.findings(object)), findings)}
}

// saidBy writes down who says something.
func saidBy(who string, findings []protocol.Finding) []protocol.Finding {
	for i := range findings {
		findings[i].By = who
	}
	return findings
}

// findings are what the API server would say by a definition.
func (k known) findings(object *unstructured.Unstructured) []protocol.Finding {
	definition, err := k.definition()
	if err != nil {
		return []protocol.Finding{{Severity: protocol.Refused, Cause: protocol.CauseUnreadable, Message: "cannot use the definition: " + err.Error()}}
	}
	unknown, refused := definition.Check(object.DeepCopy().Object)
	var findings []protocol.Finding
	for _, path := range unknown {
		findings = append(findings, protocol.Finding{Severity: protocol.Refused, Cause: protocol.CauseUnknownField, Field: path, Message: "unknown field"})
	}
	for _, err := range refused {
		findings = append(findings, fieldFinding(err))
	}
	return findings
}

// fieldFinding is an error of a field.
func fieldFinding(err *field.Error) protocol.Finding {
	return protocol.Finding{Severity: protocol.Refused, Cause: string(err.Type), Field: strings.TrimPrefix(err.Field, "<nil>"), Message: err.ErrorBody()}
}

// kubernetesName is who says what Kubernetes says.
func kubernetesName() string { return "Kubernetes " + kubernetesVersion() }

// kubernetesVersion is the version of Kubernetes whose validation this program has.
var kubernetesVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, module := range info.Deps {
		if module.Path == "k8s.io/kubernetes" {
			return module.Version
		}
	}
	return "(unknown)"
})
