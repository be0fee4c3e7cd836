package cluster

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcessorTime compares with what the system says of this process.
func TestProcessorTime(t *testing.T) {
	rounds := 0
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		rounds++
	}
	require.Positive(t, rounds)
	used, err := processorTime(os.Getpid())
	require.NoError(t, err)
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	asked := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	assert.InDelta(t, asked.Seconds(), used.Seconds(), 0.1)
	assert.Positive(t, used)
}
