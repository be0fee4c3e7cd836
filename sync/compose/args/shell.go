package args

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A shell runs the word after an option with a "c", such as "bash -lc -- SCRIPT".
var (
	shells       = []string{"sh", "bash", "ash", "dash", "zsh"}
	scriptOption = regexp.MustCompile(`^-[a-zA-Z]*c[a-zA-Z]*$`)
)

// scriptOfShell returns the position of the script that a shell among the words runs, or -1.
func scriptOfShell(words []string) int {
	for i, word := range words {
		if !slices.Contains(shells, path.Base(word)) {
			continue
		}
		runsScript := false
		for j := i + 1; j < len(words); j++ {
			if !strings.HasPrefix(words[j], "-") {
				if runsScript {
					return j
				}
				break
			}
			runsScript = runsScript || scriptOption.MatchString(words[j])
		}
	}
	return -1
}

// Where a command of a line ends and another begins, and where what follows is no argument any more.
var (
	nextCommand  = []string{"&&", "||", ";"}
	endOfCommand = regexp.MustCompile(`^(\||&|[0-9]*[<>].*)$`)
)

// overrideLine changes the flags of the last command of a script of one line.
func overrideLine(script string, override []string) string {
	words := shellWords(script)
	start := 0
	for i, word := range words {
		if slices.Contains(nextCommand, word) || strings.HasSuffix(word, ";") {
			start = i + 1
		}
	}
	end := len(words)
	if at := slices.IndexFunc(words[start:], endOfCommand.MatchString); at >= 0 {
		end = start + at
	}
	changed := joinGroups(overrideGroups(groupFlags(words[start:end]), groupFlags(override)))
	return strings.Join(slices.Concat(words[:start], changed, words[end:]), " ")
}

// shellWords splits a line at the blanks outside of quotes and of "$(...)". The words keep their quotes.
func shellWords(line string) []string {
	var words []string
	var quote rune
	depth, begin := 0, -1
	for i, r := range line {
		isBlank := (r == ' ' || r == '\t') && quote == 0 && depth == 0
		switch {
		case isBlank && begin >= 0:
			words, begin = append(words, line[begin:i]), -1
		case isBlank:
		case begin < 0:
			begin = i
		}
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		}
	}
	if begin >= 0 {
		words = append(words, line[begin:])
	}
	return words
}
