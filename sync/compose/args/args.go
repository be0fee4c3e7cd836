// Package args changes the arguments of a server: a list of words, or a shell
// script in one of the words, as OME's runtimes use both.
//
// A flag and its value form a group, "--flag=value" or "--flag value". An
// override replaces the group of its flag where it stands and is appended
// where there is none.
package args

import (
	"regexp"
	"strconv"
	"strings"
)

// Override returns args with the flags of the override set.
//
//	[--tp 4 --x] + [--tp 8 --new] = [--tp 8 --x --new]
//
// Where a word is a shell script, the flags of its last command are changed;
// continued lines are written one flag a line. Repeated flags that are not
// overridden stay repeated.
func Override(args, override []string) []string {
	override = words(override)
	switch at := scriptAt(args); {
	case len(override) == 0:
		return args
	case len(args) == 0:
		return override
	case at >= 0:
		out := append([]string(nil), args...)
		out[at] = overrideScript(args[at], override)
		return out
	default:
		return flatten(apply(group(args), group(override)))
	}
}

// scriptAt returns the position of the word that is a shell script, or -1.
func scriptAt(args []string) int {
	for i, word := range args {
		if strings.ContainsAny(word, "\n\\") {
			return i
		}
	}
	return -1
}

// overrideScript changes the last command of a script, the one that serves.
func overrideScript(script string, override []string) string {
	before, command := lastCommand(script)
	groups := apply(group(words([]string{command})), group(override))
	return before + strings.Join(flatten(groups), " \\\n")
}

// lastCommand splits a script before its last command, which begins after the
// last line that does not continue.
func lastCommand(script string) (before, command string) {
	lines := strings.Split(strings.TrimRight(script, " \t\n"), "\n")
	start := len(lines) - 1
	for start > 0 && strings.HasSuffix(strings.TrimRight(lines[start-1], " \t"), "\\") {
		start--
	}
	if start == 0 {
		return "", script
	}
	return strings.Join(lines[:start], "\n") + "\n", strings.Join(lines[start:], "\n")
}

// words splits scripts into their lines without continuation marks, and drops
// what is empty.
func words(args []string) []string {
	var out []string
	for _, arg := range args {
		for _, line := range lines(arg) {
			if line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

func lines(arg string) []string {
	if !strings.ContainsAny(arg, "\n\\") {
		return []string{strings.TrimSpace(arg)}
	}
	parts := strings.Split(arg, "\n")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(part), "\\"))
	}
	return parts
}

// flag is a flag with its value, or a word that is not a flag.
type flag struct {
	key   string
	words []string
}

// group joins each flag with the value that follows it.
func group(args []string) []flag {
	var out []flag
	for i := 0; i < len(args); i++ {
		f := flag{key: key(args[i]), words: args[i : i+1]}
		if takesNext(args, i) {
			f.words = args[i : i+2]
			i++
		}
		out = append(out, f)
	}
	return out
}

// takesNext reports whether a word's value is the next word.
func takesNext(args []string, i int) bool {
	word := args[i]
	return strings.HasPrefix(word, "-") && !strings.ContainsAny(word, "= \t") &&
		i+1 < len(args) && !looksLikeFlag(args[i+1])
}

// looksLikeFlag tells a flag from a value; a negative number is a value.
func looksLikeFlag(word string) bool {
	if !strings.HasPrefix(word, "-") {
		return false
	}
	_, err := strconv.ParseFloat(word, 64)
	return err != nil
}

// key is the name of a flag, or the whole word where it is none.
func key(word string) string {
	if !strings.HasPrefix(word, "-") {
		return word
	}
	if at := strings.IndexAny(word, "= \t"); at >= 0 {
		return word[:at]
	}
	return word
}

// apply replaces the groups of base that the override names, in place, and
// appends the others.
func apply(base, override []flag) []flag {
	replaced := map[string]bool{}
	latest := map[string]flag{}
	for _, f := range override {
		latest[f.key] = f
	}
	out := make([]flag, 0, len(base)+len(override))
	for _, f := range base {
		o, found := latest[f.key]
		switch {
		case !found:
			out = append(out, f)
		case !replaced[f.key]:
			out = append(out, o)
			replaced[f.key] = true
		}
	}
	for _, f := range override {
		if !replaced[f.key] {
			out = append(out, latest[f.key])
			replaced[f.key] = true
		}
	}
	return out
}

func flatten(groups []flag) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.words...)
	}
	return out
}

// SetNumber gives the first of the flag's aliases that is present the number
// n, in args or else in the command. It never adds a flag. It reports the
// alias that it found, empty for none.
func SetNumber(args, command, aliases []string, n int64) (newArgs, newCommand []string, found string) {
	for _, alias := range aliases {
		if out, ok := setIn(args, alias, n); ok {
			return out, command, alias
		}
	}
	for _, alias := range aliases {
		if out, ok := setIn(command, alias, n); ok {
			return args, out, alias
		}
	}
	return args, command, ""
}

// setIn sets one alias in a list of words.
func setIn(list []string, alias string, n int64) ([]string, bool) {
	number := strconv.FormatInt(n, 10)
	for i, word := range list {
		switch {
		case word == alias && i+1 < len(list):
			return with(list, i+1, number), true
		case strings.HasPrefix(word, alias+"="):
			return with(list, i, alias+"="+number), true
		case strings.ContainsAny(word, " \t\n"):
			if text, ok := setInText(word, alias, number); ok {
				return with(list, i, text), true
			}
		}
	}
	return list, false
}

// setInText sets every use of a flag in a line or a script.
func setInText(text, alias, number string) (string, bool) {
	use := regexp.MustCompile(`(^|\s)` + regexp.QuoteMeta(alias) + `(=|[ \t]+)(\$\([^)\s]*\)|[^\s\\]+)`)
	if !use.MatchString(text) {
		return text, false
	}
	return use.ReplaceAllString(text, "${1}"+alias+"="+number), true
}

func with(list []string, at int, word string) []string {
	out := append([]string(nil), list...)
	out[at] = word
	return out
}
