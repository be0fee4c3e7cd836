package hook

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/isvc-io/isvc/sync/load"
)

// DefaultPoll is how often the content of watched files is looked at.
const DefaultPoll = 5 * time.Second

// Watched is a value that comes from files and follows them. Files that turn
// bad leave the last good value in force, and the log says so once.
type Watched[T any] struct {
	name  string
	read  func() ([]load.File, error)
	parse func([]load.File) (T, error)
	poll  time.Duration
	now   func() time.Time
	log   *slog.Logger
	fail  func()

	mutex   sync.Mutex
	value   T
	digest  [sha256.Size]byte
	failure string
	checked time.Time
}

// WatchOptions configure Watch.
type WatchOptions struct {
	// Poll is how old a value may be, DefaultPoll when 0.
	Poll time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told of changes; nil means slog.Default.
	Logger *slog.Logger
	// Failed is called for each attempt to take over files that failed, except
	// the first, which Watch reports; nil means that nobody counts.
	Failed func()
}

// Watch reads a value for the first time. The name is what the log calls it.
// The error says why there is no value to begin with.
func Watch[T any](name string, read func() ([]load.File, error), parse func([]load.File) (T, error), options WatchOptions) (*Watched[T], error) {
	w := &Watched[T]{name: name, read: read, parse: parse, poll: options.Poll, now: options.Now, log: options.Logger, fail: options.Failed}
	if w.poll <= 0 {
		w.poll = DefaultPoll
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.log == nil {
		w.log = slog.Default()
	}
	if w.fail == nil {
		w.fail = func() {}
	}
	w.checked = w.now()
	if _, err := w.refresh(); err != nil {
		return nil, fmt.Errorf("cannot load the %s: %w", name, err)
	}
	return w, nil
}

// Get returns the value in force, after a look at the files when the last one
// is too long ago.
func (w *Watched[T]) Get() T {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if now := w.now(); now.Sub(w.checked) >= w.poll {
		w.checked = now
		w.report(w.refresh())
	}
	return w.value
}

// refresh takes over the content of the files if it changed.
func (w *Watched[T]) refresh() (changed bool, err error) {
	files, err := w.read()
	if err != nil {
		return false, err
	}
	digest := digestOf(files)
	if digest == w.digest {
		return false, nil
	}
	value, err := w.parse(files)
	if err != nil {
		return false, err
	}
	w.value, w.digest = value, digest
	return true, nil
}

// report writes what refresh found, a failure only when it is a new one.
func (w *Watched[T]) report(changed bool, err error) {
	if err != nil {
		w.fail()
	}
	switch {
	case err != nil && err.Error() != w.failure:
		w.failure = err.Error()
		w.log.Error("cannot reload, the last good one stays in force", "what", w.name, "error", w.failure)
	case err == nil:
		if changed || w.failure != "" {
			w.log.Info("reloaded", "what", w.name)
		}
		w.failure = ""
	}
}

// digestOf tells contents apart.
func digestOf(files []load.File) [sha256.Size]byte {
	hash := sha256.New()
	for _, file := range files {
		for _, part := range [][]byte{[]byte(file.Name), file.Data} {
			hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			hash.Write(part)
		}
	}
	hash.Write([]byte{1}) // no files differ from nothing read yet
	return [sha256.Size]byte(hash.Sum(nil))
}

// ReadFiles returns a reader of the named files, in that order.
func ReadFiles(paths ...string) func() ([]load.File, error) {
	return func() ([]load.File, error) {
		files := make([]load.File, 0, len(paths))
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			files = append(files, load.File{Name: path, Data: data})
		}
		return files, nil
	}
}
