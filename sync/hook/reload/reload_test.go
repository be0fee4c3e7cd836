package reload_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/hook/reload"
)

func TestAWatchedValueFollowsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	now, failures := time.Unix(0, 0), 0
	var log bytes.Buffer
	options := reload.Options{Failed: func() { failures++ },
		Poll: time.Second, Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	_, err := reload.WatchToken(path, options)
	require.ErrorContains(t, err, "cannot load the token: ")
	write(" \n")
	_, err = reload.WatchToken(path, options)
	require.ErrorContains(t, err, "is empty: it must hold the bearer token")

	write("one\n")
	token, err := reload.WatchToken(path, options)
	require.NoError(t, err)
	assert.Equal(t, "one", token())

	write("two")
	assert.Equal(t, "one", token(), "files are not read for each call")
	now = now.Add(time.Second)
	assert.Equal(t, "two", token())
	assert.Equal(t, 1, strings.Count(log.String(), "reloaded"))

	for range 3 {
		write("")
		now = now.Add(time.Second)
		assert.Equal(t, "two", token(), "a broken file changes nothing")
	}
	assert.Equal(t, 1, strings.Count(log.String(), "cannot reload"), "a failure is reported once")
	assert.Equal(t, 3, failures, "and counted each time")

	write("three")
	now = now.Add(time.Second)
	assert.Equal(t, "three", token())
	assert.Equal(t, 2, strings.Count(log.String(), "reloaded"))
	assert.NotContains(t, log.String(), "three", "values are not logged")
}
