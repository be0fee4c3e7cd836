package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	// Width is the number of columns; with less than 40 it is 100.
	Width int
	// All lists every candidate and every value on a line of its own. Without it, close candidates
	// and replaced values are shown in full and the others by name, as many as fit.
	All bool
	// Colour marks headings for terminals that understand ANSI sequences.
	Colour bool
}

// Text writes a report for people. Without All, a service with hundreds of candidates fits a
// terminal.
func Text(report *Report, options TextOptions) string {
	if options.Width < minWidth {
		options.Width = defaultWidth
	}
	w := &textWriter{TextOptions: options}
	for i := range report.Services {
		if i > 0 {
			w.out.WriteByte('\n')
		}
		w.writeService(&report.Services[i])
	}
	return w.out.String()
}

func (w *textWriter) writeService(s *Service) {
	name := s.Name
	if s.Namespace != "" {
		name = s.Namespace + "/" + s.Name
	}
	w.writeHeading("InferenceService " + name)
	w.writeState(s.State)
	if s.Hold != nil {
		w.writeAlert("held", s.Hold.Reason+": "+s.Hold.Message)
	}
	if s.RetryAfterSeconds > 0 {
		w.writeAlert("undecided", fmt.Sprintf("nothing can be decided yet: try again in %d s", s.RetryAfterSeconds))
	}
	w.writeChoice(0, "model", s.Model)
	w.writeChoice(0, "weight", s.Weight)
	w.writeChoice(0, "runtime", s.Runtime)
	for i := range s.Components {
		w.writeComponent(&s.Components[i])
	}
	for _, part := range s.Partial {
		w.writeAlert(part.Subject, "kept as it is: "+part.Reason+": "+part.Message)
	}
	w.writeHeldUpdates(s.Held)
	for _, warning := range s.Warnings {
		w.writeAlert("warning", warning.Reason+": "+warning.Message)
	}
	w.writeKept(s.Kept)
	w.writeChildren(s.Children)
}

// writeHeldUpdates writes which changes the running pods do not take yet; the messages say how they
// are released.
func (w *textWriter) writeHeldUpdates(all []finding.Finding) {
	for i, held := range all {
		w.writeAlert(onFirstLine(i, "update"), held.Reason+": "+held.Message)
	}
}

func (w *textWriter) writeKept(all []finding.Finding) {
	for i, kept := range all {
		if i == closeShown && !w.All && len(all) > closeShown+1 {
			w.writeLine(0, "", fmt.Sprintf("and %d more", len(all)-i))
			return
		}
		w.writeLine(0, onFirstLine(i, "kept"), kept.Subject+": "+kept.Message)
	}
}

func (w *textWriter) writeChildren(all []Child) {
	if len(all) == 0 {
		w.writeLine(0, "objects", "none")
		return
	}
	var names []string
	for _, child := range all {
		names = append(names, childTitle(child))
	}
	if w.All && slices.ContainsFunc(all, func(c Child) bool { return len(c.Leaves) > 0 }) {
		w.writeLeaves(all)
		return
	}
	w.writeWhole("objects", strings.Join(names, ", "))
}

// writeLeaves writes every value of every object, with its source.
func (w *textWriter) writeLeaves(all []Child) {
	for i, child := range all {
		w.writeWhole(onFirstLine(i, "objects"), childTitle(child))
		for _, leaf := range child.Leaves {
			source := leaf.Source
			if source == "" {
				source = "isvc or its configuration"
			}
			w.writeLine(1, "", leaf.Path+" = "+leaf.Value+" ["+source+"]")
		}
	}
}

// childTitle is "Deployment/chat-engine". Knative's Services are told from those of Kubernetes by their group.
func childTitle(child Child) string {
	group, _, hasGroup := strings.Cut(child.APIVersion, "/")
	if hasGroup && child.Kind == "Service" {
		return child.Kind + "." + group + "/" + child.Name
	}
	return child.Kind + "/" + child.Name
}

func (w *textWriter) writeComponent(c *Component) {
	mode := c.Mode
	if c.ModeMessage != "" {
		mode += ": " + c.ModeMessage
	}
	w.writeLine(0, c.Type, mode)
	if c.Autoscaler != "" {
		text := c.Autoscaler + ", " + c.Scaling
		if c.ScalingSource != "" {
			text += ", by " + c.ScalingSource
		}
		w.writeLine(1, "scaling", text)
	}
	w.writeChoice(1, "accelerator", c.Accelerator)
	for _, note := range c.Notes {
		w.writeLine(1, "note", note.Subject+": "+note.Message)
	}
	w.writeFields(c.Fields)
	for i := range c.Containers {
		w.writeContainer(&c.Containers[i])
	}
	w.writeValues("labels", c.Labels)
}

// writeFields writes what the service adds to the template outside of containers.
func (w *textWriter) writeFields(all []Value) {
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
	w.writeNames(1, "service", texts)
}

func (w *textWriter) writeContainer(c *Container) {
	name := c.Name
	if c.Pod != "" {
		name += " of the " + c.Pod
	}
	w.writeLine(1, "container", name)
	for _, field := range []string{"image", "command", "args", "env", "ports", "volumeMounts", "requests", "limits"} {
		var values []Value
		for _, v := range c.Values {
			if v.Field == field {
				values = append(values, v)
			}
		}
		if w.All || !isDetail(field) || slices.ContainsFunc(values, func(v Value) bool { return len(v.Replaced) > 0 }) {
			w.writeValues(field, values)
		}
	}
}

// isDetail reports whether a field of a container is shown only where something in it gave way.
func isDetail(field string) bool { return field == "ports" || field == "volumeMounts" }
