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
	// ArchitectureTooOld: computeCapability is below minArchitectureVersion or cannot be compared
	// with it.
	ArchitectureTooOld = "ArchitectureTooOld"
)

// mergeConstraints merges the component's constraints over the service's: a field that the
// component sets replaces the service's. OME ignores the component's.
func mergeConstraints(service, component *v1beta1.AcceleratorSelector) v1beta1.AcceleratorConstraints {
	var merged v1beta1.AcceleratorConstraints
	for _, selector := range []*v1beta1.AcceleratorSelector{service, component} {
		if selector == nil || selector.Constraints == nil {
			continue
		}
		over := selector.Constraints
		overrideIfSet(&merged.MinMemory, over.MinMemory)
		overrideIfSet(&merged.MaxMemory, over.MaxMemory)
		overrideIfSet(&merged.MinComputePerformanceTFLOPS, over.MinComputePerformanceTFLOPS)
		overrideIfSet(&merged.MinArchitectureVersion, over.MinArchitectureVersion)
		overrideListIfSet(&merged.RequiredFeatures, over.RequiredFeatures)
		overrideListIfSet(&merged.ExcludedClasses, over.ExcludedClasses)
		overrideListIfSet(&merged.ArchitectureFamilies, over.ArchitectureFamilies)
		overrideListIfSet(&merged.PreferredPrecisions, over.PreferredPrecisions)
	}
	return merged
}

func overrideIfSet[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}

// overrideListIfSet replaces a list. An empty list that is present clears it.
func overrideListIfSet(field *[]string, value []string) {
	if value != nil {
		*field = value
	}
}

// constraintRule checks one thing about an accelerator class. It returns whether the rule holds,
// and the reason and a message for the case that it does not.
type constraintRule func(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool)

// constraintRules are the rules for a class, in order; all must hold. minComputePerformanceTFLOPS
// and preferredPrecisions only rank.
func constraintRules() []constraintRule {
	return []constraintRule{
		classIsNotExcluded,   // it is not among excludedClasses
		familyIsWanted,       // one of architectureFamilies is its family
		memoryIsInRange,      // minMemory and maxMemory, in GB
		featuresArePresent,   // all of requiredFeatures
		architectureIsRecent, // computeCapability is at least minArchitectureVersion
	}
}

// satisfiesConstraints checks the rules for a class in order and stops at the first that does not
// hold.
func satisfiesConstraints(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
	for _, check := range constraintRules() {
		if reason, message, holds = check(limits, class); !holds {
			return reason, message, false
		}
	}
	return "", "", true
}

func classIsNotExcluded(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
	return ClassExcluded, "the class is among excludedClasses", !slices.Contains(limits.ExcludedClasses, class.Name)
}

// familyIsWanted accepts "hopper" and "nvidia-hopper" for vendor nvidia and family hopper. A family
// with a dash in its name matches by its name too, which it cannot in OME.
func familyIsWanted(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
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

// memoryIsInRange compares whole GB, as OME does.
func memoryIsInRange(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
	if limits.MinMemory == nil && limits.MaxMemory == nil {
		return "", "", true
	}
	if class.Spec.Capabilities.MemoryGB == nil {
		return MemoryOutOfRange, "the class states no memoryGB", false
	}
	memory := int64(inGigabytes(class.Spec.Capabilities.MemoryGB))
	switch {
	case limits.MinMemory != nil && memory < *limits.MinMemory:
		return MemoryOutOfRange, fmt.Sprintf("memory %d GB is less than minMemory %d", memory, *limits.MinMemory), false
	case limits.MaxMemory != nil && memory > *limits.MaxMemory:
		return MemoryOutOfRange, fmt.Sprintf("memory %d GB is more than maxMemory %d", memory, *limits.MaxMemory), false
	}
	return "", "", true
}

func featuresArePresent(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
	for _, wanted := range limits.RequiredFeatures {
		same := func(feature string) bool { return strings.EqualFold(feature, wanted) }
		if !slices.ContainsFunc(class.Spec.Capabilities.Features, same) {
			return FeatureMissing, fmt.Sprintf("the class does not have the feature %s", wanted), false
		}
	}
	return "", "", true
}

func architectureIsRecent(limits v1beta1.AcceleratorConstraints, class *v1beta1.AcceleratorClass) (reason, message string, holds bool) {
	if limits.MinArchitectureVersion == nil || *limits.MinArchitectureVersion == "" {
		return "", "", true
	}
	least, has := *limits.MinArchitectureVersion, class.Spec.Capabilities.ComputeCapability
	if has == "" {
		return ArchitectureTooOld, "the class states no computeCapability", false
	}
	return ArchitectureTooOld, fmt.Sprintf("computeCapability %s is below minArchitectureVersion %s", has, least), capabilityAtLeast(has, least)
}
