package main

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// answer is what the page shows for some manifests.
type answer struct {
	// Picture is HTML, the others are plain text: the objects as YAML, the explanation as isvc explain
	// prints it, and the findings as isvc lint does.
	Picture     string `json:"picture"`
	Objects     string `json:"objects"`
	Explanation string `json:"explanation"`
	Findings    string `json:"findings"`
	// Summary is all of it in a line.
	Summary string `json:"summary"`
}

// fileName is what findings call the manifests.
const fileName = "manifests"

// answerTo computes every service of the manifests, in a cluster that has all optional kinds.
func answerTo(manifests string) (answer, error) {
	files := []load.File{{Name: fileName, Data: []byte(manifests)}}
	set, problems := load.Files(files, "default")
	in := &input{set: set, lines: load.NewLines(files)}
	for _, problem := range problems {
		in.addProblem(problem)
	}
	requests := set.Requests(load.Options{Kinds: kinds.All(), Explain: true})
	var services []explain.Service
	var objects strings.Builder
	for _, request := range requests {
		service, err := in.addService(request, &objects)
		if err != nil {
			in.addFailure(err)
			continue
		}
		services = append(services, service)
	}
	report := explain.NewReport(services)
	drawing := explain.Picture(report)
	html, err := picture.Fragment(drawing)
	if err != nil {
		return answer{}, err
	}
	out := answer{
		Picture: html, Objects: objects.String(), Explanation: explain.Text(report, explain.TextOptions{}),
		Findings: lint.Text(in.findings), Summary: drawing.Headline,
	}
	if len(requests) == 0 {
		out.Picture, out.Explanation = "", ""
		out.Summary = "the manifests hold no InferenceService"
	}
	return out, nil
}

// input collects what is wrong with the manifests and with what comes of them.
type input struct {
	set      *load.Set
	lines    *load.Lines
	findings []lint.Finding
}

// addService computes a service, and writes its objects.
func (in *input) addService(request *sync.Request, objects *strings.Builder) (service explain.Service, err error) {
	defer func() {
		if cause := recover(); cause != nil { // it concerns one service only
			err = fmt.Errorf("internal error: %v", cause)
		}
	}()
	namespace, _ := observed.DecodeString(observed.Member(request.Parent, "metadata", "namespace"))
	name, _ := observed.DecodeString(observed.Member(request.Parent, "metadata", "name"))
	response, err := sync.Sync(request)
	if err != nil {
		return service, err
	}
	deployed := false
	for range request.Children.All() {
		deployed = true
	}
	service = explain.NewService(namespace, name, response)
	service.State = explain.NewState(namespace, &response.Status, deployed)
	explain.AddObserved(&service, request, response)
	for _, problem := range response.Unresolved() {
		found := lint.NewFinding(lint.RuleUnresolved, problem.Reason+": "+problem.Message)
		in.addFinding(found, namespace, name, "")
	}
	for _, found := range lint.Check(request, response) {
		in.addFinding(found, namespace, name, found.Field)
	}
	return service, writeObjects(objects, response)
}

// addFinding adds a finding about a service, with its place in the manifests.
func (in *input) addFinding(found lint.Finding, namespace, name, field string) {
	at := in.lines.OfProblem(in.set.ServiceProblem(namespace, name, load.Error, finding.Finding{Field: field}))
	found.Namespace, found.Name = namespace, name
	found.File, found.Line, found.Column = fileName, at.Line, at.Column
	in.findings = append(in.findings, found)
}

// addProblem adds what the loader says.
func (in *input) addProblem(problem load.Problem) {
	rule := lint.RuleOfInput
	if problem.Severity != load.Warning {
		rule = lint.RuleUnreadable
	}
	found := lint.NewFinding(rule, problem.Message)
	at := in.lines.OfProblem(problem)
	found.Object, found.Field = problem.Object, problem.Field
	found.File, found.Line, found.Column = fileName, at.Line, at.Column
	in.findings = append(in.findings, found)
}

// addFailure adds a defect of the program.
func (in *input) addFailure(err error) {
	in.findings = append(in.findings, lint.NewFinding(lint.RuleUnreadable, err.Error()))
}

// writeObjects writes the objects of a service, which are unknown where nothing can be decided yet.
func writeObjects(out *strings.Builder, response *sync.Response) error {
	if response.RetryAfter > 0 {
		return nil
	}
	var failed error
	for _, object := range response.Children {
		failed = errors.Join(failed, writeObject(out, object))
	}
	return failed
}

func writeObject(out *strings.Builder, object *unstructured.Unstructured) error {
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		return fmt.Errorf("cannot write %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	if out.Len() > 0 {
		out.WriteString("---\n")
	}
	out.Write(text)
	return nil
}
