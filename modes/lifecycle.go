package modes

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// groupRolloutStrategy is how groups are replaced: as the component's strategy says, with one group taken
// away and one added at a time where that does not say it. Recreate takes all groups away before new ones
// come. The number of groups that keep their template is the lifecycle's.
func groupRolloutStrategy(c *Component) lwsv1.RolloutStrategy {
	update := &lwsv1.RollingUpdateConfiguration{MaxUnavailable: intstr.FromInt32(1), MaxSurge: intstr.FromInt32(1)}
	switch given := c.Extension.DeploymentStrategy; {
	case given == nil:
	case given.Type == appsv1.RecreateDeploymentStrategyType:
		update.MaxSurge, update.MaxUnavailable = intstr.FromInt32(0), intstr.FromString("100%")
	case given.RollingUpdate != nil:
		update.MaxSurge = ptr.Deref(given.RollingUpdate.MaxSurge, update.MaxSurge)
		update.MaxUnavailable = ptr.Deref(given.RollingUpdate.MaxUnavailable, update.MaxUnavailable)
	}
	*update = thatGroupsMayHave(*update, max(1, c.Scaling.Min))
	if lifecycle := c.Extension.Lifecycle; lifecycle != nil && lifecycle.UpdateStrategy != nil && lifecycle.UpdateStrategy.RollingUpdate != nil {
		update.Partition = lifecycle.UpdateStrategy.RollingUpdate.Partition
	}
	return lwsv1.RolloutStrategy{Type: lwsv1.RollingUpdateStrategyType, RollingUpdateConfiguration: update}
}

// thatGroupsMayHave is a rolling update that the webhook of LeaderWorkerSet accepts for a number of groups
// or more. It refuses more than 100 %, and zero of both after rounding, where a Deployment takes one replica
// away.
func thatGroupsMayHave(update lwsv1.RollingUpdateConfiguration, groups int32) lwsv1.RollingUpdateConfiguration {
	if update.MaxSurge.Type == intstr.String && ScaledReplicas(update.MaxSurge, 100, true) > 100 {
		update.MaxSurge = intstr.FromString("100%")
	}
	if ScaledReplicas(update.MaxSurge, groups, true) > 0 || ScaledReplicas(update.MaxUnavailable, groups, false) > 0 {
		return update
	}
	update.MaxUnavailable = intstr.FromInt32(1)
	return update
}

// ScaledReplicas is a number or percentage of some replicas, rounded up or down; 0 for what is neither.
func ScaledReplicas(n intstr.IntOrString, replicas int32, roundUp bool) int32 {
	scaled, err := intstr.GetScaledValueFromIntOrPercent(&n, int(replicas), roundUp)
	if err != nil {
		return 0
	}
	return int32(min(max(scaled, 0), math.MaxInt32)) //nolint:gosec // in this range
}

// StartsNewReplicasFirst reports whether an update adds replicas and takes none away before they serve, so
// that it ends only where there is room for more. Deployments and LeaderWorkerSets round alike.
func StartsNewReplicasFirst(surge, unavailable intstr.IntOrString, replicas int32) bool {
	return ScaledReplicas(surge, replicas, true) > 0 && ScaledReplicas(unavailable, replicas, false) == 0
}

// TakesAllReplicas reports whether an update may take all replicas away at once. Replicas that it adds at
// the same time do not help: neither controller waits for them.
func TakesAllReplicas(surge, unavailable intstr.IntOrString, replicas int32) bool {
	least := ScaledReplicas(unavailable, replicas, false)
	if ScaledReplicas(surge, replicas, true) == 0 {
		least = max(1, least)
	}
	return replicas > 0 && least >= replicas
}

// restartPolicyOfGroups restarts a group as a whole, because its pods compute together, unless the
// component's lifecycle says otherwise.
func restartPolicyOfGroups(c *Component) lwsv1.RestartPolicyType {
	if lifecycle := c.Extension.Lifecycle; lifecycle != nil && lifecycle.RestartPolicy == v1beta1.RestartNone {
		return lwsv1.NoneRestartPolicy
	}
	return lwsv1.RecreateGroupOnPodRestart
}

// minReadySeconds is how long a new pod of a Deployment must be ready before it counts: what the
// component's lifecycle says, else the configuration.
func minReadySeconds(env *Env, c *Component) int32 {
	if own := c.Extension.Lifecycle; own != nil && own.MinReadySeconds != nil {
		return max(0, *own.MinReadySeconds)
	}
	return ptr.Deref(env.Config.Deploy.MinReadySeconds, 0)
}
