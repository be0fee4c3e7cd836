package hook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

func TestOneOfSoManyCallsIsComputedTwice(t *testing.T) {
	for every, want := range map[int]int{0: 10, 1: 20, 4: 13, 100: 11} {
		calls := 0
		metrics := &counting{}
		h, log := handler(Options{CheckDeterminism: every, Metrics: metrics, Sync: func(*sync.Request) (*sync.Response, error) {
			calls++
			return &sync.Response{}, nil
		}})
		for range 10 {
			require.Equal(t, http.StatusOK, call(h, "POST", "/sync", minimal).Code)
		}
		assert.Equal(t, want, calls, "one of %d", every)
		assert.Zero(t, metrics.differed)
		assert.NotContains(t, log.String(), "another answer")
	}
}

func TestAnswersThatDifferAreReportedWithoutTheirContent(t *testing.T) {
	status := func(generation int64) *sync.Response {
		return &sync.Response{Status: v1beta1.InferenceServiceStatus{ObservedGeneration: generation}}
	}
	for name, second := range map[string]func() (*sync.Response, error){
		"another status": func() (*sync.Response, error) { return status(1234567), nil },
		"an error":       func() (*sync.Response, error) { return nil, errors.New("1234567") },
		"no response":    func() (*sync.Response, error) { return nil, nil },
		"a panic":        func() (*sync.Response, error) { panic("1234567") },
		"an invalid answer": func() (*sync.Response, error) {
			return &sync.Response{Children: []*unstructured.Unstructured{nil}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			metrics, kept := &counting{}, &keeping{}
			h, log := handler(Options{CheckDeterminism: 1, Metrics: metrics, Recorder: kept, Sync: func(*sync.Request) (*sync.Response, error) {
				if first {
					first = false
					return status(1), nil
				}
				return second()
			}})
			got := call(h, "POST", "/sync", minimal)
			assert.Equal(t, http.StatusOK, got.Code)
			assert.JSONEq(t, `{"status":{"observedGeneration":1},"children":[]}`, got.Body.String(), "the first answer counts")
			assert.Equal(t, 1, metrics.differed)
			assert.Zero(t, metrics.panics)
			assert.Equal(t, 1, strings.Count(log.String(), "the same request gave another answer"))
			assert.NotContains(t, log.String(), "1234567")
			assert.Equal(t, []bool{true}, kept.defects)
		})
	}
}

// keeping is a Recorder that remembers.
type keeping struct {
	mutex   gosync.Mutex
	parents []string
	defects []bool
}

func (k *keeping) RecordCall(request *sync.Request, defects bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.parents, k.defects = append(k.parents, string(request.Parent)), append(k.defects, defects)
}

func TestCallsOfSyncAreRecorded(t *testing.T) {
	for name, test := range map[string]struct {
		syncer  Syncer
		defects bool
	}{
		"computed": {func(*sync.Request) (*sync.Response, error) { return &sync.Response{}, nil }, false},
		"to be asked again": {func(*sync.Request) (*sync.Response, error) {
			return &sync.Response{RetryAfter: 1}, nil
		}, false},
		"refused":    {func(*sync.Request) (*sync.Response, error) { return nil, errors.New("no name") }, false},
		"not usable": {func(*sync.Request) (*sync.Response, error) { return nil, nil }, true},
		"panicked":   {func(*sync.Request) (*sync.Response, error) { panic("oh") }, true},
	} {
		kept := &keeping{}
		h, _ := handler(Options{Sync: test.syncer, Recorder: kept})
		call(h, "POST", "/sync", minimal)
		require.Len(t, kept.parents, 1, name)
		assert.Contains(t, kept.parents[0], "InferenceService", name)
		assert.Equal(t, []bool{test.defects}, kept.defects, name)
		call(h, "POST", "/customize", string(recorded(t, "customize.json")))
		call(h, "POST", "/sync", "{")
		assert.Len(t, kept.parents, 1, fmt.Sprint(name, ": only calls of sync that could be read"))
	}
}
