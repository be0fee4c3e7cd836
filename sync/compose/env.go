package compose

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// The variables that the pods of a service can rely on.
const (
	envModelPath   = "MODEL_PATH"
	envServedModel = "SERVED_MODEL_NAME"
	envTFEWPath    = "TFEW_PATH"
	envParallelism = "PARALLELISM_SIZE"
)

// addEnv adds the variables of the model, the weight, the accelerator class
// and a router's config, each sorted, after those that are there.
func (b *builder) addEnv(p *pod) {
	if !b.serving() {
		b.setAll(p, b.spec.Config, "RouterConfig")
		return
	}
	if b.Weight != nil {
		b.addWeightEnv(p)
	} else if path := b.modelPath(); path != "" && b.mountsModel() {
		b.addIfAbsent(p, envModelPath, path, "ModelStorage")
	}
	if config := b.acceleratorConfig(); config != nil {
		b.setAll(p, config.EnvironmentOverride, "AcceleratorOverride")
	}
}

// addWeightEnv sets what the servers of two vendors need to find a fine-tuned
// model.
func (b *builder) addWeightEnv(p *pod) {
	switch b.vendor() {
	case "meta":
		b.set(p, envServedModel, "/data/"+b.out.Annotations[v1beta1.AnnotationInjectFineTunedAdapter], "FineTunedWeight")
		b.addIfAbsent(p, envModelPath, modelDirectory, "FineTunedWeight")
	case "cohere":
		if b.stackedTFEW() {
			b.addIfAbsent(p, envTFEWPath, tfewDirectory+"/fastertransformer/1", "FineTunedWeight")
		}
	}
}

// vendor is the model's vendor as the annotations say it.
func (b *builder) vendor() string {
	return b.out.Annotations[v1beta1.AnnotationBaseModelVendor]
}

func (b *builder) setAll(p *pod, values map[string]string, reason string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		b.set(p, name, values[name], reason)
	}
}

// set gives a variable a literal value, in its place or at the end.
func (b *builder) set(p *pod, name, value, reason string) {
	env := corev1.EnvVar{Name: name, Value: value}
	verdict := trace.Set
	if at := envNamed(p.runner.Env, name); at >= 0 {
		p.runner.Env[at] = env
		verdict = trace.Overridden
	} else {
		p.runner.Env = append(p.runner.Env, env)
	}
	b.tellContainer(p, "env/"+name, verdict, reason, value)
}

// addIfAbsent gives a variable a value unless somebody did.
func (b *builder) addIfAbsent(p *pod, name, value, reason string) {
	if envNamed(p.runner.Env, name) < 0 {
		b.set(p, name, value, reason)
	}
}

// envNamed returns the position of a variable, or -1.
func envNamed(env []corev1.EnvVar, name string) int {
	for i := range env {
		if env[i].Name == name {
			return i
		}
	}
	return -1
}

// tellContainer records what was put into the runner of a pod.
func (b *builder) tellContainer(p *pod, what string, verdict trace.Verdict, reason, value string) {
	if !b.Record.On() {
		return
	}
	if env, is := strings.CutPrefix(what, "env/"); is && redact.IsSecretName(env) {
		value = hidden
	}
	b.Record.Add(trace.Entry{
		Subject: p.subject(b.kind) + "/runner/" + what, Verdict: verdict, Reason: reason, Value: value,
	})
	b.remember(p, what, reason)
}
