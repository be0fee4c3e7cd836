package sync_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the heap of the tests grow further than that of a program before it is collected:
// almost nothing that they make stays, and a fifth of their time would go into looking for it.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
	os.Exit(m.Run())
}
