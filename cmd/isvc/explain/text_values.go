package explain

import "strings"

// originsInOrder are the origins of values in the order in which they are shown.
func originsInOrder() []string {
	return []string{"service", "accelerator", "model", "weight", "default", "runtime"}
}

// writeValues writes the values of one field by origin: each that replaced another
// or was dropped on its own line, the others together. What comes unchanged
// from the runtime, and labels that are not the service's, are shown by name.
func (w *textWriter) writeValues(field string, all []Value) {
	label := field
	tell := func(side, text string) {
		w.writeOrigin(label, side, text)
		label = ""
	}
	for _, from := range originsInOrder() {
		var together []string
		for _, v := range all {
			switch {
			case v.From != from:
			case w.All || len(v.Replaced) > 0:
				tell(from, w.valueText(v))
			default:
				together = append(together, shortValue(v))
			}
		}
		if len(together) > 0 {
			tell(from, strings.Join(together, ", "))
		}
	}
	var dropped []string
	for _, v := range all {
		if v.From == "" {
			dropped = append(dropped, replacedText(v))
		}
	}
	if len(dropped) > 0 {
		tell("dropped", strings.Join(dropped, ", "))
	}
}

// shortValue is a value among others of its origin.
func shortValue(v Value) string {
	isLabel, isAmount := v.Field == "", v.Field == "requests" || v.Field == "limits"
	if v.Key != "" && (v.From == "runtime" && !isAmount || v.From != "service" && isLabel) {
		return v.Key
	}
	return keyAndValue(v)
}

// keyAndValue is a value with its key. A flag's value holds the flag already.
func keyAndValue(v Value) string {
	switch {
	case v.Key == "" || v.Field == "args" || v.Field == "command":
		return v.Value
	case v.Field == "requests" || v.Field == "limits":
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

// replacedText lists the values that lost.
func replacedText(v Value) string {
	var texts []string
	for _, r := range v.Replaced {
		texts = append(texts, r.Value+" of the "+r.From)
	}
	return strings.Join(texts, " and ")
}
