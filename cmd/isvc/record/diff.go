package record

import "strings"

// context is how many lines around a change are shown.
const context = 3

// maxCells bounds the memory of a comparison. Texts beyond it are shown whole.
const maxCells = 4_000_000

// edit is a line and where it is: ' ' in both texts, '-' in the old one only,
// '+' in the new one only.
type edit struct {
	sign byte
	line string
}

// diff shows how a text became another. Where lines were left out there is a
// line with "...".
func diff(old, now []string) string {
	edits := compare(old, now)
	var out strings.Builder
	left := false
	for i, e := range edits {
		if e.sign == ' ' && !nearChange(edits, i) {
			left = true
			continue
		}
		if left {
			out.WriteString("...\n")
			left = false
		}
		out.WriteByte(e.sign)
		out.WriteString(e.line + "\n")
	}
	return out.String()
}

func nearChange(edits []edit, at int) bool {
	for i := max(0, at-context); i <= min(len(edits)-1, at+context); i++ {
		if edits[i].sign != ' ' {
			return true
		}
	}
	return false
}

// compare finds the shortest way from one text to the other.
func compare(old, now []string) []edit {
	start, end := common(old, now)
	edits := marked(' ', old[:start])
	edits = append(edits, middle(old[start:len(old)-end], now[start:len(now)-end])...)
	return append(edits, marked(' ', old[len(old)-end:])...)
}

// common counts the lines that are the same at the start and at the end.
func common(old, now []string) (start, end int) {
	shorter := min(len(old), len(now))
	for start < shorter && old[start] == now[start] {
		start++
	}
	for end < shorter-start && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	return start, end
}

func marked(sign byte, lines []string) []edit {
	edits := make([]edit, 0, len(lines))
	for _, line := range lines {
		edits = append(edits, edit{sign, line})
	}
	return edits
}

// middle compares by the longest common subsequence.
func middle(old, now []string) []edit {
	if len(old)*len(now) > maxCells {
		return append(marked('-', old), marked('+', now)...)
	}
	length := subsequences(old, now)
	var edits []edit
	i, j := 0, 0
	for i < len(old) && j < len(now) {
		switch {
		case old[i] == now[j]:
			edits = append(edits, edit{' ', old[i]})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			edits = append(edits, edit{'-', old[i]})
			i++
		default:
			edits = append(edits, edit{'+', now[j]})
			j++
		}
	}
	edits = append(edits, marked('-', old[i:])...)
	return append(edits, marked('+', now[j:])...)
}

// subsequences has, for each pair of positions, the length of the longest
// common subsequence of what follows them.
func subsequences(old, now []string) [][]int32 {
	length := make([][]int32, len(old)+1)
	length[len(old)] = make([]int32, len(now)+1)
	for i := len(old) - 1; i >= 0; i-- {
		length[i] = make([]int32, len(now)+1)
		for j := len(now) - 1; j >= 0; j-- {
			if old[i] == now[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return length
}
