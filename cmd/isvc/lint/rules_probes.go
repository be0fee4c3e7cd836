package lint

import (
	"math"

	corev1 "k8s.io/api/core/v1"
)

func startupProbeMissing(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		if c.StartupProbe == nil && c.needsProbes() {
			found(c.workload.objectName(), c.field+".startupProbe",
				"the container uses accelerators and has no startup probe: add one that allows %d s for loading", int64(math.Ceil(s.loadingTime())))
		}
	}
}

// needsProbes reports whether a container is in the first pod of its workload or has probes: the
// workers of a group often have none.
func (c container) needsProbes() bool {
	return c.pod.field == c.workload.pods[0].field || c.LivenessProbe != nil || c.ReadinessProbe != nil
}

func livenessKillsLoading(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		if c.LivenessProbe == nil || c.StartupProbe != nil {
			continue
		}
		if allowed := probeWindow(c.LivenessProbe); allowed < s.loadingTime() {
			found(c.workload.objectName(), c.field+".livenessProbe",
				"the container is restarted when it does not answer %.0f s after its start, and loading is allowed %.0f s: add a startup probe", allowed, s.loadingTime())
		}
	}
}

func startupKillsLoading(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		if c.StartupProbe == nil {
			continue
		}
		if allowed := probeWindow(c.StartupProbe); allowed < s.loadingTime() {
			found(c.workload.objectName(), c.field+".startupProbe",
				"the container is restarted when it does not answer %.0f s after its start, and loading is allowed %.0f s: raise failureThreshold", allowed, s.loadingTime())
		}
	}
}

// probeWindow is the time after which a probe gives up, in seconds, with the defaults of
// Kubernetes.
func probeWindow(p *corev1.Probe) float64 {
	period, failures := p.PeriodSeconds, p.FailureThreshold
	if period <= 0 {
		period = 10
	}
	if failures <= 0 {
		failures = 3
	}
	return float64(p.InitialDelaySeconds) + float64(period)*float64(failures)
}
