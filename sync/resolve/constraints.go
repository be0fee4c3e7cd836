package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// Reasons for which constraints reject an accelerator class, in the trace.
const (
	// ClassExcluded: the class is among excludedClasses.
	ClassExcluded = "ClassExcluded"
	// FamilyNotWanted: no entry of architectureFamilies matches the class.
	FamilyNotWanted = "FamilyNotWanted"
	// MemoryOutOfRange: memoryGB is absent or outside minMemory and maxMemory.
	MemoryOutOfRange = "MemoryOutOfRange"
	// FeatureMissing: the class lacks one of requiredFeatures.
	FeatureMissing = "FeatureMissing"
	// ArchitectureTooOld: computeCapability is below minArchitectureVersion or
	// cannot be compared with it.
	ArchitectureTooOld = "ArchitectureTooOld"
)

// mergeConstraints lays the component's constraints over the service's: a field
// that the component sets replaces the service's. OME ignores the component's.
func mergeConstraints(service, component *v1beta1.AcceleratorSelector) v1beta1.AcceleratorConstraints {
	var merged v1beta1.AcceleratorConstraints
	for _, selector := range []*v1beta1.AcceleratorSelector{service, component} {
		if selector == nil || selector.Constraints == nil {
			continue
		}
		over := selector.Constraints
		overlay(&merged.MinMemory, over.MinMemory)
		overlay(&merged.MaxMemory, over.MaxMemory)
		overlay(&merged.MinComputePerformanceTFLOPS, over.MinComputePerformanceTFLOPS)
		overlay(&merged.MinArchitectureVersion, over.MinArchitectureVersion)
		overlayList(&merged.RequiredFeatures, over.RequiredFeatures)
		overlayList(&merged.ExcludedClasses, over.ExcludedClasses)
		overlayList(&merged.ArchitectureFamilies, over.ArchitectureFamilies)
		overlayList(&merged.PreferredPrecisions, over.PreferredPrecisions)
	}
	return merged
}

func overlay[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}

// overlayList replaces a list; an empty list that is written out clears it.
func overlayList(field *[]string, value []string) {
	if value != nil {
		*field = value
	}
}

// constraint decides one thing about an accelerator class. It returns ok, or
// the reason and a message why the class is not admitted.
type constraint func(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool)

// constraints are the rules for a class, in order; all must hold. The least
// compute performance and the precisions only rank.
func constraints() []constraint {
	return []constraint{
		notExcluded,        // it is not among excludedClasses
		familyWanted,       // one of architectureFamilies is its family
		memoryInRange,      // minMemory and maxMemory, in GB
		featuresPresent,    // all of requiredFeatures
		architectureRecent, // computeCapability is at least minArchitectureVersion
	}
}

// admits holds a class against every constraint and stops at the first that
// does not hold.
func admits(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	for _, holds := range constraints() {
		if reason, message, ok = holds(limits, class); !ok {
			return reason, message, false
		}
	}
	return "", "", true
}

func notExcluded(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	return ClassExcluded, "the class is among excludedClasses", !slices.Contains(limits.ExcludedClasses, class.Name)
}

// familyWanted takes "hopper" and "nvidia-hopper" for vendor nvidia and family
// hopper. A family that has a dash of its own matches by its name too, which it
// cannot in OME.
func familyWanted(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	if len(limits.ArchitectureFamilies) == 0 {
		return "", "", true
	}
	family, qualified := class.Spec.Family, class.Spec.Vendor+"-"+class.Spec.Family
	for _, wanted := range limits.ArchitectureFamilies {
		if strings.EqualFold(wanted, family) || strings.EqualFold(wanted, qualified) {
			return "", "", true
		}
	}
	return FamilyNotWanted, fmt.Sprintf("family %s is not among architectureFamilies %v", qualified, limits.ArchitectureFamilies), false
}

// memoryInRange compares whole GB, as OME does.
func memoryInRange(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	if limits.MinMemory == nil && limits.MaxMemory == nil {
		return "", "", true
	}
	if class.Spec.Capabilities.MemoryGB == nil {
		return MemoryOutOfRange, "the class states no memoryGB", false
	}
	memory := int64(gigabytes(class.Spec.Capabilities.MemoryGB))
	switch {
	case limits.MinMemory != nil && memory < *limits.MinMemory:
		return MemoryOutOfRange, fmt.Sprintf("memory %d GB is less than minMemory %d", memory, *limits.MinMemory), false
	case limits.MaxMemory != nil && memory > *limits.MaxMemory:
		return MemoryOutOfRange, fmt.Sprintf("memory %d GB is more than maxMemory %d", memory, *limits.MaxMemory), false
	}
	return "", "", true
}

func featuresPresent(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	for _, wanted := range limits.RequiredFeatures {
		same := func(feature string) bool { return strings.EqualFold(feature, wanted) }
		if !slices.ContainsFunc(class.Spec.Capabilities.Features, same) {
			return FeatureMissing, fmt.Sprintf("the class does not have the feature %s", wanted), false
		}
	}
	return "", "", true
}

func architectureRecent(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, ok bool) {
	if limits.MinArchitectureVersion == nil || *limits.MinArchitectureVersion == "" {
		return "", "", true
	}
	least, has := *limits.MinArchitectureVersion, class.Spec.Capabilities.ComputeCapability
	if has == "" {
		return ArchitectureTooOld, "the class states no computeCapability", false
	}
	return ArchitectureTooOld, fmt.Sprintf("computeCapability %s is below minArchitectureVersion %s", has, least), capabilityAtLeast(has, least)
}
