package explain

import (
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/compose"
)

// componentReader collects the entries about one component.
type componentReader struct {
	out         Component
	accelerator choiceReader
}

// addEntry sorts an entry; rest is its subject without the component.
func (c *componentReader) addEntry(rest string, e trace.Entry) {
	head, tail, _ := strings.Cut(rest, "/")
	pod := ""
	if (head == "leader" || head == "worker") && strings.HasPrefix(tail, "container/") {
		pod = head
		head, tail, _ = strings.Cut(tail, "/")
	}
	switch {
	case head == "mode":
		c.out.Mode, c.out.ModeReason, c.out.ModeMessage = e.Value, e.Reason, e.Message
	case head == "autoscaler" && e.Reason == compose.ScalingDecided:
		c.out.Autoscaler, c.out.Scaling, c.out.ScalingSource = e.Value, e.Message, e.Source
	case head == "accelerator":
		c.accelerator.addEntry(tail, e)
	case head == "label":
		c.out.Labels = addOrigin(c.out.Labels, "", tail, e)
	case head == "container":
		c.readContainer(pod, tail, e)
	case e.Reason == compose.ServiceSets || e.Reason == compose.ServiceOverridesRuntime:
		c.readField(rest, e)
	default:
		c.addNote(finding.Finding{Subject: rest, Reason: e.Reason, Message: e.Message})
	}
}

// addNote adds a decision, only once if it was made for several pods.
func (c *componentReader) addNote(f finding.Finding) {
	if !slices.Contains(c.out.Notes, f) {
		c.out.Notes = append(c.out.Notes, f)
	}
}

// readField adds a field that the service adds to the template. Labels have entries of their own.
func (c *componentReader) readField(path string, e trace.Entry) {
	if strings.HasPrefix(path, "labels/") {
		return
	}
	c.out.Fields = append(c.out.Fields, Value{
		Field: path, Value: e.Value, From: "service", Source: strings.TrimSpace(e.Source), Message: e.Message,
	})
}

// readContainer adds a value of a container; rest is "<name>/<field>/<key>".
func (c *componentReader) readContainer(pod, rest string, e trace.Entry) {
	name, rest, _ := strings.Cut(rest, "/")
	rest = strings.TrimPrefix(rest, "resources/")
	field, key, _ := strings.Cut(rest, "/")
	at := slices.IndexFunc(c.out.Containers, func(k Container) bool { return k.Pod == pod && k.Name == name })
	if at < 0 {
		at = len(c.out.Containers)
		c.out.Containers = append(c.out.Containers, Container{Pod: pod, Name: name})
	}
	c.out.Containers[at].Values = addOrigin(c.out.Containers[at].Values, field, key, e)
}

// addOrigin adds an entry to its value: what the value is, or what it replaced.
func addOrigin(values []Value, field, key string, e trace.Entry) []Value {
	at := slices.IndexFunc(values, func(v Value) bool { return v.Field == field && v.Key == key })
	if at < 0 {
		at = len(values)
		values = append(values, Value{Field: field, Key: key})
	}
	v := &values[at]
	if e.Verdict == trace.Overridden {
		v.Replaced = append(v.Replaced, Origin{Value: e.Value, From: originOf(e.Reason), Source: e.Source})
		return values
	}
	v.Value, v.From, v.Source, v.Message = e.Value, originOf(e.Reason), e.Source, e.Message
	return values
}

// originOf is where a value comes from.
func originOf(reason string) string {
	switch reason {
	case compose.FromService:
		return "service"
	case compose.FromRuntime:
		return "runtime"
	case compose.FromAccelerator:
		return "accelerator"
	case compose.FromModel:
		return "model"
	case compose.FromWeight:
		return "weight"
	}
	return "default"
}

func (c *componentReader) makeComponent() Component {
	c.out.Accelerator = c.accelerator.makeChoice()
	return c.out
}
