package hooktest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/child"
)

func TestMergeAsMetacontroller(t *testing.T) {
	for name, c := range map[string]struct{ observed, last, desired, want string }{
		"an applied key that is no longer desired goes": {
			`{"a":1,"b":2}`, `{"a":1,"b":2}`, `{"a":1}`, `{"a":1}`},
		"a key that was never applied stays": {
			`{"a":1,"theirs":{"x":1}}`, `{"a":1}`, `{"a":2}`, `{"a":2,"theirs":{"x":1}}`},
		"server defaults in a map stay": {
			`{"spec":{"a":1,"defaulted":true}}`, `{"spec":{"a":1}}`, `{"spec":{"a":1}}`, `{"spec":{"a":1,"defaulted":true}}`},
		"a foreign change of an applied field is healed": {
			`{"spec":{"a":9}}`, `{"spec":{"a":1}}`, `{"spec":{"a":1}}`, `{"spec":{"a":1}}`},
		"dropping replicas removes it": {
			`{"spec":{"replicas":7}}`, `{"spec":{"replicas":2}}`, `{"spec":{}}`, `{"spec":{}}`},
		"replicas that were never applied stay": {
			`{"spec":{"replicas":7}}`, `{"spec":{}}`, `{"spec":{}}`, `{"spec":{"replicas":7}}`},
		"two ports of one number become copies of the last": {
			`{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}`,
			`{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}`,
			`{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}`,
			`{"ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"UDP"}]}`},
		"two container ports of one number do too": {
			`{"ports":[{"containerPort":53,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]}`, ``,
			`{"ports":[{"containerPort":53,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]}`,
			`{"ports":[{"containerPort":53,"protocol":"UDP"},{"containerPort":53,"protocol":"UDP"}]}`},
		"two listeners on 443 both become the last": {
			`{"listeners":[{"name":"a","port":443},{"name":"b","port":443}]}`, ``, `{"listeners":[{"name":"a","port":443},{"name":"b","port":443}]}`,
			`{"listeners":[{"name":"b","port":443},{"name":"b","port":443}]}`},
		"two parents in one gateway both become the last": {
			`{"parentRefs":[{"name":"g","sectionName":"a"},{"name":"g","sectionName":"b"}]}`, ``,
			`{"parentRefs":[{"name":"g","sectionName":"a"},{"name":"g","sectionName":"b"}]}`,
			`{"parentRefs":[{"name":"g","sectionName":"b"},{"name":"g","sectionName":"b"}]}`},
		"backends of a named rule on one port collapse": {
			`{"rules":[{"name":"r","backendRefs":[{"name":"a","port":80,"weight":90},{"name":"b","port":80,"weight":10}]}]}`, ``,
			`{"rules":[{"name":"r","backendRefs":[{"name":"a","port":80,"weight":90},{"name":"b","port":80,"weight":10}]}]}`,
			`{"rules":[{"name":"r","backendRefs":[{"name":"b","port":80,"weight":10},{"name":"b","port":80,"weight":10}]}]}`},
		"backends of an unnamed rule are replaced as they are": {
			`{"rules":[{"backendRefs":[{"name":"a","port":80,"weight":50},{"name":"b","port":80,"weight":50}]}]}`, ``,
			`{"rules":[{"backendRefs":[{"name":"a","port":80,"weight":90},{"name":"b","port":80,"weight":10}]}]}`,
			`{"rules":[{"backendRefs":[{"name":"a","port":80,"weight":90},{"name":"b","port":80,"weight":10}]}]}`},
		"monitor endpoints on one port, subjects of one name and repeated env collapse": {
			`{"endpoints":[{"port":"m","path":"/a"},{"port":"m","path":"/b"}],"subjects":[{"name":"s","namespace":"a"},{"name":"s","namespace":"b"}],"env":[{"name":"E","value":"1"},{"name":"E","value":"2"}]}`, ``,
			`{"endpoints":[{"port":"m","path":"/a"},{"port":"m","path":"/b"}],"subjects":[{"name":"s","namespace":"a"},{"name":"s","namespace":"b"}],"env":[{"name":"E","value":"1"},{"name":"E","value":"2"}]}`,
			`{"endpoints":[{"port":"m","path":"/b"},{"port":"m","path":"/b"}],"subjects":[{"name":"s","namespace":"b"},{"name":"s","namespace":"b"}],"env":[{"name":"E","value":"2"},{"name":"E","value":"2"}]}`},
		"a new first init container comes last": {
			`{"initContainers":[{"name":"b"}]}`, `{"initContainers":[{"name":"b"}]}`, `{"initContainers":[{"name":"a"},{"name":"b"}]}`,
			`{"initContainers":[{"name":"b"},{"name":"a"}]}`},
		"a new order of env is ignored": {
			`{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}`, ``, `{"env":[{"name":"B","value":"2"},{"name":"A","value":"1"}]}`,
			`{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}`},
		"a foreign edit of a merge key leaves both items": {
			`{"ports":[{"name":"http","port":81}]}`, `{"ports":[{"name":"http","port":80}]}`, `{"ports":[{"name":"http","port":80}]}`,
			`{"ports":[{"name":"http","port":81},{"name":"http","port":80}]}`},
		"an own edit of a merge key replaces the item": {
			`{"ports":[{"name":"http","port":80}]}`, `{"ports":[{"name":"http","port":80}]}`, `{"ports":[{"name":"http","port":81}]}`,
			`{"ports":[{"name":"http","port":81}]}`},
		"an env value that was not applied meets valueFrom": {
			`{"env":[{"name":"E","value":"x"}]}`, ``, `{"env":[{"name":"E","valueFrom":{"fieldRef":{"fieldPath":"p"}}}]}`,
			`{"env":[{"name":"E","value":"x","valueFrom":{"fieldRef":{"fieldPath":"p"}}}]}`},
		"an env value that was applied gives way to valueFrom": {
			`{"env":[{"name":"E","value":"x"}]}`, `{"env":[{"name":"E","value":"x"}]}`, `{"env":[{"name":"E","valueFrom":{"fieldRef":{"fieldPath":"p"}}}]}`,
			`{"env":[{"name":"E","valueFrom":{"fieldRef":{"fieldPath":"p"}}}]}`},
		"an applied item that is no longer desired goes, a foreign one stays": {
			`{"env":[{"name":"A"},{"name":"B"},{"name":"C"}]}`, `{"env":[{"name":"A"},{"name":"B"}]}`, `{"env":[{"name":"A"}]}`,
			`{"env":[{"name":"A"},{"name":"C"}]}`},
		"containerPort goes before name, mountPath before name": {
			`{"ports":[{"name":"a","containerPort":1}],"mounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]}`, ``,
			`{"ports":[{"name":"b","containerPort":1}],"mounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]}`,
			`{"ports":[{"name":"b","containerPort":1}],"mounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]}`},
		"one unnamed container makes the list atomic": {
			`{"containers":[{"name":"user-container","image":"i","defaulted":true}]}`, `{"containers":[{"image":"i"}]}`, `{"containers":[{"image":"i"}]}`,
			`{"containers":[{"image":"i"}]}`},
		"an atomic list loses what the server added to it": {
			`{"ingress":[{"ports":[{"port":80,"protocol":"TCP"}]}]}`, ``, `{"ingress":[{"ports":[{"port":80}]}]}`, `{"ingress":[{"ports":[{"port":80}]}]}`},
		"a list of scalars is atomic": {`{"args":["a","b"]}`, `{"args":["a"]}`, `{"args":["b"]}`, `{"args":["b"]}`},
		"a new list is taken verbatim": {
			`{}`, ``, `{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}`, `{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}`},
		"desired empties and nulls are taken verbatim": {
			`{"spec":{}}`, ``, `{"spec":{"nodeSelector":{},"args":[],"x":null}}`, `{"spec":{"nodeSelector":{},"args":[],"x":null}}`},
		"a desired scalar over a map takes what was applied": {`{"a":{"b":1,"c":2}}`, `{"a":{"c":2}}`, `{"a":"x"}`, `{"a":{"b":1}}`},
		"a desired list over a map is ignored":               {`{"a":{"b":1}}`, ``, `{"a":[1]}`, `{"a":{"b":1}}`},
		"a desired map over a scalar wins":                   {`{"a":"x"}`, ``, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		"a desired scalar over a list leaves null":           {`{"a":[1]}`, ``, `{"a":"x"}`, `{"a":null}`},
		"an applied tree of another type is as if absent":    {`{"a":{"b":1}}`, `{"a":"x"}`, `{"a":{"c":2}}`, `{"a":{"b":1,"c":2}}`},
		"nothing observed":                                   {``, ``, `{"a":1}`, `{"a":1}`},
		"nothing desired":                                    {`{"a":1,"b":2}`, `{"a":1}`, ``, `{"b":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			observed, last, desired := tree(t, c.observed), tree(t, c.last), tree(t, c.desired)
			merged := MergeAsMetacontroller(observed, last, desired)
			assert.Equal(t, tree(t, c.want), merged)
			scribble(merged)
			assert.Equal(t, tree(t, c.observed), observed, "observed is left alone")
			assert.Equal(t, tree(t, c.last), last, "lastApplied is left alone")
			assert.Equal(t, tree(t, c.desired), desired, "desired is left alone")
		})
	}
}

// scribble overwrites everything in a tree, to show that nothing shares it.
func scribble(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			scribble(v[k])
			v[k] = "scribbled"
		}
	case []any:
		for i := range v {
			scribble(v[i])
			v[i] = "scribbled"
		}
	}
}

// FuzzMerge feeds trees as a hostile cluster may hold them.
func FuzzMerge(f *testing.F) {
	for _, seed := range [][3]string{
		{`{}`, `{}`, `{}`},
		{`{"a":[{"name":1},{"name":{}}]}`, `{"a":[{"name":null}]}`, `{"a":[{"name":[]},7]}`},
		{`{"ports":[{"port":53},{"port":53}]}`, `{"ports":"x"}`, `{"ports":[{"port":53.0}]}`},
		{`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{}"}}}`, `{"metadata":7}`, `{"metadata":{"labels":null}}`},
		{`{"metadata":[],"status":{}}`, `{"a":{"a":{"a":{}}}}`, `{"status":7,"metadata":{"uid":{}}}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, o, l, d string) {
		observed, last, desired := parse(o), parse(l), parse(d)
		merged := MergeAsMetacontroller(observed, last, desired)
		for key := range desired {
			require.Contains(t, merged, key)
		}
		require.Equal(t, parse(o), observed)
		require.Equal(t, parse(d), desired)
		forecast, err := ForecastClientSideApply(unstructuredOf(observed), unstructuredOf(desired))
		require.NoError(t, err)
		if !forecast.Changed {
			require.True(t, child.Equal(unstructuredOf(observed).Object, forecast.Object.Object))
		}
		ForecastServerSideApply(unstructuredOf(observed), unstructuredOf(desired), "m")
	})
}
