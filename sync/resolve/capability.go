package resolve

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// leastBytes is the number from which a memory quantity is read as bytes: no accelerator has a
// million GB or less than one MB.
const leastBytes = 1e6

// inGigabytes reads a quantity of memory in GB. A small number is in GB already: 80. A large number
// is in bytes; a GB is 2^30 bytes where the quantity has a binary suffix (80Gi), else 10^9 (80G),
// so that all three are 80. OME reads 80 as no memory at all and 80G as 74.
func inGigabytes(q *resource.Quantity) float64 {
	if q == nil {
		return 0
	}
	value := q.AsApproximateFloat64()
	switch {
	case value < leastBytes:
		return value
	case q.Format == resource.BinarySI:
		return value / (1 << 30)
	}
	return value / 1e9
}

// capabilityAtLeast compares versions of an accelerator's architecture as versions, where OME
// compares strings: 10.0 is more than 9.0. Versions of different schemes, and versions that cannot
// be read, are at least themselves only.
func capabilityAtLeast(has, least string) bool {
	if strings.EqualFold(has, least) {
		return true
	}
	h, readable := parseCapability(has)
	l, alsoReadable := parseCapability(least)
	return readable && alsoReadable && h.scheme == l.scheme && slices.Compare(h.numbers, l.numbers) >= 0
}

// capability is a version of an accelerator's architecture.
type capability struct {
	// scheme is "gfx" for AMD's targets and empty for plain versions.
	scheme string
	// numbers have no trailing zeros, so that 9 and 9.0 are equal.
	numbers []uint64
}

// parseCapability reads "9.0", the same as "sm_90" or "compute_90" with an optional variant letter,
// and AMD's "gfx942", where each of the last two hexadecimal digits is a number.
func parseCapability(text string) (c capability, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if digits, found := cutAnyPrefix(text, "sm_", "sm", "compute_"); found {
		c.numbers, ok = parseCUDA(strings.TrimRight(digits, "abcdefghijklmnopqrstuvwxyz"))
		return c, ok
	}
	if digits, found := strings.CutPrefix(text, "gfx"); found {
		c.scheme = "gfx"
		c.numbers, ok = parseDigits(digits, 2, 16)
		return c, ok
	}
	c.numbers, ok = parseDotted(strings.TrimPrefix(text, "v"))
	return c, ok
}

func cutAnyPrefix(text string, prefixes ...string) (string, bool) {
	for _, prefix := range prefixes {
		if rest, found := strings.CutPrefix(text, prefix); found {
			return rest, true
		}
	}
	return text, false
}

// parseCUDA reads "90" and "9.0" alike: without a dot the last digit is the minor version.
func parseCUDA(digits string) ([]uint64, bool) {
	if strings.Contains(digits, ".") {
		return parseDotted(digits)
	}
	return parseDigits(digits, 1, 10)
}

// parseDigits reads the last digits as one number each, in a base, and the digits before them as
// one decimal number.
func parseDigits(digits string, last, base int) ([]uint64, bool) {
	split := len(digits) - last
	if split < 1 {
		return nil, false
	}
	major, err := strconv.ParseUint(digits[:split], 10, 32)
	if err != nil {
		return nil, false
	}
	numbers := []uint64{major}
	for _, digit := range digits[split:] {
		number, err := strconv.ParseUint(string(digit), base, 32)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return trimZeros(numbers), true
}

func parseDotted(text string) ([]uint64, bool) {
	var numbers []uint64
	for _, part := range strings.Split(text, ".") {
		number, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return trimZeros(numbers), true
}

func trimZeros(numbers []uint64) []uint64 {
	for len(numbers) > 0 && numbers[len(numbers)-1] == 0 {
		numbers = numbers[:len(numbers)-1]
	}
	return numbers
}
