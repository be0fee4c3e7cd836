//go:build race

package sync_test

// slowdown is how many times slower the race detector makes a test at most.
const slowdown = 10
