package resolve

import (
	"math"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// parseSize reads a number of parameters with a suffix T, B or M, such as 70B. A string that cannot
// be read counts as 0, as in OME; ok is false then.
func parseSize(text string) (size float64, ok bool) {
	number, unit := text, 1.0
	for _, suffix := range []struct {
		text string
		unit float64
	}{{"T", 1e12}, {"B", 1e9}, {"M", 1e6}} {
		if head, found := strings.CutSuffix(text, suffix.text); found {
			number, unit = head, suffix.unit
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, false
	}
	return value * unit, true
}

// IsSize reports whether a string is a number of parameters, such as 70B.
func IsSize(text string) bool {
	_, ok := parseSize(text)
	return ok
}

// isInRange reports whether a size is within a range, limits included. An absent limit is open.
func isInRange(size float64, r *v1beta1.ModelSizeRangeSpec) bool {
	if r.Min != nil {
		if least, _ := parseSize(*r.Min); size < least {
			return false
		}
	}
	if r.Max != nil {
		if most, _ := parseSize(*r.Max); size > most {
			return false
		}
	}
	return true
}

// distanceFromRange is the sum of the distances of a range's limits from a size; less is closer. As
// in OME it is compared in whole parameters, and a runtime without a range is closest of all; so an
// absent limit adds nothing.
func distanceFromRange(size *string, r *v1beta1.ModelSizeRangeSpec) int64 {
	if size == nil || r == nil {
		return 0
	}
	value, _ := parseSize(*size)
	var sum float64
	for _, limit := range []*string{r.Min, r.Max} {
		if limit != nil {
			end, _ := parseSize(*limit)
			sum += math.Abs(end - value)
		}
	}
	return wholeNumber(sum)
}

// wholeNumber truncates a sum that is not negative to the range of int64.
func wholeNumber(sum float64) int64 {
	if sum >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(sum)
}

// describeRange writes a range for messages: "[5B, 9B]", with "any" for an open end.
func describeRange(r *v1beta1.ModelSizeRangeSpec) string {
	end := func(limit *string) string {
		if limit == nil {
			return "any"
		}
		return *limit
	}
	return "[" + end(r.Min) + ", " + end(r.Max) + "]"
}
