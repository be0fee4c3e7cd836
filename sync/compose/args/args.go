// Package args changes the arguments of a server: a list of words, or a shell script in one of the
// words, as OME's runtimes use both.
//
// A flag and its value form a group, "--flag=value" or "--flag value". An override replaces the
// group of its flag where it stands and is appended where there is none.
//
// Parsers of flags need the definitions of a program's flags, and shell parsers rewrite what they
// did not understand. Here the flags of any server are changed and every other word stays as it is.
package args

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Override returns the arguments and the command of a server with the flags of the override set.
//
//	[--tp 4 --x] + [--tp 8 --new] = [--tp 8 --x --new]
//
// Where a word is a shell script, the flags of its last command are changed; continued lines are
// written one flag a line. Repeated flags that are not overridden stay repeated.
func Override(command, args, override []string) (newCommand, newArgs []string) {
	override = splitLines(override)
	inShell := scriptOfShell(slices.Concat(command, args))
	switch at := scriptAt(args); {
	case len(override) == 0:
		return command, args
	case inShell >= 0 && inShell < len(command):
		return replaceWord(command, inShell, overrideScript(command[inShell], override)), args
	case len(args) == 0:
		return command, override
	case at >= 0:
		return command, replaceWord(args, at, overrideScript(args[at], override))
	case inShell >= 0:
		at = inShell - len(command)
		return command, replaceWord(args, at, overrideScript(args[at], override))
	default:
		return command, joinGroups(overrideGroups(groupFlags(args), groupFlags(override)))
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
	if !strings.ContainsAny(strings.TrimSpace(script), "\n\\") {
		return overrideLine(script, override)
	}
	before, command := cutLastCommand(script)
	groups := overrideGroups(groupFlags(splitLines([]string{command})), groupFlags(override))
	return before + strings.Join(joinGroups(groups), " \\\n")
}

// cutLastCommand splits a script before its last command, which begins after the last line that
// does not continue.
func cutLastCommand(script string) (before, command string) {
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

// splitLines splits scripts into their lines without continuation marks, and drops empty ones.
func splitLines(args []string) []string {
	var out []string
	for _, arg := range args {
		for _, line := range linesOfWord(arg) {
			if line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

func linesOfWord(arg string) []string {
	if !strings.ContainsAny(arg, "\n\\") {
		return []string{strings.TrimSpace(arg)}
	}
	lines := strings.Split(arg, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(line), "\\"))
	}
	return lines
}

// flagGroup is a flag with its value, or a word that is not a flag.
type flagGroup struct {
	flag  string
	words []string
}

// groupFlags joins each flag with the value that follows it.
func groupFlags(args []string) []flagGroup {
	var out []flagGroup
	for i := 0; i < len(args); i++ {
		group := flagGroup{flag: flagOfWord(args[i]), words: args[i : i+1]}
		if valueIsNextWord(args, i) {
			group.words = args[i : i+2]
			i++
		}
		out = append(out, group)
	}
	return out
}

// valueIsNextWord reports whether the word at a position is a flag whose value is the next word.
func valueIsNextWord(args []string, i int) bool {
	word := args[i]
	return strings.HasPrefix(word, "-") && !strings.ContainsAny(word, "= \t") &&
		i+1 < len(args) && !looksLikeFlag(args[i+1])
}

// looksLikeFlag distinguishes a flag from a value; a negative number is a value.
func looksLikeFlag(word string) bool {
	if !strings.HasPrefix(word, "-") {
		return false
	}
	_, err := strconv.ParseFloat(word, 64)
	return err != nil
}

// flagOfWord is the name of the flag in a word, or the whole word where it is no flag.
func flagOfWord(word string) string {
	if !strings.HasPrefix(word, "-") {
		return word
	}
	if at := strings.IndexAny(word, "= \t"); at >= 0 {
		return word[:at]
	}
	return word
}

// overrideGroups replaces the groups of base that the override names, in place, and appends the
// others.
func overrideGroups(base, override []flagGroup) []flagGroup {
	replaced := map[string]bool{}
	latest := map[string]flagGroup{}
	for _, group := range override {
		latest[group.flag] = group
	}
	out := make([]flagGroup, 0, len(base)+len(override))
	for _, group := range base {
		replacement, found := latest[group.flag]
		switch {
		case !found:
			out = append(out, group)
		case !replaced[group.flag]:
			out = append(out, replacement)
			replaced[group.flag] = true
		}
	}
	for _, group := range override {
		if !replaced[group.flag] {
			out = append(out, latest[group.flag])
			replaced[group.flag] = true
		}
	}
	return out
}

func joinGroups(groups []flagGroup) []string {
	var words []string
	for _, group := range groups {
		words = append(words, group.words...)
	}
	return words
}

// SetNumber gives the first of a flag's aliases that is present in a list of words the number n. It
// never adds a flag. It also returns the alias, or "" where none is present.
func SetNumber(words, aliases []string, n int64) (newWords []string, alias string) {
	for _, alias := range aliases {
		if newWords, found := setNumberOfAlias(words, alias, n); found {
			return newWords, alias
		}
	}
	return words, ""
}

func setNumberOfAlias(words []string, alias string, n int64) ([]string, bool) {
	number := strconv.FormatInt(n, 10)
	for i, word := range words {
		switch {
		case word == alias && i+1 < len(words):
			return replaceWord(words, i+1, number), true
		case strings.HasPrefix(word, alias+"="):
			return replaceWord(words, i, alias+"="+number), true
		case strings.ContainsAny(word, " \t\n"):
			if text, found := setNumberInScript(word, alias, number); found {
				return replaceWord(words, i, text), true
			}
		}
	}
	return words, false
}

// setNumberInScript sets every use of a flag in a line or a script.
func setNumberInScript(text, alias, number string) (string, bool) {
	use := regexp.MustCompile(`(^|\s)` + regexp.QuoteMeta(alias) + `(=|[ \t]+)(\$\([^)\s]*\)|[^\s\\]+)`)
	if !use.MatchString(text) {
		return text, false
	}
	return use.ReplaceAllString(text, "${1}"+alias+"="+number), true
}

// replaceWord returns a copy of a list with one word replaced.
func replaceWord(list []string, at int, word string) []string {
	out := append([]string(nil), list...)
	out[at] = word
	return out
}
