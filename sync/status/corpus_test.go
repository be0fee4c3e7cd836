package status

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// observedCase is what a cluster with OME and healthy controllers holds.
func observedCase(t *testing.T, path string) *Input {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	in := &Input{Now: testNow, Children: observed.Objects{}, Pods: map[string]observed.Object{}, Ingress: Ingress{Disabled: true, URL: testURL, Address: testURL}}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		raw, err := yaml.YAMLToJSON(document)
		require.NoError(t, err)
		var o struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		require.NoError(t, json.Unmarshal(raw, &o))
		switch kind := kinds.New(o.Kind, o.APIVersion); kind {
		case kinds.InferenceService:
			in.Parent = &v1beta1.InferenceService{}
			require.NoError(t, json.Unmarshal(raw, in.Parent))
		case kinds.Pod:
			in.Pods[observed.Key(o.Metadata.Namespace, o.Metadata.Name)] = observed.Object{Raw: raw}
		default:
			in.Children.Add(kind, o.Metadata.Namespace, o.Metadata.Name, raw)
		}
	}
	if in.Parent == nil {
		return nil
	}
	for kind, present := range map[v1beta1.ComponentType]bool{
		v1beta1.EngineComponent: in.Parent.Spec.Engine != nil, v1beta1.DecoderComponent: in.Parent.Spec.Decoder != nil,
		v1beta1.RouterComponent: in.Parent.Spec.Router != nil,
	} {
		if present {
			in.Components = append(in.Components, Component{Type: kind, Replicas: 1})
		}
	}
	return in
}

func TestWhereOMEIsReadySoAreWe(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpus", "cases")
	paths, err := filepath.Glob(filepath.Join(root, "*", "out", "ready", "observed.yaml"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("no corpus of observed objects at " + root)
	}
	ready := 0
	for _, path := range paths {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, root+string(filepath.Separator)), string(filepath.Separator))
		t.Run(name, func(t *testing.T) {
			if name == "203-long-name-serverless" || name == "205-long-name-ray" {
				t.Skip("OME's objects have names that a real cluster refuses")
			}
			in := observedCase(t, path)
			if in == nil || len(in.Components) == 0 {
				t.Skip("no component")
			}
			was := in.Parent.Status
			out := computed(t, in)
			if findCondition(was.Conditions, v1beta1.EngineReady) == nil ||
				findCondition(was.Conditions, v1beta1.EngineReady).Status != "True" {
				return
			}
			ready++
			assert.Equal(t, describeCondition(was, v1beta1.EngineReady), describeCondition(out, v1beta1.EngineReady))
			assert.Equal(t, "True", describeCondition(out, v1beta1.Ready))
			states := *out.ModelStatus.ModelRevisionStates
			assert.Contains(t, []v1beta1.ModelState{v1beta1.Loaded, v1beta1.Standby}, states.ActiveModelState)
			assert.Equal(t, v1beta1.UpToDate, out.ModelStatus.TransitionStatus)
		})
	}
	assert.Greater(t, ready, 50)
}
