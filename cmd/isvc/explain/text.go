package explain

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	// Width is the number of columns; less than 40 counts as 100.
	Width int
	// All lists every candidate and every value on a line of its own. Without
	// it, what came close and what was replaced is shown in full, the rest by
	// name, as much as fits.
	All bool
	// Colour marks headings for terminals that understand ANSI sequences.
	Colour bool
}

// Text writes a report for people. A service with hundreds of candidates fits
// a terminal unless everything is asked for.
func Text(report *Report, options TextOptions) string {
	if options.Width < minWidth {
		options.Width = defaultWidth
	}
	w := &writer{TextOptions: options}
	for i := range report.Services {
		if i > 0 {
			w.out.WriteByte('\n')
		}
		w.service(&report.Services[i])
	}
	return w.out.String()
}

func (w *writer) service(s *Service) {
	name := s.Name
	if s.Namespace != "" {
		name = s.Namespace + "/" + s.Name
	}
	w.heading("InferenceService " + name)
	if s.Hold != nil {
		w.alert("held", s.Hold.Reason+": "+s.Hold.Message)
	}
	if s.RetryAfterSeconds > 0 {
		w.alert("undecided", fmt.Sprintf("nothing can be decided yet: try again in %d s", s.RetryAfterSeconds))
	}
	w.choice(0, "model", s.Model)
	w.choice(0, "weight", s.Weight)
	w.choice(0, "runtime", s.Runtime)
	for i := range s.Components {
		w.component(&s.Components[i])
	}
	for _, part := range s.Partial {
		w.alert(part.Subject, "kept as it is: "+part.Reason+": "+part.Message)
	}
	for _, warning := range s.Warnings {
		w.alert("warning", warning.Reason+": "+warning.Message)
	}
	w.kept(s.Kept)
	w.children(s.Children)
}

func (w *writer) kept(all []finding.Finding) {
	for i, kept := range all {
		if i == closeShown && !w.All && len(all) > closeShown+1 {
			w.line(0, "", fmt.Sprintf("and %d more", len(all)-i))
			return
		}
		w.line(0, first(i, "kept"), kept.Subject+": "+kept.Message)
	}
}

func (w *writer) children(all []Child) {
	if len(all) == 0 {
		w.line(0, "objects", "none")
		return
	}
	var names []string
	for _, child := range all {
		names = append(names, child.Kind+"/"+child.Name)
	}
	w.list(0, "objects", names)
}

func (w *writer) component(c *Component) {
	mode := c.Mode
	if c.ModeMessage != "" {
		mode += ": " + c.ModeMessage
	}
	w.line(0, c.Type, mode)
	if c.Autoscaler != "" {
		w.line(1, "scaling", c.Autoscaler+", "+c.Scaling)
	}
	w.choice(1, "accelerator", c.Accelerator)
	for _, note := range c.Notes {
		w.line(1, "note", note.Subject+": "+note.Message)
	}
	w.fields(c.Fields)
	for i := range c.Containers {
		w.container(&c.Containers[i])
	}
	w.values("labels", c.Labels)
}

// fields are what the service brings to the template beside containers.
func (w *writer) fields(all []Value) {
	var texts []string
	for _, v := range all {
		text := v.Field
		if v.Value != "" {
			text += " " + v.Value
		}
		if v.Message != "" {
			text += " (" + v.Message + ")"
		}
		texts = append(texts, text)
	}
	w.list(1, "service", texts)
}

func (w *writer) container(c *Container) {
	name := c.Name
	if c.Pod != "" {
		name += " of the " + c.Pod
	}
	w.line(1, "container", name)
	for _, field := range []string{"image", "command", "args", "env", "requests", "limits"} {
		var values []Value
		for _, v := range c.Values {
			if v.Field == field {
				values = append(values, v)
			}
		}
		w.values(field, values)
	}
}
