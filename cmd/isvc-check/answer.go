package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"

	protocol "github.com/isvc-io/isvc/cmd/isvc/check"
)

// answer answers the requests of a stream, several at once and in their order.
func (c *checker) answer(in io.Reader, out io.Writer) error {
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c.hello()); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	results := make(chan chan protocol.Result, 16*workers)
	failed := make(chan error, 1)
	go func() {
		defer close(results)
		failed <- c.startAll(in, results, make(chan struct{}, workers))
	}()
	var broken error
	for result := range results {
		answered := <-result
		if broken != nil {
			continue
		}
		broken = encoder.Encode(answered)
		if broken == nil && len(results) == 0 { // isvc waits for what is buffered
			broken = buffered.Flush()
		}
	}
	return errors.Join(<-failed, broken, buffered.Flush())
}

// startAll starts to answer each request of a stream, as many at once as running has room for.
func (c *checker) startAll(in io.Reader, results chan<- chan protocol.Result, running chan struct{}) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var asked protocol.Request
			if err := json.Unmarshal(line, &asked); err != nil {
				return fmt.Errorf("line %d is no request: %w", number, err)
			}
			result := make(chan protocol.Result, 1)
			results <- result
			running <- struct{}{}
			go func() {
				result <- c.check(asked.Object)
				<-running
			}()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read line %d: %w", number, err)
		}
	}
}

func (c *checker) hello() protocol.Hello {
	hello := protocol.Hello{Protocol: protocol.Version, Program: version, Kubernetes: kubernetesVersion(), Kinds: map[string]string{}}
	for kind := range c.builtIns {
		hello.Kinds[string(kind)] = kubernetesName()
	}
	for kind, known := range c.definitions {
		hello.Kinds[string(kind)] = known.by
	}
	return hello
}

// describe says for people what can be checked.
func (c *checker) describe(out io.Writer) error {
	hello := c.hello()
	text := fmt.Sprintf("isvc-check %s, protocol %d\n", hello.Program, hello.Protocol)
	for _, kind := range slices.Sorted(maps.Keys(hello.Kinds)) {
		text += fmt.Sprintf("%s by %s\n", kind, hello.Kinds[kind])
	}
	_, err := io.WriteString(out, text)
	return err
}
