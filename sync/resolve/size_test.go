package resolve

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestParseSize(t *testing.T) {
	for text, c := range map[string]struct {
		want float64
		ok   bool
	}{
		"70B":  {70e9, true},
		"1.5T": {1.5e12, true},
		"350M": {350e6, true},
		"12":   {12, true},
		"70b":  {0, false},
		"7 B":  {0, false},
		"":     {0, false},
		"B":    {0, false},
		"NaN":  {0, false},
		"InfB": {0, false},
	} {
		t.Run(text, func(t *testing.T) {
			size, ok := parseSize(text)
			assert.Equal(t, c.want, size)
			assert.Equal(t, c.ok, ok)
		})
	}
}

func TestInRange(t *testing.T) {
	for sentence, c := range map[string]struct {
		least, most string
		want        bool
	}{
		"the lower limit is included":        {"70B", "90B", true},
		"the upper limit is included":        {"1B", "70B", true},
		"below is outside":                   {"71B", "90B", false},
		"above is outside":                   {"1B", "69B", false},
		"no upper limit is open above":       {"1B", "", true},
		"no lower limit is open below":       {"", "100B", true},
		"a single upper limit still applies": {"", "9B", false},
		"a single lower limit still applies": {"71B", "", false},
		"no limits admit everything":         {"", "", true},
	} {
		t.Run(sentence, func(t *testing.T) {
			var s v1beta1.ServingRuntimeSpec
			sized(c.least, c.most)(&s)
			assert.Equal(t, c.want, isInRange(70e9, s.ModelSizeRange))
		})
	}
}

func TestDistance(t *testing.T) {
	limits := func(least, most string) *v1beta1.ModelSizeRangeSpec {
		var s v1beta1.ServingRuntimeSpec
		sized(least, most)(&s)
		return s.ModelSizeRange
	}
	for sentence, c := range map[string]struct {
		size   *string
		limits *v1beta1.ModelSizeRangeSpec
		want   int64
	}{
		"both limits are added up":            {ptr("7B"), limits("5B", "9B"), 4e9},
		"no range is closest":                 {ptr("7B"), nil, 0},
		"a model without a size ranks none":   {nil, limits("5B", "9B"), 0},
		"an open end adds nothing":            {ptr("7B"), limits("5B", ""), 2e9},
		"parts of a parameter are cut off":    {ptr("0.5"), limits("0", "1.6"), 1},
		"a sum beyond the integers is capped": {ptr("1"), limits("1", "99999999999999999999T"), math.MaxInt64},
	} {
		t.Run(sentence, func(t *testing.T) {
			assert.Equal(t, c.want, distanceFromRange(c.size, c.limits))
		})
	}
}
