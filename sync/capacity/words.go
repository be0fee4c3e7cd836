package capacity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// InWords is, for example, "10 pods, 80 nvidia.com/gpu".
func InWords(pods int64, accelerators map[string]int64) string {
	parts := []string{countOf(pods, "pod", "pods")}
	for _, name := range slices.Sorted(maps.Keys(accelerators)) {
		parts = append(parts, AcceleratorsInWords(accelerators[name], name))
	}
	return strings.Join(parts, ", ")
}

// AcceleratorsInWords is, for example, "80 nvidia.com/gpu", or "2 claims of devices".
func AcceleratorsInWords(count int64, name string) string {
	if name == ClaimsOfDevices {
		return countOf(count, "claim of devices", "claims of devices")
	}
	return fmt.Sprintf("%d %s", count, name)
}

// countOf is a number with its noun.
func countOf(count int64, one, several string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, several)
}
