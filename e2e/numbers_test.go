package e2e

import (
	"fmt"
	"io"
	"sync"
	"testing"
)

// numbers are what the tests measured.
var numbers ledger

// ledger keeps measurements in the order of their first mention. A name that is
// recorded again replaces its value, one that is counted adds to it.
type ledger struct {
	mutex  sync.Mutex
	names  []string
	values map[string]string
	counts map[string]int
}

func (l *ledger) record(name, format string, args ...any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.mention(name)
	l.values[name] = fmt.Sprintf(format, args...)
}

func (l *ledger) count(name string, n int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.mention(name)
	l.counts[name] += n
	l.values[name] = fmt.Sprint(l.counts[name])
}

// countPass counts a test that has not failed so far.
func countPass(t *testing.T, name string) {
	if !t.Failed() {
		numbers.count(name, 1)
	}
}

func (l *ledger) mention(name string) {
	if l.values == nil {
		l.values, l.counts = map[string]string{}, map[string]int{}
	}
	if _, known := l.values[name]; !known {
		l.names = append(l.names, name)
	}
}

func (l *ledger) print(w io.Writer) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	fmt.Fprintln(w, "e2e: the numbers")
	for _, name := range l.names {
		fmt.Fprintf(w, "  %-58s %s\n", name, l.values[name])
	}
}
