package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/record"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// requestOf is the request of the first service of a text.
func requestOf(t *testing.T, text string) *sync.Request {
	t.Helper()
	set, problems := load.Files([]load.File{{Name: "x", Data: []byte(text)}}, "default")
	require.Empty(t, problems)
	requests := set.Requests(load.Options{Kinds: kinds.All()})
	require.NotEmpty(t, requests)
	return requests[0]
}

const secretive = model + "---\n" + servingRuntime + "---\n" + `apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a}
spec:
  model: {name: tiny}
  runtime: {name: rt}
  engine: {minReplicas: 1, runner: {name: ome-container, args: [--api-key, topsecret], env: [{name: HF_TOKEN, value: topsecret}]}}
`

// recordings are the files of a folder in order.
func recordings(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "isvc-*.json"))
	require.NoError(t, err)
	return files
}

// recordingOf starts a recorder whose clock advances with each look.
func recordingOf(t *testing.T, folder string, every int, maxBytes int64, log *journal) *recorder {
	t.Helper()
	logger, err := newLogger("text", log)
	require.NoError(t, err)
	r, err := newRecorder(folder, every, maxBytes, logger)
	require.NoError(t, err)
	now := time.Date(2026, 5, 6, 10, 0, 0, 0, time.UTC)
	r.now = func() time.Time { now = now.Add(time.Second); return now }
	return r
}

func TestACallIsRecordedAndReplayed(t *testing.T) {
	folder, log := filepath.Join(t.TempDir(), "recordings"), &journal{}
	r := recordingOf(t, folder, 1, defaultRecordMaxBytes, log)
	r.RecordCall(requestOf(t, secretive), false)
	r.close()
	files := recordings(t, folder)
	require.Len(t, files, 1, log.String())
	assert.Equal(t, "isvc-20260506T100001.000Z-000001-team-a_chat.json", filepath.Base(files[0]))
	info, err := os.Stat(files[0])
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	assert.NotContains(t, string(data), "topsecret")
	assert.Contains(t, string(data), `"goVersion"`)

	got := isvc("", "replay", files[0])
	assert.Equal(t, 0, got.code, got.err)
	assert.Regexp(t, `^\S+: InferenceService team-a/chat, recorded by isvc \S+.* at 0001-01-01T00:00:00Z: the same answer: \d+ children\n$`, got.out)
	got = isvc(string(data), "replay", "--explain", "-")
	assert.Equal(t, 0, got.code, got.err)
	assert.Contains(t, got.out, "standard input: InferenceService team-a/chat")
	assert.Contains(t, got.out, "ClusterServingRuntime/rt", "explained")

	// Another program gave another answer.
	changed := strings.Replace(string(data), `registry.example/engine:1`, `registry.example/engine:2`, 1)
	require.NotEqual(t, string(data), changed)
	got = isvc(changed, "replay", "-")
	assert.Equal(t, 1, got.code, got.err)
	assert.Contains(t, got.out, ": another answer: ")
	assert.Contains(t, got.out, "registry.example/engine:2")

	got = isvc("", "replay", "-o", "json", files[0])
	assert.Equal(t, 0, got.code, got.err)
	var report replayReport
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	require.Len(t, report.Files, 1)
	assert.True(t, report.Files[0].Same)
	assert.Equal(t, "InferenceService team-a/chat", report.Files[0].Service)
	assert.Nil(t, report.Files[0].Explanation)
}

func TestReplaySaysWhatItCannotUse(t *testing.T) {
	root := folder(t, map[string]string{"a.json": `{"kind":"List","apiVersion":"v1"}`})
	got := isvc("", "replay", filepath.Join(root, "a.json"), filepath.Join(root, "b.json"))
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.err, "a.json: it is not a Recording of isvc.io/record/v1")
	assert.Contains(t, got.err, "cannot read "+filepath.Join(root, "b.json"))
	assert.Equal(t, 2, isvc("", "replay").code)
	assert.Equal(t, 2, isvc("", "replay", "-o", "yaml", "-").code)
}

func TestAHeldServiceIsReplayedToo(t *testing.T) {
	folder := t.TempDir()
	r := recordingOf(t, folder, 1, defaultRecordMaxBytes, &journal{})
	r.RecordCall(requestOf(t, chat), false)
	r.RecordCall(&sync.Request{Parent: json.RawMessage(`{"metadata":{"name":"../../etc/PASSWD"}}`)}, false)
	r.close()
	files := recordings(t, folder)
	require.Len(t, files, 2)
	assert.Equal(t, "isvc-20260506T100002.000Z-000002-_.._.._etc_.json", filepath.Base(files[1]), "a name is no path")
	got := isvc("", append([]string{"replay"}, files...)...)
	assert.Equal(t, 0, got.code, got.err)
	assert.Contains(t, got.out, "the same answer: held with 0 children: ")
	assert.Contains(t, got.out, "the same answer: failed: cannot read parent: ")
}

func TestOneOfSoManyCallsIsRecordedAndEachThatShowsADefect(t *testing.T) {
	folder := t.TempDir()
	r := recordingOf(t, folder, 5, defaultRecordMaxBytes, &journal{})
	request := requestOf(t, chat)
	for i := range 11 {
		r.RecordCall(request, i == 7)
	}
	r.close()
	r.RecordCall(request, true)
	assert.Len(t, recordings(t, folder), 4, "calls 0, 5, 10 and 7")
}

func TestOldRecordingsMakeRoom(t *testing.T) {
	folder, request := t.TempDir(), requestOf(t, chat)
	other := filepath.Join(folder, "notes.json")
	require.NoError(t, os.WriteFile(other, make([]byte, 1<<20), 0o600))
	r := recordingOf(t, folder, 1, 1<<20, &journal{})
	require.NoError(t, r.keep(request))
	size := r.size
	r.maxBytes = 3*size + size/2
	for range 5 {
		require.NoError(t, r.keep(request))
	}
	r.close()
	names := func() (numbers []string) {
		for _, file := range recordings(t, folder) {
			numbers = append(numbers, strings.Split(filepath.Base(file), "-")[2])
		}
		return numbers
	}
	assert.Equal(t, []string{"000004", "000005", "000006"}, names())

	require.NoError(t, os.WriteFile(filepath.Join(folder, "isvc-20260506T100000.000Z-000009-a.json.part"), nil, 0o600))
	recordingOf(t, folder, 1, 2*size+size/2, &journal{}).close()
	assert.Equal(t, []string{"000005", "000006"}, names(), "those of an earlier process count")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 3, "a file that was never completed goes, one of somebody else stays")
	assert.FileExists(t, other)
}

func TestTheNumberOfRecordingsIsBounded(t *testing.T) {
	folder := t.TempDir()
	for i := range maxRecordings + 5 {
		name := fmt.Sprintf("isvc-20260506T100000.000Z-%06d-a.json", i)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600))
	}
	recordingOf(t, folder, 1, 1<<20, &journal{}).close()
	assert.Len(t, recordings(t, folder), maxRecordings-1, "with room for one")
}

func TestRecordingNeverStopsCalls(t *testing.T) {
	folder, log := filepath.Join(t.TempDir(), "gone"), &journal{}
	r := recordingOf(t, folder, 1, defaultRecordMaxBytes, log)
	require.NoError(t, os.Remove(folder))
	r.RecordCall(requestOf(t, chat), false)
	r.close()
	assert.Contains(t, log.String(), "cannot record a call")

	r = recordingOf(t, folder, 1, 10, log)
	r.RecordCall(requestOf(t, chat), false)
	r.close()
	assert.Contains(t, log.String(), "more than --record-max-bytes")
	assert.Empty(t, recordings(t, folder))

	r = recordingOf(t, folder, 1, defaultRecordMaxBytes, log)
	var calls gosync.WaitGroup
	request := requestOf(t, chat)
	for range 4 {
		calls.Go(func() {
			for range 50 {
				r.RecordCall(request, false)
			}
		})
	}
	calls.Wait()
	r.close()
	assert.NotEmpty(t, recordings(t, folder))
}

func TestAFolderThatCannotBeUsedIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := newRecorder(file, 1, 1, nil)
	assert.ErrorContains(t, err, "cannot record into "+file+": ")
	_, err = newRecorder(t.TempDir(), 0, 1, nil)
	assert.ErrorContains(t, err, "must be positive")
}

func TestARecordedPanicIsAnAnswer(t *testing.T) {
	answer := record.AnswerOf(nil, fmt.Errorf("internal error: %v", "oh"))
	text := (&replayed{Failed: answer.Error}).summarizeAnswer()
	assert.Equal(t, "failed: internal error: oh", text)
}
