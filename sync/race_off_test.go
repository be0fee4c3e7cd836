//go:build !race

package sync_test

// slowdown is how many times slower the race detector makes a test at most; it is off here.
const slowdown = 1
