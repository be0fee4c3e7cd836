package check

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// ProgramName is the name of the program.
const ProgramName = "isvc-check"

// FindProgram returns the path of isvc-check: beside this program, or in PATH; empty where it is in neither.
func FindProgram() string {
	name := ProgramName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(own); err == nil {
			own = resolved
		}
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && !info.IsDir() {
			return beside
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// Program is isvc-check while it runs. It is for several goroutines.
type Program struct {
	Hello
	command *exec.Cmd
	stderr  *bytes.Buffer
	input   io.WriteCloser
	// sending guards the order of requests and of those who wait for their results.
	sending sync.Mutex
	waiting chan chan<- outcome
	// done is closed when nothing more is read.
	done chan struct{}
	// wait waits until the program has ended. What it wrote to standard error is whole only then.
	wait func() error
}

// outcome is a result, or why there is none.
type outcome struct {
	result Result
	err    error
}

// maxWaiting is how many requests may wait for their results.
const maxWaiting = 4096

// Start starts the program at a path and reads what it can check.
func Start(ctx context.Context, path string) (*Program, error) {
	p := &Program{
		command: exec.CommandContext(ctx, path), stderr: &bytes.Buffer{},
		waiting: make(chan chan<- outcome, maxWaiting), done: make(chan struct{}),
	}
	p.command.Stderr = p.stderr
	p.wait = sync.OnceValue(p.command.Wait)
	input, err := p.command.StdinPipe()
	if err != nil {
		return nil, p.failure(err)
	}
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, p.failure(err)
	}
	if err := p.command.Start(); err != nil {
		return nil, p.failure(err)
	}
	p.input = input
	decoder := json.NewDecoder(bufio.NewReader(output))
	if err := decoder.Decode(&p.Hello); err != nil {
		_ = p.wait() // what it wrote says more
		return nil, p.failure(err)
	}
	if p.Protocol != Version {
		_ = input.Close()
		_ = p.wait() // it was not asked anything
		return nil, fmt.Errorf("%s speaks version %d of the protocol, and this program version %d: install both of one release", path, p.Protocol, Version)
	}
	go p.deliverResults(decoder, output)
	return p, nil
}

// failure is an error of the program, with what it wrote.
func (p *Program) failure(err error) error {
	if text := strings.Join(strings.Fields(p.stderr.String()), " "); text != "" {
		err = errors.New(strings.TrimPrefix(text, ProgramName+": "))
	}
	return fmt.Errorf("cannot run %s: %w", p.command.Path, err)
}

// deliverResults hands the results to those who wait for them, in the order of the requests.
func (p *Program) deliverResults(decoder *json.Decoder, output io.Reader) {
	defer close(p.done)
	var broken error
	for to := range p.waiting {
		var result Result
		if broken == nil {
			if broken = decoder.Decode(&result); broken != nil {
				_ = p.input.Close()                // it is asked nothing more, and ends
				_, _ = io.Copy(io.Discard, output) // it may be writing still
				_ = p.wait()                       // what it wrote to standard error says more
			}
		}
		to <- outcome{result, broken}
	}
}

// Check returns what a cluster would say to objects that are created, a result for each.
func (p *Program) Check(objects []json.RawMessage) ([]Result, error) {
	outcomes := make(chan outcome, len(objects))
	if err := p.send(objects, outcomes); err != nil {
		return nil, err
	}
	results := make([]Result, 0, len(objects))
	for range objects {
		got := <-outcomes
		if got.err != nil {
			return nil, p.failure(got.err)
		}
		results = append(results, got.result)
	}
	return results, nil
}

// send writes requests and says who waits for their results. Those who wait are told first, because
// the program answers while it reads.
func (p *Program) send(objects []json.RawMessage, outcomes chan<- outcome) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, object := range objects {
		if err := encoder.Encode(Request{Object: object}); err != nil {
			return fmt.Errorf("cannot write a request to %s: %w", ProgramName, err)
		}
	}
	p.sending.Lock()
	defer p.sending.Unlock()
	for range objects {
		p.waiting <- outcomes
	}
	// An error of the pipe shows in the results, with what the program wrote.
	_, _ = p.input.Write(lines.Bytes())
	return nil
}

// Stop ends the program after it has answered everything.
func (p *Program) Stop() error {
	close(p.waiting)
	_ = p.input.Close() // the end of the program says whether it worked
	<-p.done
	if err := p.wait(); err != nil {
		return p.failure(err)
	}
	return nil
}
