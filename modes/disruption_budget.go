package modes

import (
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
)

// makePodDisruptionBudget limits how many pods of a component a drain may take: as the component
// says, else one.
func makePodDisruptionBudget(c *Component, labels map[string]string) Built {
	var findings []finding.Finding
	budget := &policyv1.PodDisruptionBudget{
		TypeMeta:   typeMetaOf(kinds.PodDisruptionBudget),
		ObjectMeta: componentObjectMeta(c, c.Name, labels, c.Annotations),
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: appLabelSelector(c)}},
	}
	minAvailable, maxUnavailable := c.Extension.MinAvailable, c.Extension.MaxUnavailable
	switch {
	case minAvailable != nil && maxUnavailable != nil:
		findings = append(findings, finding.Finding{
			Subject: string(c.Type) + "/disruption", Reason: ReasonBudgetIgnored, Message: fmt.Sprintf(
				"spec.%s sets both minAvailable (%s) and maxUnavailable (%s), which a PodDisruptionBudget cannot hold together: "+
					"maxUnavailable is ignored; keep only one of the two", c.Type, minAvailable, maxUnavailable),
		})
		fallthrough
	case minAvailable != nil:
		budget.Spec.MinAvailable = minAvailable
	case maxUnavailable != nil:
		budget.Spec.MaxUnavailable = maxUnavailable
	default:
		one := intstr.FromInt32(1)
		budget.Spec.MaxUnavailable = &one
	}
	return Built{Objects: Objects{budget}, Findings: findings}
}
