package resolve

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Overlays are the models that a service has mounted beside the one that it serves.
type Overlays struct {
	// Mounted are those that its pods have, in the order of the service, each once.
	Mounted []*Model
	// Skipped are the names of those that are left out.
	Skipped []string
}

// FindOverlays finds the models of spec.model.overlays. One that is disabled, or that no pod can mount,
// is left out with the finding OverlaySkipped. One that is not ready yet is mounted: pods wait for a
// node that has it, because a pod template that follows the state of a model restarts what runs.
//
// Findings: ModelNotFound and ModelInvalid.
func FindOverlays(cat *Catalog, ref *v1beta1.ModelRef, rec *trace.Recorder) (Overlays, *finding.Finding) {
	var out Overlays
	if ref == nil {
		return out, nil
	}
	seen := map[string]bool{}
	for _, overlay := range ref.Overlays {
		if seen[overlay.Name] {
			continue
		}
		seen[overlay.Name] = true
		field := "spec.model.overlays[" + overlay.Name + "]"
		model, failure := followReference(cat, reference{
			field: field, subject: "overlay", name: overlay.Name, kind: overlay.Kind,
			kinds:    [2]string{KindBaseModel, KindClusterBaseModel},
			notFound: ModelNotFound, invalid: ModelInvalid,
		}, cat.modelOfKind, rec)
		if failure != nil {
			return Overlays{}, failure
		}
		if why := whyNotMounted(model); why != "" {
			out.Skipped = append(out.Skipped, overlay.Name)
			rec.AddFinding("overlay/"+overlay.Name, OverlaySkipped, fmt.Sprintf(
				"%s has no effect: %s: correct the model, or remove it from the list", field, why))
			continue
		}
		recordModelState(model, rec)
		out.Mounted = append(out.Mounted, model)
	}
	return out, nil
}

// whyNotMounted says why no pod mounts an overlay; "" where pods do.
func whyNotMounted(model *Model) string {
	named := KindAndName(model.Kind, model.Name)
	switch {
	case isTrue(model.Spec.Disabled):
		return named + " is disabled"
	case model.IsSharded():
		return named + " has spec.distribution Sharded, so that no node has all of it"
	case model.DirectoryOnNode() == "" && !model.IsOnClaim():
		return named + " has no spec.storage.path, the directory in which nodes have it"
	}
	return ""
}
