package v1beta1

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"
)

// filler returns a source of values that leaves no field empty.
func filler(seed int64) *randfill.Filler {
	return randfill.NewWithSeed(seed).NilChance(0).NumElements(1, 1).MaxDepth(40).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewQuantity(int64(c.Int31n(1000)+1), resource.DecimalSI)
			_ = q.String()
		},
		func(v *intstr.IntOrString, c randfill.Continue) { *v = intstr.FromInt32(c.Int31n(100) + 1) },
		func(v *metav1.Time, c randfill.Continue) { *v = metav1.NewTime(time.Unix(int64(c.Int31())+1, 0)) },
		func(v *runtime.RawExtension, _ randfill.Continue) { v.Raw = []byte(`{"a":1}`) },
		func(v *string, c randfill.Continue) { *v = "s" + c.String(6) },
		func(v *bool, _ randfill.Continue) { *v = true },
		func(v *metav1.FieldsV1, _ randfill.Continue) { v.SetRawBytes([]byte(`{"f":1}`)) },
	)
}

// objects returns one empty object of each kind and of each list.
func objects() []runtime.Object {
	return []runtime.Object{
		&InferenceService{}, &InferenceServiceList{},
		&BaseModel{}, &BaseModelList{},
		&ClusterBaseModel{}, &ClusterBaseModelList{},
		&FineTunedWeight{}, &FineTunedWeightList{},
		&ServingRuntime{}, &ServingRuntimeList{},
		&ClusterServingRuntime{}, &ClusterServingRuntimeList{},
		&AcceleratorClass{}, &AcceleratorClassList{},
	}
}

func TestEveryFieldSurvivesARoundTrip(t *testing.T) {
	for _, full := range objects() {
		t.Run(reflect.TypeOf(full).Elem().Name(), func(t *testing.T) {
			filler(7).Fill(full)
			raw, err := json.Marshal(full)
			require.NoError(t, err)

			again := reflect.New(reflect.TypeOf(full).Elem()).Interface().(runtime.Object)
			unknown, err := DecodeAndListUnknown(raw, again)
			require.NoError(t, err)
			assert.Empty(t, unknown)
			rawAgain, err := json.Marshal(again)
			require.NoError(t, err)
			assert.JSONEq(t, string(raw), string(rawAgain))
			assert.Equal(t, full, full.DeepCopyObject())
		})
	}
}

func TestEmptyPartsAreNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		object any
		want   string
	}{
		"a service without a predictor and a status": {
			&InferenceService{}, `{"metadata":{},"spec":{}}`,
		},
		"a switch that is off differs from one that is not there": {
			&KedaConfig{EnableKeda: new(bool)}, `{"enableKeda":false}`,
		},
		"a condition without a time": {
			&Condition{Type: Ready, Status: metav1.StatusFailure}, `{"type":"Ready","status":"Failure"}`,
		},
		"a model without a format and a configuration": {
			&BaseModelSpec{}, `{"storage":null}`,
		},
		"a leader without anything": {
			&LeaderSpec{}, `{}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(c.object)
			require.NoError(t, err)
			assert.JSONEq(t, c.want, string(raw))
		})
	}
}

func TestSchemeKnowsEveryKind(t *testing.T) {
	scheme := runtime.NewScheme()
	require.NoError(t, AddToScheme(scheme))
	for _, object := range objects() {
		kinds, _, err := scheme.ObjectKinds(object)
		require.NoError(t, err)
		assert.Equal(t, APIVersion, kinds[0].GroupVersion().String())
		assert.Equal(t, reflect.TypeOf(object).Elem().Name(), kinds[0].Kind)
	}
}
