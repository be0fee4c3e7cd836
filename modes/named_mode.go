package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// NamedMode is the mode that is named for a component, and where, in words: by the component's annotation
// ome.io/deploymentMode, which the runtime's template may have too, or else by spec.deploymentMode.
// Of a decoder or a router, only the values of the annotation count that OME gave a meaning in v1.3;
// before, OME read the engine's alone. Both results are empty where no mode is named.
func NamedMode(component v1beta1.ComponentType, annotation string, field v1beta1.DeploymentMode) (mode v1beta1.DeploymentMode, where string) {
	annotated := v1beta1.DeploymentMode(annotation)
	_, known := Of(annotated)
	switch {
	case annotated == v1beta1.OMENative, annotated == v1beta1.RawDeployment, known && component == v1beta1.EngineComponent:
		return annotated, fmt.Sprintf("the %s's annotation %s", component, v1beta1.AnnotationDeploymentMode)
	case field == v1beta1.OMENative, field == v1beta1.RawDeployment:
		return field, "spec.deploymentMode"
	}
	return "", ""
}
