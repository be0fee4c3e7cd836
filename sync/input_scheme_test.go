package sync_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// pinnedScheme is what the scheme of the digests is now.
const pinnedScheme = "v1"

// pinnedTables is the digest of the tables that the digests of inputs depend on.
const pinnedTables = "f52c2755bdbbf5ea855aefa36be451eec0ee81abf8cc1fd05c0a5d7eb7308109"

// pinnedDigests are the digests of the worlds of this test, by world and component.
var pinnedDigests = map[string]string{
	"MultiNode/decoder":                     "v1.de8cb7a8f1881532.6e7e123e6a92897f.86592cac4684939c.abad8478464323ce",
	"MultiNode/engine":                      "v1.de8cb7a8f1881532.231bade55dd31112.86592cac4684939c.abad8478464323ce",
	"MultiNode/router":                      "v1.699d2b888f50f735.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"RawDeployment/decoder":                 "v1.de8cb7a8f1881532.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"RawDeployment/engine":                  "v1.de8cb7a8f1881532.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"RawDeployment/router":                  "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"Ray/decoder":                           "v1.de8cb7a8f1881532.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"Ray/engine":                            "v1.ea463ec3acd6b5b5.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"Ray/prober of engine":                  "v1.ea463ec3acd6b5b5.3b178d7d99ad9586.86592cac4684939c.abad8478464323ce",
	"Ray/router":                            "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"Serverless/engine":                     "v1.91db35d848047102.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"Serverless/router":                     "v1.699d2b888f50f735.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"a pair/decoder":                        "v1.d94d039ec6149196.231bade55dd31112.86592cac4684939c.abad8478464323ce+d94d039ec6149196.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"a pair/engine":                         "v1.d94d039ec6149196.48a9836186a829e8.86592cac4684939c.abad8478464323ce+d94d039ec6149196.231bade55dd31112.86592cac4684939c.abad8478464323ce",
	"a pair/router":                         "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"a predictor that has no effect/engine": "v1.de8cb7a8f1881532.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"a predictor/engine":                    "v1.fa3317475d64c4f1.20f2eeb172f9d91f.86592cac4684939c.abad8478464323ce",
	"a predictor/router":                    "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"a runtime and a class that are chosen/decoder": "v1.e0c17068091d006c.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"a runtime and a class that are chosen/engine":  "v1.e0c17068091d006c.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"a runtime and a class that are chosen/router":  "v1.1dc8b2139d10d4e2.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"a weight/decoder":                              "v1.16e8c2cba8f14e48.d0dc5a625cda064a.86592cac4684939c.abad8478464323ce",
	"a weight/engine":                               "v1.16e8c2cba8f14e48.d0dc5a625cda064a.86592cac4684939c.abad8478464323ce",
	"a weight/router":                               "v1.7e5de338f12d96b1.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"fields that do not count/engine":               "v1.f669255c82e43fd3.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"metadata that the configuration names/decoder": "v1.de8cb7a8f1881532.48a9836186a829e8.15d80ee20be4ac3d.e012970607b5fcbd",
	"metadata that the configuration names/engine":  "v1.de8cb7a8f1881532.48a9836186a829e8.15d80ee20be4ac3d.b9083ccfae518d06",
	"metadata that the configuration names/router":  "v1.fa3eb895ccb80210.3c2f4822d00d14db.15d80ee20be4ac3d.e012970607b5fcbd",
	"neither a model nor a runtime/engine":          "v1.829a2368cdb80ad7.c6718f9f49e40c4e.86592cac4684939c.abad8478464323ce",
	"neither a model nor a runtime/router":          "v1.33c030ae9231d279.c6718f9f49e40c4e.86592cac4684939c.abad8478464323ce",
	"one runtime for all/decoder":                   "v1.de8cb7a8f1881532.231bade55dd31112.86592cac4684939c.abad8478464323ce",
	"one runtime for all/engine":                    "v1.de8cb7a8f1881532.6e7e123e6a92897f.86592cac4684939c.abad8478464323ce",
	"one runtime for all/router":                    "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
	"placeholders/decoder":                          "v1.dc391e61650af468.48a9836186a829e8.86592cac4684939c.abad8478464323ce",
	"placeholders/engine":                           "v1.de8cb7a8f1881532.7270793ac0675775.77487d5fe318e3cc.d71e41fbc36b10c1",
	"placeholders/router":                           "v1.fa3eb895ccb80210.3c2f4822d00d14db.86592cac4684939c.abad8478464323ce",
}

const whySchemeIsPinned = "An upgrade to a version that makes other digests from the same input looks like an edit of every " +
	"service, and restarts its pods. If the rules are meant to change, give inputScheme in sync/input.go another value, and then write " +
	"the values of this run here; else change the code so that the digests are what they were."

// TestTheSchemeOfTheDigestsIsPinned fails when the rules change by which digests are made.
func TestTheSchemeOfTheDigestsIsPinned(t *testing.T) {
	assert.Equal(t, pinnedScheme, sync.InputScheme, "the values in this test are those of scheme %s: write those of this run", pinnedScheme)
	assert.Equal(t, pinnedTables, tablesOfScheme(t), whySchemeIsPinned)
	digests := map[string]string{}
	for name := range worldShapes {
		p := newWorld(t, name).prepare(t)
		for component, made := range outcomeOf(t, p.requestWith("", nil)).components {
			digests[name+"/"+component] = made.input
		}
	}
	if !assert.Equal(t, pinnedDigests, digests, whySchemeIsPinned) {
		for _, key := range slices.Sorted(maps.Keys(digests)) {
			t.Logf("%q: %q,", key, digests[key])
		}
	}
}

// tablesOfScheme is the digest of the tables: which keys pods have, and what is left out of components.
func tablesOfScheme(t *testing.T) string {
	t.Helper()
	var rows []string
	for _, row := range modes.PodKeys() {
		rows = append(rows, fmt.Sprint(row.Key, " ", row.In, " ", row.OnlyIn))
	}
	slices.Sort(rows)
	sum := sha256.Sum256([]byte(jsonText([]any{rows, sync.TablesOfInput()})))
	return hex.EncodeToString(sum[:])
}

// TestTheFormOfTheJSONDoesNotCount: the same objects in another form have the same digests.
func TestTheFormOfTheJSONDoesNotCount(t *testing.T) {
	for name := range worldShapes {
		t.Run(name, func(t *testing.T) {
			p := newWorld(t, name).prepare(t)
			base := outcomeOf(t, p.requestWith("", nil))
			for seed := range uint64(max(5, *properties/10)) {
				form := rewriter{rand.New(rand.NewPCG(seed, 1)), &bytes.Buffer{}}
				request := p.requestWith("", nil)
				request.Parent = form.rewrite(t, request.Parent)
				related := observed.Objects{}
				for kind, byKey := range request.Related {
					related[kind] = map[string]observed.Object{}
					for key, object := range byKey {
						related[kind][key] = observed.Object{Raw: form.rewrite(t, object.Raw)}
					}
				}
				request.Related = related
				data := map[string]string{}
				for section, value := range p.sections {
					data[section] = string(form.rewrite(t, []byte(jsonText(value))))
				}
				request.Config = config.Parse(data)
				assert.Equal(t, base, outcomeOf(t, request))
			}
		})
	}
}

// rewriter writes JSON in another form: members in another order, spaces, numbers and characters in
// other notations, and members twice.
type rewriter struct {
	*rand.Rand
	out *bytes.Buffer
}

func (r rewriter) rewrite(t testing.TB, raw []byte) []byte {
	t.Helper()
	var value any
	require.NoError(t, utiljson.Unmarshal(raw, &value))
	r.out.Reset()
	r.write(value)
	return bytes.Clone(r.out.Bytes())
}

func (r rewriter) write(value any) {
	r.space()
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		r.out.WriteByte('{')
		for i, key := range keys {
			if i > 0 {
				r.out.WriteByte(',')
			}
			if r.IntN(8) == 0 {
				r.writeString(key)
				r.out.WriteByte(':')
				r.write(v[key])
				r.out.WriteByte(',')
			}
			r.space()
			r.writeString(key)
			r.space()
			r.out.WriteByte(':')
			r.write(v[key])
		}
		r.out.WriteByte('}')
	case []any:
		r.out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				r.out.WriteByte(',')
			}
			r.write(item)
		}
		r.out.WriteByte(']')
	case string:
		r.writeString(v)
	default:
		r.out.WriteString(jsonText(v))
	}
	r.space()
}

func (r rewriter) space() {
	r.out.WriteString(strings.Repeat([]string{" ", "\n", "\t", ""}[r.IntN(4)], r.IntN(3)))
}

// writeString writes a string with its characters in another notation, unless it may be a quantity:
// Kubernetes does not read those in another notation.
func (r rewriter) writeString(text string) {
	if r.IntN(2) == 0 || !strings.ContainsAny(text, "/-{") {
		r.out.WriteString(jsonText(text))
		return
	}
	r.out.WriteByte('"')
	for _, c := range text {
		fmt.Fprintf(r.out, `\u%04x`, c)
	}
	r.out.WriteByte('"')
}

// TestNumbersCountByTheirValue: 5, 5.0 and 5e0 are the same.
func TestNumbersCountByTheirValue(t *testing.T) {
	p := newWorld(t, "Serverless").prepare(t)
	inputs := map[string]bool{}
	for _, number := range []string{"5", "5.0", "5e0", "50e-1"} {
		request := p.requestWith("", nil)
		request.Parent = bytes.Replace(request.Parent, []byte(`"engine":{`), []byte(`"engine":{"unknown":`+number+`,"tolerations":[{"tolerationSeconds":5}],`), 1)
		require.Contains(t, string(request.Parent), number)
		inputs[outcomeOf(t, request).components["engine"].input] = true
	}
	assert.Len(t, inputs, 1)
}

// TestWhatTheAPIServerKeepsOfObjectsDoesNotCount: digests are the same for objects as the API server
// returns them.
func TestWhatTheAPIServerKeepsOfObjectsDoesNotCount(t *testing.T) {
	for name := range worldShapes {
		t.Run(name, func(t *testing.T) {
			p := newWorld(t, name).prepare(t)
			base := outcomeOf(t, p.requestWith("", nil))
			for subject, original := range p.objects {
				stored := deepCopy(original).(object)
				maps.Copy(meta(stored), object{
					"resourceVersion": "7", "generation": int64(3), "creationTimestamp": "2026-01-01T00:00:00Z", "selfLink": "/x",
					"finalizers": []any{"x"}, "ownerReferences": []any{object{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "x"}},
					"managedFields": []any{object{"manager": "kubectl", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": object{"f:spec": object{}}}},
				})
				stored["status"] = object{"observedGeneration": int64(3), "state": "Ready", "conditions": []any{object{"type": "Ready", "status": "True"}}}
				assert.Equal(t, base, outcomeOf(t, p.requestWith(subject, stored)), subject)
			}
		})
	}
}

// definitions are the custom resource definitions by the subjects of which they speak.
var definitions = map[string]string{
	theService: "inferenceservices", theRuntime: "clusterservingruntimes", theModel: "clusterbasemodels",
	theClass: "acceleratorclasses", theWeight: "finetunedweights",
}

// TestDefaultsOfTheAPIServerDoNotCount: the API server writes defaults of the custom resource
// definitions into all objects that it returns, as soon as there are such. That is no edit.
func TestDefaultsOfTheAPIServerDoNotCount(t *testing.T) {
	p := newWorld(t, "RawDeployment").prepare(t)
	defaulted := 0
	for _, input := range inputs {
		schema := schemaOf(t, definitions[input.name])
		for _, l := range leavesOf(input.spec) {
			l = l.inside("spec")
			alone, _ := l.set(object{}, added, l.values[0])
			if !writeDefaults(schema, alone) || !l.isTried(p.world, "default of "+l.placeIn(input.name)) {
				continue
			}
			l = l.withValuesFor(input.name)
			given, _ := l.set(p.objects[input.name], added, l.values[0])
			stored := deepCopy(given).(object)
			writeDefaults(schema, stored)
			defaulted++
			before, after := outcomeOf(t, p.requestWith(input.name, given)), outcomeOf(t, p.requestWith(input.name, stored))
			for component, was := range before.components {
				assert.Equal(t, was.input, after.components[component].input, "%s, %s", l.placeIn(input.name), component)
			}
		}
	}
	t.Logf("%d objects with defaults tried", defaulted)
	assert.Positive(t, defaulted)
}

// schemaOf is the schema of a custom resource definition.
func schemaOf(t testing.TB, resource string) object {
	t.Helper()
	text, err := os.ReadFile("../manifests/crds/ome.io_" + resource + ".yaml")
	require.NoError(t, err)
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	var definition object
	require.NoError(t, utiljson.Unmarshal(raw, &definition))
	version := at(definition, "spec")["versions"].([]any)[0].(object)
	return at(version, "schema", "openAPIV3Schema")
}

// writeDefaults writes the defaults of a schema into a value as the API server does, and reports whether
// there were any to write. It leaves out empty names: what refers to an object without a name never
// runs.
func writeDefaults(schema object, value any) (written bool) {
	switch v := value.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		for name, property := range properties {
			byDefault, has := property.(object)["default"]
			if _, given := v[name]; has && !given && !(name == "name" && byDefault == "") {
				v[name], written = byDefault, true
			}
		}
		rest, _ := schema["additionalProperties"].(object)
		for name, member := range v {
			property, known := properties[name].(object)
			if !known {
				property = rest
			}
			written = writeDefaults(property, member) || written
		}
	case []any:
		items, _ := schema["items"].(object)
		for _, item := range v {
			written = writeDefaults(items, item) || written
		}
	}
	return written
}

// TestAnAutoscalerChangesPodsOnlyWhereItChoosesTheMode: what scales is no part of pods, but with zero
// replicas class KEDA makes a Deployment and every other class a Knative Service.
func TestAnAutoscalerChangesPodsOnlyWhereItChoosesTheMode(t *testing.T) {
	keda := object{"class": "KEDA", "keda": object{"triggers": []any{object{"type": "cron", "metadata": object{}}}}}
	hpa := object{"class": "HPA"}
	for sentence, c := range map[string]struct {
		world, subject string
		path           []string
		before, after  object
		want           string
	}{
		"a block of the service":                   {"RawDeployment", theService, []string{"spec", "engine"}, object{}, object{"autoscaler": keda}, ""},
		"a block of the runtime":                   {"RawDeployment", theRuntime, []string{"spec", "engineConfig"}, object{"autoscaler": hpa}, object{"autoscaler": keda}, ""},
		"a policy":                                 {"RawDeployment", theService, []string{"spec", "engine"}, object{}, object{"autoscalerPolicyRef": object{"name": "x"}}, ""},
		"a block of a group":                       {"MultiNode", theService, []string{"spec", "engine"}, object{"minReplicas": int64(0)}, object{"minReplicas": int64(0), "autoscaler": keda}, ""},
		"zero replicas and KEDA":                   {"Serverless", theService, []string{"spec", "engine"}, object{}, object{"autoscaler": keda}, "service"},
		"zero replicas and KEDA by kedaConfig":     {"Serverless", theService, []string{"spec"}, object{}, object{"kedaConfig": object{"enableKeda": true}}, "service"},
		"from zero replicas to one beside KEDA":    {"Serverless", theService, []string{"spec", "engine"}, object{"autoscaler": keda}, object{"autoscaler": keda, "minReplicas": int64(1)}, ""},
		"the triggers of KEDA that scales to zero": {"Serverless", theService, []string{"spec", "engine"}, object{"autoscaler": keda}, object{"autoscaler": object{"class": "KEDA", "keda": object{"triggers": []any{object{"type": "cpu", "metadata": object{}}}}}}, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			p := newWorld(t, c.world).prepare(t)
			inputs := make([]string, 2)
			for i, fields := range []object{c.before, c.after} {
				changed := deepCopy(p.objects[c.subject]).(object)
				maps.Copy(at(changed, c.path...), fields)
				inputs[i] = outcomeOf(t, p.requestWith(c.subject, changed)).components["engine"].input
			}
			assert.Equal(t, c.want, sync.CauseOfChange(inputs[0], inputs[1]))
		})
	}
}

// TestKEDAThatIsRemovedBesideZeroOfTheRuntimeIsTheUsersChange: the runtime's zero then makes a Knative
// Service, and the runtime did not change.
func TestKEDAThatIsRemovedBesideZeroOfTheRuntimeIsTheUsersChange(t *testing.T) {
	w := newWorld(t, "RawDeployment")
	at(w.objects[theRuntime], "spec", "engineConfig")["minReplicas"] = int64(0)
	p := w.prepare(t)
	service := deepCopy(p.objects[theService]).(object)
	delete(at(service, "spec"), "decoder")
	without := outcomeOf(t, p.requestWith(theService, service)).components["engine"].input
	at(service, "spec", "engine")["autoscaler"] = object{"class": "KEDA", "keda": object{"triggers": []any{object{"type": "cron", "metadata": object{}}}}}
	assert.Equal(t, "service", sync.CauseOfChange(outcomeOf(t, p.requestWith(theService, service)).components["engine"].input, without))
}

// TestAFieldOfOneComponentIsNoChangeOfAnother: the components of a service roll one by one.
func TestAFieldOfOneComponentIsNoChangeOfAnother(t *testing.T) {
	p := newWorld(t, "RawDeployment").prepare(t)
	base := outcomeOf(t, p.requestWith("", nil))
	for _, changed := range []string{"engine", "decoder", "router"} {
		service := deepCopy(p.objects[theService]).(object)
		at(service, "spec", changed)["nodeSelector"] = object{"pool": "b"}
		after := outcomeOf(t, p.requestWith(theService, service))
		for component, was := range base.components {
			assert.Equal(t, component == changed, was.input != after.components[component].input, "%s changed: %s", changed, component)
		}
	}
}

// TestTheContainerOfThePredictorsModelIsTheServices: what the deprecated predictor says of a container
// beside its references becomes the runner.
func TestTheContainerOfThePredictorsModelIsTheServices(t *testing.T) {
	p := newWorld(t, "a predictor").prepare(t)
	base := outcomeOf(t, p.requestWith("", nil)).components["engine"]
	for field, value := range map[string]any{"image": "own", "storageUri": "hf://a/b", "env": []any{object{"name": "A", "value": "b"}}} {
		service := deepCopy(p.objects[theService]).(object)
		at(service, "spec", "predictor", "model")[field] = value
		after := outcomeOf(t, p.requestWith(theService, service)).components["engine"]
		assert.NotEqual(t, base.template, after.template, field)
		assert.Equal(t, "service", sync.CauseOfChange(base.input, after.input), field)
	}
}

// TestWhatARevisionDoesNotHaveIsNoEdit: isvc writes the bounds of a revision itself, and the visibility
// and the ports of nodes are not for its pods.
func TestWhatARevisionDoesNotHaveIsNoEdit(t *testing.T) {
	p := newWorld(t, "Serverless").prepare(t)
	with := func(engine object) podsMade {
		service := deepCopy(p.objects[theService]).(object)
		maps.Copy(at(service, "spec", "engine"), engine)
		return outcomeOf(t, p.requestWith(theService, service)).components["engine"]
	}
	port := object{"containerPort": int64(8080)}
	base := with(object{"runner": object{"ports": []any{port}}, "maxReplicas": int64(3)})
	changed := with(object{
		"labels":      object{"networking.knative.dev/visibility": "cluster-local"},
		"annotations": object{"autoscaling.knative.dev/min-scale": "2", "autoscaling.knative.dev/max-scale": "3"},
		"runner":      object{"ports": []any{object{"containerPort": int64(8080), "hostPort": int64(80), "hostIP": "10.0.0.1"}}}, "maxReplicas": int64(3),
	})
	assert.Equal(t, base, changed)
	assert.NotEqual(t, base.input, with(object{"annotations": object{"autoscaling.knative.dev/window": "30s"}}).input)
}

// TestThePlaceholderOfARuntimeIsNoEditOfTheService: a platform team names a label of services in a
// placeholder. The services did not change.
func TestThePlaceholderOfARuntimeIsNoEditOfTheService(t *testing.T) {
	p := newWorld(t, "RawDeployment").prepare(t)
	base := outcomeOf(t, p.requestWith("", nil)).components["engine"]
	runtime := deepCopy(p.objects[theRuntime]).(object)
	at(runtime, "spec", "engineConfig", "runner")["args"] = []any{"{{.Labels.team}}"}
	after := outcomeOf(t, p.requestWith(theRuntime, runtime)).components["engine"]
	assert.Equal(t, "shared", sync.CauseOfChange(base.input, after.input))
}

// TestAnEditOfNamedMetadataIsTheUsersWhileACatalogueChangeWaits: a held change of the catalogue does not
// hide who changed a label that the configuration names.
func TestAnEditOfNamedMetadataIsTheUsersWhileACatalogueChangeWaits(t *testing.T) {
	w := newWorld(t, "metadata that the configuration names")
	base := outcomeOf(t, w.prepare(t).requestWith("", nil)).components["engine"]
	at(w.objects[theRuntime], "spec", "engineConfig")["nodeSelector"] = object{"pool": "b"}
	p := w.prepare(t)
	waiting := outcomeOf(t, p.requestWith("", nil)).components["engine"]
	assert.Equal(t, "shared", sync.CauseOfChange(base.input, waiting.input))
	service := deepCopy(p.objects[theService]).(object)
	at(service, "metadata", "labels")["team"] = "y"
	assert.Equal(t, "service", sync.CauseOfChange(base.input, outcomeOf(t, p.requestWith(theService, service)).components["engine"].input))
}

// TestDigestsOfHugeInputAreMadeSoon: many labels and many placeholders for them take no minutes.
func TestDigestsOfHugeInputAreMadeSoon(t *testing.T) {
	const many = 10_000
	w := newWorld(t, "RawDeployment")
	labels, arguments := at(w.objects[theService], "metadata", "labels"), make([]any, many)
	for i := range many {
		labels["label-"+strconv.Itoa(i)] = "x"
		arguments[i] = "{{.Labels.a" + strconv.Itoa(i) + "}}"
	}
	at(w.objects[theService], "spec", "engine", "runner")["args"] = arguments
	at(w.objects[theRuntime], "spec", "decoderConfig", "runner")["args"] = arguments
	w.sections["deploy"]["templateLabels"] = []any{"label-1*"}
	request := w.prepare(t).requestWith("", nil)
	start := time.Now()
	outcomeOf(t, request)
	assert.Less(t, time.Since(start), slowdown*5*time.Second)
}
