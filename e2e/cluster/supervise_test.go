package cluster

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStopLeavesNeitherProcessesNorFiles(t *testing.T) {
	s, err := supervise()
	require.NoError(t, err)
	p, err := s.start("parent", "sh", "-c", "sleep 100 & wait")
	require.NoError(t, err)
	require.NoError(t, s.failed())
	require.NoError(t, s.stop())
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		t.Fatal("the program still runs")
	}
	assert.Eventually(t, func() bool { return syscall.Kill(-p.group, 0) == syscall.ESRCH }, 5*time.Second, 10*time.Millisecond,
		"what the program started still runs")
	_, err = os.Stat(s.folder)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAProgramThatEndsIsReportedWithItsLog(t *testing.T) {
	s, err := supervise()
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.stop()) }()
	p, err := s.start("brief", "sh", "-c", "echo out of memory; exit 3")
	require.NoError(t, err)
	<-p.ended
	assert.ErrorContains(t, s.failed(), "brief ended: exit status 3\nout of memory")
}

func TestAProgramThatWasStoppedIsNoFailure(t *testing.T) {
	s, err := supervise()
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.stop()) }()
	p, err := s.start("long", "sleep", "100")
	require.NoError(t, err)
	p.stop()
	assert.NoError(t, s.failed())
}
