package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal opens a terminal of so many columns: what is written to it, output reads.
func openTerminal(t *testing.T, columns uint16) (terminal *os.File, output func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals can be opened here: ", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	require.NoError(t, unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns}))
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(master) // ends with an error when the terminal is closed
		read <- string(text)
	}()
	return terminal, func() string {
		_ = terminal.Close()
		defer func() { _ = master.Close() }()
		return <-read
	}
}

// TestPlanOnATerminal: the plan has the width of the terminal and colours, and while it is made, progress is
// shown and removed.
func TestPlanOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	services := []string{model, servingRuntime}
	for i := range 40 {
		services = append(services, strings.Replace(chat, "name: chat", fmt.Sprintf("name: chat-%02d", i), 1))
	}
	is := folder(t, map[string]string{"is.yaml": strings.Join(services, "---\n")})
	edit := filepath.Join(folder(t, map[string]string{"edit.yaml": nextImage}), "edit.yaml")
	out, outText := openTerminal(t, 90)
	messages, messagesText := openTerminal(t, 90)
	code := runCommandLine([]string{"isvc", "plan", "-f", is, "--with", edit}, streams{in: strings.NewReader(""), out: out, err: messages})
	assert.Equal(t, exitOK, code)

	text := outText()
	assert.Contains(t, text, "\x1b[1m40 of 40 services change: 40 rolling.", "the first line is bold")
	for _, line := range strings.Split(regexp.MustCompile(`\x1b\[[0-9]*m`).ReplaceAllString(text, ""), "\r\n") {
		assert.LessOrEqual(t, len([]rune(line)), 90, line)
	}
	assert.Regexp(t, `^(\r[0-9]+ of 40 services)+\r\x1b\[K$`, messagesText(), "progress, and nothing is left of it")
}
