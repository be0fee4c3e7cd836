package explain

import "strings"

// originsInOrder returns the origins of values in the order in which they are shown.
func originsInOrder() []string {
	return []string{"service", "accelerator", "model", "weight", "default", "runtime"}
}

// writeValues writes the values of one field by origin. A value that replaced another one has a
// line of its own, the others of an origin share one. Unchanged values of the runtime, and labels
// from elsewhere than the service, are shown by name.
func (w *textWriter) writeValues(field string, all []Value) {
	label := field
	write := func(origin, text string) {
		w.writeOrigin(label, origin, text)
		label = "" // it is shown once
	}
	for _, from := range originsInOrder() {
		var together []string
		for _, v := range all {
			switch {
			case v.From != from:
			case w.All || len(v.Replaced) > 0:
				write(from, w.valueText(v))
			default:
				together = append(together, shortValue(v))
			}
		}
		if len(together) > 0 {
			write(from, strings.Join(together, ", "))
		}
	}
	var dropped []string
	for _, v := range all {
		if v.From == "" {
			dropped = append(dropped, droppedText(v))
		}
	}
	if len(dropped) > 0 {
		write("dropped", strings.Join(dropped, ", "))
	}
}

// shortValue shows a value among others of the same origin.
func shortValue(v Value) string {
	isLabel, isAmount := v.Field == "", v.Field == "requests" || v.Field == "limits"
	if v.Key != "" && (v.From == "runtime" && !isAmount || v.From != "service" && isLabel) {
		return v.Key
	}
	return keyAndValue(v)
}

// keyAndValue shows a value with its key. The value of a flag holds the flag already.
func keyAndValue(v Value) string {
	switch {
	case v.Key == "" || v.Field == "args" || v.Field == "command":
		return v.Value
	case v.Field == "requests" || v.Field == "limits" || v.Field == "ports" || v.Field == "volumeMounts":
		return v.Key + " " + v.Value
	}
	return v.Key + "=" + v.Value
}

func (w *textWriter) valueText(v Value) string {
	text := keyAndValue(v)
	if replaced := replacedText(v); replaced != "" {
		text += ", replaces " + replaced
	}
	if v.Message != "" {
		text += " (" + v.Message + ")"
	}
	if w.All && v.Source != "" {
		text += " [" + v.Source + "]"
	}
	return text
}

// droppedText shows a value that is not there any more.
func droppedText(v Value) string {
	if v.Field == "args" || v.Field == "command" {
		return replacedText(v)
	}
	return v.Key + " " + replacedText(v)
}

// replacedText lists the values that a value replaced.
func replacedText(v Value) string {
	var texts []string
	for _, r := range v.Replaced {
		texts = append(texts, r.Value+" of the "+r.From)
	}
	return strings.Join(texts, " and ")
}
