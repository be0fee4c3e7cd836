package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/record"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

var caseSample = flag.Int("case-sample", 4, "try one of so many cases of testdata; CI tries every one")

// requests are those of the cases of the project, of which a sample is tried.
func requests(t *testing.T) map[string][]*sync.Request {
	t.Helper()
	folders, err := filepath.Glob("../../../testdata/*/in")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	all := map[string][]*sync.Request{}
	for i, folder := range folders {
		if i%*caseSample != 0 {
			continue
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		require.NoError(t, err)
		var read []load.File
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			read = append(read, load.File{Name: file, Data: data})
		}
		set, _ := load.Files(read, "default")
		all[folder] = set.Requests(load.Options{Kinds: kinds.All(), Now: metav1.Unix(1767225600, 0)})
	}
	return all
}

// TestARecordingRepeatsTheSameAnswer also requires that redaction does not
// change what is decided.
func TestARecordingRepeatsTheSameAnswer(t *testing.T) {
	for folder, all := range requests(t) {
		for _, request := range all {
			original := record.AnswerOf(sync.Sync(request))
			redacted, err := record.RedactRequest(request, []byte("salt"))
			require.NoError(t, err)
			answer := record.AnswerOf(sync.Sync(redacted))
			if original.Hold != nil {
				require.NotNil(t, answer.Hold, folder)
				assert.Equal(t, original.Hold.Reason, answer.Hold.Reason, folder)
			}
			assert.Equal(t, original.RetryAfter, answer.RetryAfter, folder)
			assert.Len(t, answer.Children, len(original.Children), folder)

			file, err := record.NewRecording(record.Program{Version: "v1"}, redacted, answer).Encode()
			require.NoError(t, err)
			read, err := record.Decode(file)
			require.NoError(t, err)
			repeated := record.AnswerOf(sync.Sync(read.ToRequest()))
			assert.Empty(t, record.CompareAnswers(read.Answer, repeated), folder)
			again, err := read.Encode()
			require.NoError(t, err)
			assert.Equal(t, string(file), string(again), folder)
		}
	}
}

func answer(t *testing.T, status int64, children ...string) record.Answer {
	t.Helper()
	response := &sync.Response{Status: v1beta1.InferenceServiceStatus{ObservedGeneration: status}}
	for _, child := range children {
		object := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(child), &object))
		response.Children = append(response.Children, &unstructured.Unstructured{Object: object})
	}
	return record.AnswerOf(response, nil)
}

const service = `{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":"a"},"spec":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}}`

func TestDifferencesAreShownByObject(t *testing.T) {
	config := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"a"}}`
	changed := string(bytes.Replace([]byte(service), []byte(`"h":8`), []byte(`"h":9`), 1))
	for name, test := range map[string]struct {
		recorded, repeated record.Answer
		want               []record.Difference
	}{
		"none": {answer(t, 1, config, service), answer(t, 1, config, service), nil},
		"the status": {answer(t, 1), answer(t, 2), []record.Difference{
			{Object: "status", Diff: "-observedGeneration: 1\n+observedGeneration: 2\n"},
		}},
		"a child that changed": {answer(t, 1, config, service), answer(t, 1, config, changed), []record.Difference{
			{Object: "Service.v1 a/s", Diff: "...\n   e: 5\n   f: 6\n   g: 7\n-  h: 8\n+  h: 9\n"},
		}},
		"a child that is new": {answer(t, 1), answer(t, 1, config), []record.Difference{
			{Object: "answer", Diff: "-children: []\n+children:\n+- ConfigMap.v1 a/c\n"},
			{Object: "ConfigMap.v1 a/c", Diff: "+apiVersion: v1\n+kind: ConfigMap\n+metadata:\n+  name: c\n+  namespace: a\n"},
		}},
		"a child that is gone": {answer(t, 1, config), answer(t, 1), []record.Difference{
			{Object: "answer", Diff: "-children:\n-- ConfigMap.v1 a/c\n+children: []\n"},
			{Object: "ConfigMap.v1 a/c", Diff: "-apiVersion: v1\n-kind: ConfigMap\n-metadata:\n-  name: c\n-  namespace: a\n"},
		}},
		"another order": {answer(t, 1, config, service), answer(t, 1, service, config), []record.Difference{
			{Object: "answer", Diff: " children:\n+- Service.v1 a/s\n - ConfigMap.v1 a/c\n-- Service.v1 a/s\n"},
		}},
		"a failure": {record.AnswerOf(nil, errors.New("internal error")), record.AnswerOf(nil, nil), []record.Difference{
			{Object: "answer", Diff: " children: []\n-error: internal error\n+error: there is no response\n"},
		}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, record.CompareAnswers(test.recorded, test.repeated)) })
	}
}

func TestWhatWasSaidIsCompared(t *testing.T) {
	base := func() *sync.Response { return &sync.Response{} }
	for name, change := range map[string]func(*sync.Response){
		"a hold":    func(r *sync.Response) { r.Hold = &finding.Finding{Reason: "A"} },
		"a part":    func(r *sync.Response) { r.Partial = []finding.Finding{{Subject: "engine", Reason: "A"}} },
		"a finding": func(r *sync.Response) { r.Findings = []finding.Finding{{Reason: "A"}} },
		"a wait":    func(r *sync.Response) { r.RetryAfter = time.Second },
		"a null":    func(r *sync.Response) { r.Children = []*unstructured.Unstructured{nil} },
		"a name": func(r *sync.Response) {
			r.Children = []*unstructured.Unstructured{{Object: map[string]any{"kind": "A"}}}
		},
		"two of them": func(r *sync.Response) { r.Children = []*unstructured.Unstructured{{}, {}} },
	} {
		changed := base()
		change(changed)
		assert.NotEmpty(t, record.CompareAnswers(record.AnswerOf(base(), nil), record.AnswerOf(changed, nil)), name)
		assert.Empty(t, record.CompareAnswers(record.AnswerOf(changed, nil), record.AnswerOf(changed, nil)), name)
	}
	explained := base()
	explained.Trace = []trace.Entry{{Subject: "x"}}
	assert.Empty(t, record.CompareAnswers(record.AnswerOf(base(), nil), record.AnswerOf(explained, nil)), "the trace is no part of an answer")
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"no JSON":         {"apiVersion: v1", "it is not JSON: "},
		"another kind":    {`{"apiVersion":"v1","kind":"List"}`, "it is not a Recording of isvc.io/record/v1: give a file that isvc serve --record wrote"},
		"another version": {`{"apiVersion":"isvc.io/record/v2","kind":"Recording"}`, "it is not a Recording of isvc.io/record/v1"},
		"not complete":    {`{"apiVersion":"isvc.io/record/v1","kind":"Recording"}`, "the recording is not complete"},
		"a wrong field":   {`{"apiVersion":"isvc.io/record/v1","kind":"Recording","config":1}`, "cannot read the recording: "},
	} {
		_, err := record.Decode([]byte(test.file))
		assert.ErrorContains(t, err, test.want, name)
	}
}

func TestARecordingOfAnEarlyVersionIsRead(t *testing.T) {
	file := `{"apiVersion":"isvc.io/record/v1","kind":"Recording","config":{},"request":{"parent":{}},` +
		`"answer":{"partial":[{"part":"engine","reason":"A"},{"subject":"decoder","reason":"B"}],"children":[]}}`
	read, err := record.Decode([]byte(file))
	require.NoError(t, err)
	assert.Equal(t, []finding.Finding{{Subject: "engine", Reason: "A"}, {Subject: "decoder", Reason: "B"}}, read.Answer.Partial)
}

func TestKindsThatMayBeReturnedAreKept(t *testing.T) {
	request := &sync.Request{
		Parent:   json.RawMessage(`{"metadata":{"name":"a"}}`),
		Children: observed.Objects{kinds.Service: {"a/b": {Raw: json.RawMessage(service)}}},
		Managed:  kinds.Set{kinds.Service: true, kinds.Deployment: true},
	}
	repeated := record.NewRecording(record.Program{}, request, record.Answer{}).ToRequest()
	assert.Equal(t, request.Managed, repeated.Managed)
	assert.JSONEq(t, service, string(repeated.Children.RawJSON(kinds.Service, "a", "b")))
}

func TestAProgramIsShownWithItsCommit(t *testing.T) {
	assert.Equal(t, "isvc v1", record.Program{Version: "v1"}.String())
	assert.Equal(t, "isvc v1 (abc)", record.Program{Version: "v1", Commit: "abc"}.String())
	assert.Equal(t, "isvc v1 (0123456789ab)", record.Program{Version: "v1", Commit: "0123456789abcdef"}.String())
}
