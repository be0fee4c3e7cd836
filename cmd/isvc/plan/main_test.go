package plan_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: almost nothing that the tests make stays.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
