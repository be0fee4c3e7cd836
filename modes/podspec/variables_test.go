package podspec_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/modes/podspec"
)

func TestReferences(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"plain":               nil,
		"$":                   nil,
		"$A ${B}":             nil,
		"$(A)":                {"A"},
		"$(A)/$(B)-$(A)":      {"A", "B", "A"},
		"$$(A)":               nil,
		"$$$(A)":              {"A"},
		"$(A":                 nil,
		"$(A) $(B":            {"A"},
		"a)$(LWS_GROUP_SIZE)": {"LWS_GROUP_SIZE"},
	} {
		assert.Equal(t, want, podspec.References(text), text)
	}
}

// variables writes "A=1 B=$(A)" as environment.
func variables(text string) []corev1.EnvVar {
	var env []corev1.EnvVar
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		env = append(env, corev1.EnvVar{Name: name, Value: value})
	}
	return env
}

func TestVariablesStandAfterWhatTheyReferTo(t *testing.T) {
	for sentence, test := range map[string]struct{ env, want string }{
		"no references, no change":              {"B=1 A=2", "B=1 A=2"},
		"what is referred to comes first":       {"A=$(C)/x B=1 C=2", "C=2 A=$(C)/x B=1"},
		"through another variable":              {"A=$(B) B=$(C) C=1", "C=1 B=$(C) A=$(B)"},
		"several in the order of the reference": {"A=$(C)$(B) B=1 C=2", "C=2 B=1 A=$(C)$(B)"},
		"an earlier one stays":                  {"C=2 B=1 A=$(C)", "C=2 B=1 A=$(C)"},
		"an unknown name changes nothing":       {"A=$(POD) B=1", "A=$(POD) B=1"},
		"an escaped reference is text":          {"A=$$(B) B=1", "A=$$(B) B=1"},
		"a reference to itself stays":           {"A=1 PATH=$(PATH):/x", "A=1 PATH=$(PATH):/x"},
		"a circle has a last reference":         {"C=1 B=$(A) A=$(B)", "C=1 A=$(B) B=$(A)"},
	} {
		t.Run(sentence, func(t *testing.T) {
			pod := &corev1.PodSpec{
				InitContainers: []corev1.Container{{Env: variables(test.env)}},
				Containers:     []corev1.Container{{}, {Env: variables(test.env)}},
			}
			podspec.OrderVariables(pod)
			assert.Equal(t, variables(test.want), pod.Containers[1].Env)
			assert.Equal(t, variables(test.want), pod.InitContainers[0].Env, "init containers too")
		})
	}
}

// TestOrderOfVariablesInAnyList builds lists without circles in any order: afterwards every
// reference leads to an earlier variable, nothing is lost, and ordering again changes nothing.
func TestOrderOfVariablesInAnyList(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for range 2000 {
		env := make([]corev1.EnvVar, 1+random.IntN(8))
		for i := range env {
			env[i].Name = "V" + strconv.Itoa(i)
			for range random.IntN(3) {
				if i > 0 {
					env[i].Value += "$(V" + strconv.Itoa(random.IntN(i)) + ")"
				}
			}
		}
		random.Shuffle(len(env), func(i, j int) { env[i], env[j] = env[j], env[i] })
		pod := &corev1.PodSpec{Containers: []corev1.Container{{Env: env}}}
		podspec.OrderVariables(pod)
		ordered := pod.Containers[0].Env
		assert.ElementsMatch(t, env, ordered)
		for at, variable := range ordered {
			for _, name := range podspec.References(variable.Value) {
				assert.Less(t, podspec.IndexOfVariable(ordered, name), at, "%v", ordered)
			}
		}
		again := &corev1.PodSpec{Containers: []corev1.Container{{Env: ordered}}}
		podspec.OrderVariables(again)
		assert.Equal(t, ordered, again.Containers[0].Env)
	}
}
