package args

import "strings"

// Flag is one flag with all that is said about it, for people.
type Flag struct {
	// Key is the flag, such as "--tp-size", or the whole word where it is none.
	Key string
	// Text is the flag with its value as they are written; uses of a flag that
	// is repeated are joined by spaces.
	Text string
	// Uses is how often the flag is given.
	Uses int
}

// Flags lists what arguments say, in order, each flag once. Scripts are read
// line by line.
func Flags(list []string) []Flag {
	var out []Flag
	position := map[string]int{}
	for _, g := range group(words(list)) {
		text := strings.Join(g.words, " ")
		at, known := position[g.key]
		if !known {
			position[g.key] = len(out)
			out = append(out, Flag{Key: g.key, Text: text, Uses: 1})
			continue
		}
		out[at].Text += " " + text
		out[at].Uses++
	}
	return out
}

// Serving is the command that serves, without what a script does before: the
// words of the last command of a script, else the arguments as they are.
func Serving(list []string) []string {
	at := scriptAt(list)
	if at < 0 {
		return list
	}
	_, command := lastCommand(list[at])
	return words([]string{command})
}
