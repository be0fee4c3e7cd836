package resolve

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// choice is what a policy decided: no class when it can decide on none.
type choice struct {
	class *v1beta1.AcceleratorClass
	// why is for the status: what spoke for the class.
	why string
}

// policy chooses among classes that the constraints admit, given in the order
// of the runtime's list. Where classes are equal the first wins.
type policy func(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice

// policies are the policies by the name that a service gives.
func policies() map[v1beta1.AcceleratorSelectionPolicy]policy {
	return map[v1beta1.AcceleratorSelectionPolicy]policy{
		v1beta1.FirstAvailable: firstAvailable,           // the runtime's first
		v1beta1.BestFit:        unlessAlone(bestFit),     // least memory and enough compute
		v1beta1.Cheapest:       unlessAlone(cheapest),    // lowest cost
		v1beta1.MostCapable:    unlessAlone(mostCapable), // most memory, bandwidth and compute
	}
}

// unlessAlone takes the only class without asking the policy.
func unlessAlone(p policy) policy {
	return func(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
		if len(classes) == 1 {
			return choice{classes[0], "the only class that is left"}
		}
		return p(classes, limits)
	}
}

// firstAvailable does not look at whether nodes have the class, as in OME.
func firstAvailable(classes []*v1beta1.AcceleratorClass, _ v1beta1.AcceleratorConstraints) choice {
	if len(classes) == 0 {
		return choice{}
	}
	return choice{classes[0], "the first in the runtime's list that satisfies the constraints"}
}

// highest chooses the class with the highest score, the first of equals.
func highest(classes []*v1beta1.AcceleratorClass, score func(*v1beta1.AcceleratorClass) float64) choice {
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

// Shares of a score, as in OME. Products are converted so that no platform
// fuses them with the sum: scores are equal everywhere.
const (
	fitMemoryShare  = 0.70
	fitComputeShare = 0.30

	mostMemoryShare    = 0.5
	mostBandwidthShare = 0.3
	mostComputeShare   = 0.2
)

// bestFit prefers the class whose memory is least above the minimum and whose
// compute reaches the one wanted. Without constraints every class that states
// its performance scores 1, so the runtime's order decides; OME crashes then.
func bestFit(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
	return highest(classes, func(class *v1beta1.AcceleratorClass) float64 {
		return float64(fitMemoryShare*memoryFit(class, limits)) + float64(fitComputeShare*computeFit(class, limits))
	})
}

// memoryFit is needed memory divided by memory, 0 where it is not enough and 1
// where nothing is needed.
func memoryFit(class *v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) float64 {
	if limits.MinMemory == nil {
		return 1
	}
	need, have := float64(*limits.MinMemory), gigabytes(class.Spec.Capabilities.MemoryGB)
	if have <= 0 || have < need {
		return 0
	}
	return need / have
}

// computeFit is performance divided by the wanted one, at most 1. Precisions
// further down the list of preferred ones count half as much each; fp16 stands
// in for those without data.
func computeFit(class *v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) float64 {
	performance, preferred := class.Spec.Capabilities.Performance, limits.PreferredPrecisions
	if performance == nil {
		return 0
	}
	if len(preferred) == 0 {
		return fulfilled(bestMetric(performance), limits.MinComputePerformanceTFLOPS)
	}
	for i, precision := range withFP16(preferred) {
		if t := metric(performance, precision); t > 0 {
			return math.Ldexp(fulfilled(t, limits.MinComputePerformanceTFLOPS), -i)
		}
	}
	return 0
}

// withFP16 appends fp16 where it is not listed.
func withFP16(precisions []string) []string {
	isFP16 := func(precision string) bool { return strings.EqualFold(precision, "fp16") }
	if slices.ContainsFunc(precisions, isFP16) {
		return precisions
	}
	return append(slices.Clone(precisions), "fp16")
}

// fulfilled is how much of the wanted performance there is, at most 1.
func fulfilled(have float64, want *int64) float64 {
	switch {
	case have <= 0:
		return 0
	case want == nil || *want <= 0:
		return 1
	}
	return min(1, have/float64(*want))
}

// metric is the performance in a precision; 0 where it is unknown. There is no
// figure for fp8: that of int8 is used.
func metric(p *v1beta1.AcceleratorPerformance, precision string) float64 {
	switch strings.ToLower(precision) {
	case "fp32":
		return number(p.Fp32Tflops)
	case "fp16":
		return number(p.Fp16Tflops)
	case "int8", "fp8":
		return number(p.Int8Tops)
	case "int4":
		return number(p.Int4Tops)
	}
	return 0
}

func bestMetric(p *v1beta1.AcceleratorPerformance) float64 {
	return max(number(p.Fp32Tflops), number(p.Fp16Tflops), number(p.Int8Tops), number(p.Int4Tops))
}

func number(n *int64) float64 {
	if n == nil {
		return 0
	}
	return float64(*n)
}

// mostCapable weighs memory, bandwidth and compute, each as a part of the most
// that any class has.
func mostCapable(classes []*v1beta1.AcceleratorClass, limits v1beta1.AcceleratorConstraints) choice {
	memory := share(classes, func(c *v1beta1.AcceleratorClass) float64 { return gigabytes(c.Spec.Capabilities.MemoryGB) })
	bandwidth := share(classes, func(c *v1beta1.AcceleratorClass) float64 { return gigabytes(c.Spec.Capabilities.MemoryBandwidthGBps) })
	compute := share(classes, func(c *v1beta1.AcceleratorClass) float64 {
		return preferredMetric(c.Spec.Capabilities.Performance, limits.PreferredPrecisions)
	})
	return highest(classes, func(c *v1beta1.AcceleratorClass) float64 {
		return float64(mostMemoryShare*memory(c)) + float64(mostBandwidthShare*bandwidth(c)) + float64(mostComputeShare*compute(c))
	})
}

// share turns a figure into its part of the largest among the classes; where
// the largest is 0 every part is 0.
func share(classes []*v1beta1.AcceleratorClass, figure func(*v1beta1.AcceleratorClass) float64) func(*v1beta1.AcceleratorClass) float64 {
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

// preferredMetric is the performance in the first preferred precision that has
// data, fp16 where none is preferred.
func preferredMetric(p *v1beta1.AcceleratorPerformance, preferred []string) float64 {
	if p == nil {
		return 0
	}
	if len(preferred) == 0 {
		return metric(p, "fp16")
	}
	for _, precision := range preferred {
		if t := metric(p, precision); t > 0 {
			return t
		}
	}
	return 0
}

// cost is one way to state what a class costs.
type cost struct {
	unit string
	of   func(*v1beta1.AcceleratorCost) (amount *resource.Quantity)
}

// costs are the ways to state a cost, the most telling first. Only the first
// that any class states is used; classes that do not state it cannot win.
func costs() []cost {
	return []cost{
		{"per hour", hourly},
		{"per million tokens", func(c *v1beta1.AcceleratorCost) *resource.Quantity { return c.PerMillionTokens }},
		{"by tier", tier},
	}
}

// hourly is the spot price where there is one, even if it is the higher, as in
// OME.
func hourly(c *v1beta1.AcceleratorCost) *resource.Quantity {
	if c.SpotPerHour != nil {
		return c.SpotPerHour
	}
	return c.PerHour
}

// tier makes a number of low, medium and high; any other word is medium.
func tier(c *v1beta1.AcceleratorCost) *resource.Quantity {
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

// cheapest prefers the lowest cost; without any cost there is no choice.
func cheapest(classes []*v1beta1.AcceleratorClass, _ v1beta1.AcceleratorConstraints) choice {
	for _, cost := range costs() {
		if class, amount := lowest(classes, cost); class != nil {
			return choice{class, fmt.Sprintf("the lowest cost, %s %s, of %d classes", quantityText(amount), cost.unit, len(classes))}
		}
	}
	return choice{}
}

// quantityText formats a quantity without touching the one in the catalogue.
func quantityText(q *resource.Quantity) string {
	own := q.DeepCopy()
	return own.String()
}

// lowest is the class with the lowest cost of a kind, the first of equals, or
// nil where no class states it.
func lowest(classes []*v1beta1.AcceleratorClass, c cost) (best *v1beta1.AcceleratorClass, amount *resource.Quantity) {
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
