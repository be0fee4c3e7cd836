package template

import (
	"errors"
	"fmt"
)

// functions are what a template can call, by name.
var functions = map[string]func(args []any) (any, error){
	"and":    and,
	"or":     or,
	"not":    not,
	"eq":     func(args []any) (any, error) { return equal(args) },
	"ne":     notEqual,
	"index":  index,
	"len":    length,
	"print":  func(args []any) (any, error) { return fmt.Sprint(texts(args)...), nil },
	"printf": printf,
}

// truth reports whether a value counts as true: all but the empty ones do.
func truth(value any) bool {
	switch v := value.(type) {
	case string:
		return v != ""
	case bool:
		return v
	case int64:
		return v != 0
	case map[string]string:
		return len(v) > 0
	}
	return value != nil
}

// text is how a value is written, as text/template does.
func text(value any) string {
	if value == nil {
		return "<no value>"
	}
	return fmt.Sprint(value)
}

// texts leaves numbers as they are and makes the rest texts.
func texts(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if _, number := arg.(int64); !number {
			out[i] = text(arg)
		}
	}
	return out
}

var errArguments = errors.New("the number of arguments is wrong")

// and returns the first argument that is not true, else the last.
func and(args []any) (any, error) {
	for i, arg := range args {
		if !truth(arg) || i == len(args)-1 {
			return arg, nil
		}
	}
	return nil, errArguments
}

// or returns the first argument that is true, else the last.
func or(args []any) (any, error) {
	for i, arg := range args {
		if truth(arg) || i == len(args)-1 {
			return arg, nil
		}
	}
	return nil, errArguments
}

func not(args []any) (any, error) {
	if len(args) != 1 {
		return nil, errArguments
	}
	return !truth(args[0]), nil
}

// equal reports whether the first argument is one of the others.
func equal(args []any) (bool, error) {
	if len(args) < 2 {
		return false, errArguments
	}
	for _, other := range args[1:] {
		if text(args[0]) == text(other) {
			return true, nil
		}
	}
	return false, nil
}

func notEqual(args []any) (any, error) {
	if len(args) != 2 {
		return nil, errArguments
	}
	same, err := equal(args)
	return !same, err
}

// index looks a key up in a map; one that is not there has an empty text.
func index(args []any) (any, error) {
	if len(args) != 2 {
		return nil, errArguments
	}
	if texts, ok := args[0].(map[string]string); ok {
		return texts[text(args[1])], nil
	}
	return nil, fmt.Errorf("%v is not a map", args[0])
}

func length(args []any) (any, error) {
	if len(args) != 1 {
		return nil, errArguments
	}
	switch v := args[0].(type) {
	case string:
		return int64(len(v)), nil
	case map[string]string:
		return int64(len(v)), nil
	}
	return nil, fmt.Errorf("%v has no length", args[0])
}

func printf(args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	format := text(args[0])
	if len(format) > textLimit {
		return nil, errors.New("the format is too long")
	}
	if err := checkWidths(format); err != nil {
		return nil, err
	}
	return fmt.Sprintf(format, texts(args[1:])...), nil
}

// checkWidths refuses widths that would make a long text of a short one.
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
