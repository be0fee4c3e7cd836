package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pageBlock is a block of a page: commands that people type, and what the page says that they see.
type pageBlock struct {
	commands []string
	seen     string
}

// standIn is what is typed in the place of a command of a page, nothing where it cannot run here; or what is seen
// in the place of a text that the page shows.
type standIn struct{ typed, why string }

// edit is how a command of a page is typed here, and why.
type edit struct {
	change func(command string) string
	why    string
}

// replace changes a part of a command.
func replace(before, after string) func(string) string {
	return func(command string) string { return strings.ReplaceAll(command, before, after) }
}

// nothing is typed in the place of a command that cannot run here.
func nothing(string) string { return "" }

// edited are the commands of a page whose beginnings are the keys of some edits, as they are typed here.
func edited(t *testing.T, page string, edits map[string]edit) map[string]standIn {
	t.Helper()
	instead := map[string]standIn{}
	blocks := readPage(t, page)
	for beginning, other := range edits {
		before := len(instead)
		for _, block := range blocks {
			for _, command := range block.commands {
				if strings.HasPrefix(command+"\n", beginning) {
					instead[command] = standIn{other.change(command), other.why}
					assert.NotEqual(t, command, instead[command].typed, "%s: the edit changes nothing", page)
				}
			}
		}
		assert.Greater(t, len(instead), before, "%s has no command that begins with %s", page, beginning)
	}
	return instead
}

var fencedBlockOrHeading = regexp.MustCompile("(?ms)^( *)```([^\n]*)\n(.*?)^ *```$|^#+ [^\n]*$")

// readPage returns the commands of a page in their order, and what is seen of them. A text before the first command
// of a section is the usage of a command.
func readPage(t *testing.T, name string) (blocks []pageBlock) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../docs", name))
	require.NoError(t, err)
	isNewSection := true
	for _, found := range fencedBlockOrHeading.FindAllStringSubmatch(string(text), -1) {
		content := strings.TrimPrefix(strings.ReplaceAll("\n"+found[3], "\n"+found[1], "\n"), "\n")
		switch {
		case strings.HasPrefix(found[0], "#"):
			isNewSection = true
		case found[2] == "sh":
			blocks = append(blocks, pageBlock{commands: splitCommands(t, content)})
			isNewSection = false
		case found[2] == "text" && !isNewSection:
			blocks[len(blocks)-1].seen += content
		}
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// partOfPage is what a page has between two texts.
func partOfPage(t *testing.T, page, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../docs", page))
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), from)
	require.True(t, found, "%s has no %s", page, from)
	part, _, found := strings.Cut(after, to)
	require.True(t, found, "%s has no %s after %s", page, to, from)
	return part
}

// splitCommands splits what is typed where the shell would begin to run it.
func splitCommands(t *testing.T, text string) (commands []string) {
	t.Helper()
	command := ""
	for line := range strings.Lines(text) {
		command += line
		if !strings.HasSuffix(line, "\\\n") && exec.Command("bash", "-n", "-c", command).Run() == nil {
			commands = append(commands, strings.TrimSpace(command))
			command = ""
		}
	}
	require.Empty(t, command, "the shell waits for the rest")
	return commands
}

var assignment = regexp.MustCompile(`^[A-Za-z]+=`)

// follows types the commands of a page. What the page shows must be seen, and every stand-in must stand for a
// command of the page or for a text that it shows.
func (c *terminal) follows(t *testing.T, page string, instead map[string]standIn) {
	t.Helper()
	used, typed, assigned := map[string]bool{}, 0, ""
	for _, block := range readPage(t, page) {
		output, complete := "", true
		for text, other := range instead {
			if strings.Contains(block.seen, text) {
				used[text] = true
				block.seen = strings.Replace(block.seen, text, other.typed, 1)
			}
		}
		for _, command := range block.commands {
			if other, known := instead[command]; known {
				used[command] = true
				complete = complete && other.typed != ""
				command = other.typed
			}
			if assignment.MatchString(command) {
				assigned += command + "\n"
				continue
			}
			if command != "" {
				typed++
				output += c.sees(t, assigned+command)
			}
		}
		if complete {
			c.looksLike(t, block.seen, output)
		}
	}
	for command := range instead {
		assert.True(t, used[command], "%s has neither a command nor an output\n%s", page, command)
	}
	numbers.record("commands of docs/"+page, "%d typed, %d with a stand-in, %d that cannot run here", typed, standsFor(instead), len(instead)-standsFor(instead))
}

func standsFor(instead map[string]standIn) (typed int) {
	for _, other := range instead {
		if other.typed != "" {
			typed++
		}
	}
	return typed
}

// moments are what differs from run to run.
var moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b\d+[smhd](\d+[smh])?\b|\bv1\.\d+\.\d+\b`)

// looksLike compares what a page shows with what is seen: line by line, but that a line of three dots stands for
// any lines. Times and the version of Kubernetes may differ.
func (c *terminal) looksLike(t *testing.T, shown, seen string) {
	t.Helper()
	pattern := ""
	for line := range strings.Lines(moments.ReplaceAllString(shown, "MOMENT")) {
		if line = strings.TrimRight(line, " \n"); line == "..." {
			pattern += `(?:.*\n)*?`
			continue
		}
		pattern += regexp.QuoteMeta(line) + ` *\n`
	}
	assert.Regexp(t, `(?m)^`+pattern, moments.ReplaceAllString(seen, "MOMENT"))
}
