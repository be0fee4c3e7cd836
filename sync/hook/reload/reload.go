// Package reload follows files: a value that was read from them is read again when they change.
// Files that turn bad leave the last good value in force.
package reload

import (
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"
)

// DefaultPoll is how often the content of files is looked at.
const DefaultPoll = 5 * time.Second

// Options configure Watch.
type Options struct {
	// Poll is how old a value may be, DefaultPoll when 0.
	Poll time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives changes, and a failure once; nil means slog.Default.
	Logger *slog.Logger
	// Failed is called for each attempt to take over files that failed, except the first, which
	// Watch reports; nil means that they are not counted.
	Failed func()
}

// WatchFiles reads files and returns a function that returns what they were parsed to, after a look
// at the files when the last one is older than Options.Poll. The name is what the log calls the
// value.
//
// The error says why there is no value to begin with.
func WatchFiles[Content, Value any](
	name string, read func() (Content, error), parse func(Content) (Value, error), options Options,
) (get func() Value, err error) {
	w := &watch[Content, Value]{Options: options, name: name, read: read, parse: parse}
	if w.Poll <= 0 {
		w.Poll = DefaultPoll
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Logger == nil {
		w.Logger = slog.Default()
	}
	if w.Failed == nil {
		w.Failed = func() {}
	}
	w.checked = w.Now()
	if w.content, err = read(); err == nil {
		w.value, err = parse(w.content)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot load the %s: %w", name, err)
	}
	return w.currentValue, nil
}

// watch is a value that follows files.
type watch[Content, Value any] struct {
	Options
	name  string
	read  func() (Content, error)
	parse func(Content) (Value, error)

	mutex   sync.Mutex
	content Content
	value   Value
	failure string
	checked time.Time
}

func (w *watch[Content, Value]) currentValue() Value {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if now := w.Now(); now.Sub(w.checked) >= w.Poll {
		w.checked = now
		w.logReload(w.reloadIfChanged())
	}
	return w.value
}

// reloadIfChanged takes over the content of the files if it changed.
func (w *watch[Content, Value]) reloadIfChanged() (changed bool, err error) {
	content, err := w.read()
	if err != nil || reflect.DeepEqual(content, w.content) {
		return false, err
	}
	value, err := w.parse(content)
	if err != nil {
		return false, err
	}
	w.content, w.value = content, value
	return true, nil
}

// logReload writes what reloadIfChanged found, a failure only when it is a new one.
func (w *watch[Content, Value]) logReload(changed bool, err error) {
	if err != nil {
		w.Failed()
	}
	switch {
	case err != nil && err.Error() != w.failure:
		w.failure = err.Error()
		w.Logger.Error("cannot reload, the last good one stays in force", "what", w.name, "error", w.failure)
	case err == nil:
		if changed || w.failure != "" {
			w.Logger.Info("reloaded", "what", w.name)
		}
		w.failure = ""
	}
}
