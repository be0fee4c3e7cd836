package cluster

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is how Linux counts processor time in /proc, on every architecture that Go runs on.
const ticksPerSecond = 100

// ProcessorTimes are the seconds of processor time of the programs that run, by their names: those of the
// control plane, and those of Run.
func (c *Cluster) ProcessorTimes() (map[string]time.Duration, error) {
	times := map[string]time.Duration{}
	for _, p := range c.running {
		select {
		case <-p.ended:
			continue
		default:
		}
		used, err := processorTime(p.group)
		if err != nil {
			return nil, fmt.Errorf("cannot read the processor time of %s: %w", p.name, err)
		}
		times[p.name] = used
	}
	return times, nil
}

// processorTime is what a process has used, in user mode and in the kernel.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program, in parentheses, may contain anything; what follows it is numbers.
	_, numbers, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(numbers)
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}
