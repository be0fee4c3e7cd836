package sync

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// The findings about rollouts. Seen in SpecHonored.
const (
	// ReasonInvalidRollout: an annotation about rollouts is not understood and counts as Hold. Fix:
	// correct the annotation that the message names.
	ReasonInvalidRollout = "InvalidRollout"
	// ReasonRevisionIgnored: spec.runtime.revision names a record of OME's own controller. Fix: remove
	// the field; autoSync false alone keeps running pods as they are.
	ReasonRevisionIgnored = "RevisionIgnored"
)

// rolloutRulesOf returns the rules for a service: those of the configuration, which annotations of the
// service override. The percentage takes a share of the services out of what the configuration holds,
// not out of what a service asks to hold itself.
func rolloutRulesOf(
	req *Request, service inferenceService, refs references, pair pairOfRoles, conf *config.Config, record *trace.Recorder,
) rolloutRules {
	annotations := service.given.Annotations
	byConfig := func(policy config.RolloutPolicy) config.RolloutPolicy {
		if percentileOf(string(service.given.UID)) < conf.Rollout.Percent {
			return config.Roll
		}
		return policy
	}
	onCatalogueChange, release := byConfig(conf.Rollout.OnCatalogueChange), annotations[v1beta1.AnnotationRelease]
	if isPinned(service.effective.Spec.Runtime, record) {
		onCatalogueChange = config.Hold
		release = cmp.Or(release, annotations[v1beta1.AnnotationRuntimeSync])
	}
	return rolloutRules{
		input: func(c *modes.Component) templateInput {
			input := func(c *modes.Component) templateInput {
				return newTemplateInput(req, service, refs, pair.annotationFor(c), c, conf)
			}
			own := input(c)
			for _, other := range pair.others(c) {
				own.others = append(own.others, input(other))
			}
			return own
		},
		release:           release,
		onUpgrade:         annotatedPolicy(annotations, v1beta1.AnnotationOnUpgrade, byConfig(conf.Rollout.OnUpgrade), record),
		onCatalogueChange: annotatedPolicy(annotations, v1beta1.AnnotationOnCatalogueChange, onCatalogueChange, record),
	}
}

// isPinned reports whether a service asks to stay with the runtime as it is, in OME's way. OME keeps
// records of its runtimes and can go back to one; here pods keep what they were made with.
func isPinned(ref *v1beta1.ServingRuntimeRef, record *trace.Recorder) bool {
	if ref == nil {
		return false
	}
	if ref.Revision != nil && *ref.Revision != "" {
		record.AddFinding("service/rollout", ReasonRevisionIgnored, fmt.Sprintf(
			"spec.runtime.revision %q is ignored: it names a record of OME's controller, which isvc does not have; "+
				"with autoSync false, pods keep the runtime that they were made with", *ref.Revision))
	}
	return ref.AutoSync != nil && !*ref.AutoSync
}

// annotatedPolicy is the policy that an annotation gives. What is not understood holds.
func annotatedPolicy(
	annotations map[string]string, key string, byDefault config.RolloutPolicy, record *trace.Recorder,
) config.RolloutPolicy {
	text, given := annotations[key]
	if !given {
		return byDefault
	}
	policy, err := config.ParseRolloutPolicy(text)
	if err != nil {
		record.AddFinding("service/rollout", ReasonInvalidRollout, fmt.Sprintf(
			"annotation %s: %v: until it is corrected, it counts as Hold", key, err))
		return config.Hold
	}
	return policy
}

// percentileOf is a number from 0 to 99 that belongs to a service for ever. The numbers of many
// services are evenly spread, so that a percentage takes its share of them, and a larger percentage
// only adds some.
func percentileOf(uid string) int32 {
	sum := sha256.Sum256([]byte(uid))
	return int32(binary.BigEndian.Uint64(sum[:8]) % 100) //nolint:gosec // below 100
}
