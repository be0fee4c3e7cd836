package modes

import (
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
)

// disruptionBudget limits how many pods of a raw component a drain may take.
// Without a bound of the component's own, one pod may be missing.
func disruptionBudget(c *Component, labels map[string]string) Built {
	var findings []finding.Finding
	budget := &policyv1.PodDisruptionBudget{
		TypeMeta:   typeMeta(kinds.PodDisruptionBudget),
		ObjectMeta: objectMeta(c, c.Name, labels, c.Annotations),
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: appSelector(c)}},
	}
	least, most := c.Extension.MinAvailable, c.Extension.MaxUnavailable
	switch {
	case least != nil && most != nil:
		findings = append(findings, finding.Finding{
			Subject: string(c.Type) + "/disruption", Reason: ReasonBudgetIgnored, Message: fmt.Sprintf(
				"spec.%s sets both minAvailable (%s) and maxUnavailable (%s), which a PodDisruptionBudget cannot hold together: "+
					"maxUnavailable is ignored; keep only one of the two", c.Type, least, most),
		})
		fallthrough
	case least != nil:
		budget.Spec.MinAvailable = least
	case most != nil:
		budget.Spec.MaxUnavailable = most
	default:
		one := intstr.FromInt32(1)
		budget.Spec.MaxUnavailable = &one
	}
	return Built{Objects: Objects{budget}, Findings: findings}
}
