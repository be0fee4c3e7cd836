package resolve

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// choice is what a policy decided; class is nil when it cannot decide.
type choice struct {
	class *v1beta1.AcceleratorClass
	// why says for the status what decided.
	why string
}

// policy chooses one of the classes that satisfy the constraints, given in the order of the
// runtime's list. Where classes are equal the first wins.
type policy func(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice

// policyFunctions are the policies by the name that a service writes.
func policyFunctions() map[v1beta1.AcceleratorSelectionPolicy]policy {
	return map[v1beta1.AcceleratorSelectionPolicy]policy{
		v1beta1.FirstAvailable: firstListedClass,                  // the runtime's first
		v1beta1.BestFit:        unlessOnlyClass(bestFittingClass), // least memory and enough compute
		v1beta1.Cheapest:       unlessOnlyClass(cheapestClass),    // lowest cost
		v1beta1.MostCapable:    unlessOnlyClass(mostCapableClass), // most memory, bandwidth and compute
	}
}

// unlessOnlyClass chooses the only class without asking the policy.
func unlessOnlyClass(p policy) policy {
	return func(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
		if len(classes) == 1 {
			return choice{classes[0], "the only class that is left"}
		}
		return p(classes, limits)
	}
}

// firstListedClass does not look at whether nodes have the class, as in OME.
func firstListedClass(classes []*v1beta1.AcceleratorClass, _ v1beta1.AcceleratorConstraints) choice {
	if len(classes) == 0 {
		return choice{}
	}
	return choice{classes[0], "the first in the runtime's list that satisfies the constraints"}
}

// highestScore chooses the class with the highest score, the first of equals.
func highestScore(classes []*v1beta1.AcceleratorClass, score func(*v1beta1.AcceleratorClass) float64) choice {
	var best choice
	most := math.Inf(-1)
	for _, class := range classes {
		if s := score(class); s > most {
			most = s
			best = choice{class, fmt.Sprintf("the highest score, %.3f, of %d classes", s, len(classes))}
		}
	}
	return best
}

// Shares of a score, as in OME. Products are converted to float64 so that no platform fuses them
// with the sum: scores are equal everywhere.
const (
	fitMemoryShare  = 0.70
	fitComputeShare = 0.30

	mostMemoryShare    = 0.5
	mostBandwidthShare = 0.3
	mostComputeShare   = 0.2
)

// bestFittingClass prefers the class whose memory is least above the minimum and whose compute
// performance reaches the wanted one. Without constraints every class that states its performance
// scores 1, so the runtime's order decides; OME crashes then.
func bestFittingClass(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
	return highestScore(classes, func(class *v1beta1.AcceleratorClass) float64 {
		return float64(fitMemoryShare*memoryFit(class, limits)) + float64(fitComputeShare*computeFit(class, limits))
	})
}

// memoryFit is needed memory divided by memory: 0 where it is not enough, 1 without a minimum.
func memoryFit(class *v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) float64 {
	if limits.MinMemory == nil {
		return 1
	}
	need, have := float64(*limits.MinMemory), inGigabytes(class.Spec.Capabilities.MemoryGB)
	if have <= 0 || have < need {
		return 0
	}
	return need / have
}

// computeFit is performance divided by the wanted performance, at most 1. Each step down the list
// of preferred precisions halves it; fp16 is tried after the preferred ones.
func computeFit(class *v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) float64 {
	performance, preferred := class.Spec.Capabilities.Performance, limits.PreferredPrecisions
	if performance == nil {
		return 0
	}
	if len(preferred) == 0 {
		return shareOfWanted(bestPerformance(performance), limits.MinComputePerformanceTFLOPS)
	}
	for i, precision := range withFP16(preferred) {
		if t := performanceIn(performance, precision); t > 0 {
			return math.Ldexp(shareOfWanted(t, limits.MinComputePerformanceTFLOPS), -i)
		}
	}
	return 0
}

// withFP16 appends fp16 to a list that does not have it.
func withFP16(precisions []string) []string {
	isFP16 := func(precision string) bool { return strings.EqualFold(precision, "fp16") }
	if slices.ContainsFunc(precisions, isFP16) {
		return precisions
	}
	return append(slices.Clone(precisions), "fp16")
}

// shareOfWanted is performance divided by the wanted performance, at most 1.
func shareOfWanted(have float64, want *int64) float64 {
	switch {
	case have <= 0:
		return 0
	case want == nil || *want <= 0:
		return 1
	}
	return min(1, have/float64(*want))
}

// performanceIn is the performance in a precision; 0 where it is unknown. There is no figure for
// fp8, so the one for int8 is used.
func performanceIn(p *v1beta1.AcceleratorPerformance, precision string) float64 {
	switch strings.ToLower(precision) {
	case "fp32":
		return floatOrZero(p.Fp32Tflops)
	case "fp16":
		return floatOrZero(p.Fp16Tflops)
	case "int8", "fp8":
		return floatOrZero(p.Int8Tops)
	case "int4":
		return floatOrZero(p.Int4Tops)
	}
	return 0
}

func bestPerformance(p *v1beta1.AcceleratorPerformance) float64 {
	return max(floatOrZero(p.Fp32Tflops), floatOrZero(p.Fp16Tflops), floatOrZero(p.Int8Tops), floatOrZero(p.Int4Tops))
}

func floatOrZero(n *int64) float64 {
	if n == nil {
		return 0
	}
	return float64(*n)
}

// mostCapableClass prefers the class with the most memory, bandwidth and compute performance, each
// relative to the class that has most of it.
func mostCapableClass(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
	memory := shareOfLargest(classes, func(c *v1beta1.AcceleratorClass) float64 { return inGigabytes(c.Spec.Capabilities.MemoryGB) })
	bandwidth := shareOfLargest(classes, func(c *v1beta1.AcceleratorClass) float64 { return inGigabytes(c.Spec.Capabilities.MemoryBandwidthGBps) })
	compute := shareOfLargest(classes, func(c *v1beta1.AcceleratorClass) float64 {
		return performanceInPreferred(c.Spec.Capabilities.Performance, limits.PreferredPrecisions)
	})
	return highestScore(classes, func(c *v1beta1.AcceleratorClass) float64 {
		return float64(mostMemoryShare*memory(c)) + float64(mostBandwidthShare*bandwidth(c)) + float64(mostComputeShare*compute(c))
	})
}

// shareOfLargest returns a function that divides a class's figure by the largest among the classes;
// where the largest is 0 it returns 0.
func shareOfLargest(classes []*v1beta1.AcceleratorClass, figure func(*v1beta1.AcceleratorClass) float64) func(*v1beta1.AcceleratorClass) float64 {
	largest := 0.0
	for _, class := range classes {
		largest = max(largest, figure(class))
	}
	return func(class *v1beta1.AcceleratorClass) float64 {
		if largest == 0 {
			return 0
		}
		return figure(class) / largest
	}
}

// performanceInPreferred is the performance in the first preferred precision that has a figure, or
// in fp16 without a preference.
func performanceInPreferred(p *v1beta1.AcceleratorPerformance, preferred []string) float64 {
	if p == nil {
		return 0
	}
	if len(preferred) == 0 {
		return performanceIn(p, "fp16")
	}
	for _, precision := range preferred {
		if t := performanceIn(p, precision); t > 0 {
			return t
		}
	}
	return 0
}

// costKind is one way to state what a class costs.
type costKind struct {
	unit string
	of   func(*v1beta1.AcceleratorCost) (amount *resource.Quantity)
}

// costKinds are the ways to state a cost, the most exact first. Only the first that any class
// states is used; classes that do not state it cannot win.
func costKinds() []costKind {
	return []costKind{
		{"per hour", hourlyCost},
		{"per million tokens", func(c *v1beta1.AcceleratorCost) *resource.Quantity { return c.PerMillionTokens }},
		{"by tier", tierCost},
	}
}

// hourlyCost is the spot price where there is one, even when it is higher, as in OME.
func hourlyCost(c *v1beta1.AcceleratorCost) *resource.Quantity {
	if c.SpotPerHour != nil {
		return c.SpotPerHour
	}
	return c.PerHour
}

// tierCost is 1 for low, 3 for high and 2 for any other word.
func tierCost(c *v1beta1.AcceleratorCost) *resource.Quantity {
	level := int64(2)
	switch strings.ToLower(c.Tier) {
	case "":
		return nil
	case "low":
		level = 1
	case "high":
		level = 3
	}
	return resource.NewQuantity(level, resource.DecimalSI)
}

// cheapestClass prefers the lowest cost; it cannot decide when no class states a cost.
func cheapestClass(classes []*v1beta1.AcceleratorClass, _ v1beta1.AcceleratorConstraints) choice {
	for _, cost := range costKinds() {
		if class, amount := lowestCost(classes, cost); class != nil {
			return choice{class, fmt.Sprintf("the lowest cost, %s %s, of %d classes", describeQuantity(amount), cost.unit, len(classes))}
		}
	}
	return choice{}
}

// describeQuantity formats a copy of a quantity, because String changes the quantity, and the
// catalogue must not change.
func describeQuantity(q *resource.Quantity) string {
	copied := q.DeepCopy()
	return copied.String()
}

// lowestCost is the class with the lowest cost of a kind, the first of equals, or nil where no
// class states it.
func lowestCost(classes []*v1beta1.AcceleratorClass, c costKind) (best *v1beta1.AcceleratorClass, amount *resource.Quantity) {
	for _, class := range classes {
		if class.Spec.Cost == nil {
			continue
		}
		stated := c.of(class.Spec.Cost)
		if stated != nil && (best == nil || stated.Cmp(*amount) < 0) {
			best, amount = class, stated
		}
	}
	return best, amount
}
