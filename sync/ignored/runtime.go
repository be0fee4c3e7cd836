package ignored

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/resolve"
)

// OnlyDescribes: the entry lists fields of the runtime that say something to people, or to other
// services. Seen in isvc explain.
const OnlyDescribes = "OnlyDescribes"

// DecidesNothing ends the message of the entry.
const DecidesNothing = ": decides nothing about this service"

// runtimeFieldIgnored says that fields of the runtime have no effect.
func runtimeFieldIgnored(in *Input, path, format string, args ...any) []idle {
	return []idle{{
		subject: "runtime/" + in.Runtime.Name, reason: ReasonRuntimeFieldIgnored,
		where: []string{in.runtimeName() + " " + path}, why: fmt.Sprintf(format, args...),
	}}
}

// runtimeFieldsNobodyReads are those of the older pod template, of which services get the node selector
// and the resources of containers only, as in OME; and demands on accelerators that OME declares.
func runtimeFieldsNobodyReads(in *Input) []idle {
	if in.Runtime == nil {
		return nil
	}
	spec := in.Runtime.Spec
	var all []idle
	for field := range fieldsSet(spec.ServingRuntimePodSpec) {
		if field != "nodeSelector" && field != "containers" {
			all = append(all, runtimeFieldIgnored(in, "spec."+field, ": write it below spec.engineConfig")...)
		}
	}
	for i := range spec.Containers {
		all = append(all, containerFieldsNobodyReads(in, &spec.Containers[i])...)
	}
	if spec.WorkerPodSpec != nil {
		all = append(all, runtimeFieldIgnored(in, "spec.workers", ": describe workers in spec.engineConfig.worker")...)
	}
	if needs := spec.AcceleratorRequirements; needs != nil {
		for field := range fieldsSet(*needs) {
			if field != "acceleratorClasses" {
				all = append(all, runtimeFieldIgnored(in, "spec.acceleratorRequirements."+field, ": list the classes that have it in acceleratorClasses, or write it into constraints of the services")...)
			}
		}
	}
	return append(all, memoryPerParameter(in)...)
}

// containerFieldsNobodyReads: of an older container, the runner of its name gets requests and limits.
func containerFieldsNobodyReads(in *Input, c *corev1.Container) []idle {
	path := "spec.containers[" + c.Name + "]"
	isRunner := slices.ContainsFunc(in.parts(), func(p part) bool {
		return p.component.Runner == c.Name || p.component.WorkerRunner == c.Name
	})
	var all []idle
	for field := range fieldsSet(*c) {
		switch {
		case field == "name":
		case field == "resources" && isRunner && len(c.Resources.Claims) == 0:
		case field == "resources" && isRunner:
			all = append(all, runtimeFieldIgnored(in, path+".resources.claims", ": write it below spec.engineConfig.runner")...)
		case field == "resources":
			all = append(all, runtimeFieldIgnored(in, path+".resources", ": no runner has the name of the container: write it below spec.engineConfig.runner")...)
		default:
			all = append(all, runtimeFieldIgnored(in, path+"."+field, ": write it below spec.engineConfig.runner")...)
		}
	}
	return all
}

// memoryPerParameter is declared by OME and read by nothing.
func memoryPerParameter(in *Input) []idle {
	for _, chosen := range in.Accelerators {
		if chosen != nil && chosen.Config != nil && chosen.Config.MinMemoryPerBillionParams != nil {
			return runtimeFieldIgnored(in, "spec.supportedModelFormats.acceleratorConfig["+chosen.Name+"].minMemoryPerBillionParams",
				": ask for enough accelerators in the runner's resources")
		}
	}
	return nil
}

// runtimeSizesNobodyUnderstands are limits that count as open because they cannot be read.
func runtimeSizesNobodyUnderstands(in *Input) []idle {
	if in.Runtime == nil || in.Runtime.Spec.ModelSizeRange == nil {
		return nil
	}
	limits := in.Runtime.Spec.ModelSizeRange
	var all []idle
	for _, limit := range []struct {
		field string
		text  *string
	}{{"min", limits.Min}, {"max", limits.Max}} {
		if limit.text != nil && !resolve.IsSize(*limit.text) {
			all = append(all, runtimeFieldIgnored(in, "spec.modelSizeRange."+limit.field,
				": %q counts as 0: write a number with a suffix M, B or T, for example 70B", *limit.text)...)
		}
	}
	return all
}

// RecordDescriptions records which fields of a runtime only describe it, or are for other services. They
// are in most catalogues, so that findings about them would hide the others.
func RecordDescriptions(in *Input, record *trace.Recorder) {
	if in.Runtime == nil || !record.IsExplaining() {
		return
	}
	spec := in.Runtime.Spec
	var fields []string
	for field := range fieldsSet(*spec) {
		component, isTemplate := strings.CutSuffix(field, "Config")
		isAskedFor := specOf(&in.Service.Spec, v1beta1.ComponentType(component)) != nil // composed or not
		if field == "protocolVersions" || isTemplate && !isAskedFor {
			fields = append(fields, "spec."+field)
		}
	}
	hasClass := slices.ContainsFunc(slices.Collect(maps.Values(in.Accelerators)), func(a *resolve.Accelerator) bool { return a != nil })
	if spec.AcceleratorRequirements != nil && !hasClass {
		fields = append(fields, "spec.acceleratorRequirements.acceleratorClasses")
	}
	for _, format := range spec.SupportedModelFormats {
		for name := range fieldsSet(format) {
			isDescription := name == "name" || name == "version" || name == "modelType" || name == "acceleratorConfig" && !hasClass
			isForSelection := !in.Runtime.Selected && (name == "autoSelect" || name == "priority")
			if path := "spec.supportedModelFormats." + name; (isDescription || isForSelection) && !slices.Contains(fields, path) {
				fields = append(fields, path)
			}
		}
	}
	if !in.Runtime.Selected {
		fields = append(fields, weightsOfMatches(spec.SupportedModelFormats)...)
	}
	if len(fields) > 0 {
		record.AddEntry(trace.Entry{
			Subject: "runtime/" + in.Runtime.Name, Verdict: trace.Set, Reason: OnlyDescribes,
			Message: strings.Join(fields, ", ") + DecidesNothing,
		})
	}
}

// weightsOfMatches are the paths of the weights that formats give, which choose among runtimes.
func weightsOfMatches(formats []v1beta1.SupportedModelFormat) []string {
	var fields []string
	if slices.ContainsFunc(formats, func(f v1beta1.SupportedModelFormat) bool { return f.ModelFormat != nil && f.ModelFormat.Weight != nil }) {
		fields = append(fields, "spec.supportedModelFormats.modelFormat.weight")
	}
	if slices.ContainsFunc(formats, func(f v1beta1.SupportedModelFormat) bool {
		return f.ModelFramework != nil && f.ModelFramework.Weight != nil
	}) {
		fields = append(fields, "spec.supportedModelFormats.modelFramework.weight")
	}
	return fields
}
