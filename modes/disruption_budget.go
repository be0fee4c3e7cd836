package modes

import (
	"fmt"
	"math"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
)

// makePodDisruptionBudget limits how many of the selected pods a drain may take: as the component
// says, else as is configured, else one.
func makePodDisruptionBudget(env *Env, c *Component, labels, selector map[string]string) Built {
	bounds, findings := disruptionBounds(env, c, env.Config.Budget.RawDeployment)
	return Built{Objects: Objects{disruptionBudget(c, labels, selector, bounds)}, Findings: findings}
}

// makeGroupDisruptionBudget limits how many groups of a component a drain may take: as the component
// says, else as is configured for OME's own mode, else one. A pod that goes takes its whole group with it, a worker as much as a leader. So all
// pods of the groups are under the budget.
func makeGroupDisruptionBudget(env *Env, c *Component, labels map[string]string) Built {
	bounds, findings := disruptionBounds(env, c, env.Config.Budget.OMENative)
	budget := disruptionBudget(c, labels, componentIdentityLabels(c), bounds.inPodsOfGroups(c.Scaling, podsPerGroup(c)))
	return Built{Objects: Objects{budget}, Findings: findings}
}

func disruptionBudget(c *Component, labels, selector map[string]string, bounds budgetBounds) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   typeMetaOf(kinds.PodDisruptionBudget),
		ObjectMeta: componentObjectMeta(c, c.Name, labels, c.Annotations),
		Spec: policyv1.PodDisruptionBudgetSpec{
			Selector:       &metav1.LabelSelector{MatchLabels: selector},
			MinAvailable:   bounds.minAvailable,
			MaxUnavailable: bounds.maxUnavailable,
		},
	}
}

// budgetBounds are how many replicas must stay or may go. One of the two is set.
type budgetBounds struct{ minAvailable, maxUnavailable *intstr.IntOrString }

// disruptionBounds are the bounds of a component, else the configured ones; one replica may go where
// neither says anything.
func disruptionBounds(env *Env, c *Component, configured *config.BudgetBounds) (budgetBounds, []finding.Finding) {
	minAvailable, maxUnavailable := c.Extension.MinAvailable, c.Extension.MaxUnavailable
	switch {
	case minAvailable != nil && maxUnavailable != nil:
		return budgetBounds{minAvailable: minAvailable}, []finding.Finding{{
			Subject: string(c.Type) + "/disruption", Reason: ReasonBudgetIgnored, Message: fmt.Sprintf(
				"spec.%s sets both minAvailable (%s) and maxUnavailable (%s), which a PodDisruptionBudget cannot hold together: "+
					"maxUnavailable is ignored; keep only one of the two", c.Type, minAvailable, maxUnavailable),
		}}
	case minAvailable == nil && maxUnavailable == nil && configured != nil:
		return budgetBounds{minAvailable: configured.MinAvailable, maxUnavailable: configured.MaxUnavailable}, nil
	case minAvailable == nil && maxUnavailable == nil:
		return budgetBounds{maxUnavailable: wholeNumber(1)}, unusableBudgets(env, c)
	}
	return budgetBounds{minAvailable: minAvailable, maxUnavailable: maxUnavailable}, nil
}

// unusableBudgets says that the configured bounds cannot be used.
func unusableBudgets(env *Env, c *Component) []finding.Finding {
	text, broken := env.Config.Problems[config.SectionBudget]
	if !broken {
		return nil
	}
	return []finding.Finding{{
		Subject: string(c.Type) + "/disruption", Reason: ReasonBudgetIgnored, Message: fmt.Sprintf(
			"the %s has a disruption budget of maxUnavailable 1, because key %s of ConfigMap %s cannot be used: %s; correct it, or set spec.%s.maxUnavailable",
			c.Type, config.SectionBudget, config.MapName, text, c.Type),
	}}
}

// inPodsOfGroups turns bounds of groups into bounds of their pods, of which each group has so many.
//
// As many pods may go as groups: then no more groups are hit, whatever pods those are. Where the
// number of groups varies, that of the fewest counts. If these must all stay and more may come, the
// pods of the first number of groups of which one may go must stay, but for one.
func (b budgetBounds) inPodsOfGroups(scaling Scaling, podsOfGroup int32) budgetBounds {
	groups := max(1, scaling.Min)
	mayGo, legal := b.mayGoOf(groups)
	if podsOfGroup == 1 || !legal {
		return b
	}
	if mayGo > 0 || b.minAvailable == nil || scaling.Replicas != nil {
		return budgetBounds{maxUnavailable: wholeNumber(mayGo)}
	}
	first, found := b.firstOfWhichOneMayGo()
	mustStay := int64(first)*int64(podsOfGroup) - 1
	if !found || first > scaling.Max || mustStay > math.MaxInt32 {
		return budgetBounds{maxUnavailable: wholeNumber(0)}
	}
	return budgetBounds{minAvailable: wholeNumber(int32(mustStay))}
}

// mayGoOf is how many of a number of replicas may go, and whether the bounds are legal.
func (b budgetBounds) mayGoOf(replicas int32) (int32, bool) {
	bound := b.maxUnavailable
	if b.minAvailable != nil {
		bound = b.minAvailable
	}
	count, err := intstr.GetScaledValueFromIntOrPercent(bound, int(replicas), true) // Kubernetes rounds both up
	if err != nil || count < 0 {
		return 0, false
	}
	count = min(count, math.MaxInt32)
	if b.minAvailable != nil {
		return max(0, replicas-int32(count)), true
	}
	return int32(count), true
}

// firstOfWhichOneMayGo is the smallest number of replicas of which one may go. There is none where
// all must stay.
func (b budgetBounds) firstOfWhichOneMayGo() (int32, bool) {
	if b.minAvailable.Type == intstr.Int {
		return b.minAvailable.IntVal + 1, b.minAvailable.IntVal < math.MaxInt32
	}
	for replicas := int32(1); replicas <= 100; replicas++ { // a percentage below 100 lets one of 100 go
		if mayGo, _ := b.mayGoOf(replicas); mayGo > 0 {
			return replicas, true
		}
	}
	return 0, false
}

func wholeNumber(n int32) *intstr.IntOrString {
	number := intstr.FromInt32(n)
	return &number
}
