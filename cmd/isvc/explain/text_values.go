package explain

import "strings"

// sides are the origins of values in the order in which they are shown.
func sides() []string {
	return []string{"service", "accelerator", "model", "weight", "default", "runtime"}
}

// values writes the values of one field by origin: each that replaced another
// or was dropped on its own line, the others together. What comes unchanged
// from the runtime, and labels that are not the service's, are shown by name.
func (w *writer) values(field string, all []Value) {
	label := field
	tell := func(side, text string) {
		w.origin(label, side, text)
		label = ""
	}
	for _, from := range sides() {
		var together []string
		for _, v := range all {
			switch {
			case v.From != from:
			case w.All || len(v.Replaced) > 0:
				tell(from, w.valueText(v))
			default:
				together = append(together, short(v))
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

// short is a value among others of its origin.
func short(v Value) string {
	isLabel, isAmount := v.Field == "", v.Field == "requests" || v.Field == "limits"
	if v.Key != "" && (v.From == "runtime" && !isAmount || v.From != "service" && isLabel) {
		return v.Key
	}
	return plain(v)
}

// plain is a value with its key. A flag's value holds the flag already.
func plain(v Value) string {
	switch {
	case v.Key == "" || v.Field == "args" || v.Field == "command":
		return v.Value
	case v.Field == "requests" || v.Field == "limits":
		return v.Key + " " + v.Value
	}
	return v.Key + "=" + v.Value
}

func (w *writer) valueText(v Value) string {
	text := plain(v)
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
