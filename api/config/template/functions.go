package template

import (
	"errors"
	"fmt"
	texttemplate "text/template"
)

// functionIsAllowed reports whether a template may call a function: one of text/template's own that
// make nothing longer than their arguments, or one of ours.
func functionIsAllowed(name string) bool {
	switch name {
	case "and", "or", "not", "eq", "ne", "len":
		return true
	}
	_, ours := boundedFunctions[name]
	return ours
}

// boundedFunctions replace functions of text/template: nested in each other, its own could make a
// huge result of a short template, and its index also takes several keys or none.
var boundedFunctions = texttemplate.FuncMap{
	"index":  func(values map[string]string, key string) string { return values[key] },
	"print":  func(args ...any) (string, error) { return boundedString(fmt.Sprint(args...)) },
	"printf": boundedPrintf,
}

var errTooLong = fmt.Errorf("the result has more than %d bytes", maxResultBytes)

// boundedString returns a result, or an error if it is too long for any further use.
func boundedString(result string) (string, error) {
	if len(result) > maxResultBytes {
		return "", errTooLong
	}
	return result, nil
}

func boundedPrintf(format string, args ...any) (string, error) {
	if len(format) > maxTemplateBytes {
		return "", errors.New("the format is too long")
	}
	if err := checkWidths(format); err != nil {
		return "", err
	}
	// A format may use an argument many times.
	if _, err := boundedString(fmt.Sprint(args...)); err != nil {
		return "", err
	}
	return boundedString(fmt.Sprintf(format, args...))
}

// checkWidths refuses widths that would make a long string of a short one.
func checkWidths(format string) error {
	digits := 0
	for _, r := range format {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '*':
			return errors.New("a width of * is not supported")
		default:
			digits = 0
		}
		if digits > 3 {
			return errors.New("the width is too large")
		}
	}
	return nil
}
