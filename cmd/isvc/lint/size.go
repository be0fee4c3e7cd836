package lint

import (
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// gigabyte in bytes, as vendors of accelerators and models count.
const gigabyte = 1e9

// weightBytes is the size of the model's weights in bytes: modelParameterSize times the bytes of
// one parameter, which are 2 without a quantization (bf16, fp16), 1 with fp8 and int8, and half of
// one with 4-bit forms. It is 0 when the model does not state its size.
func (s *subject) weightBytes() float64 {
	if s.model == nil || s.model.ModelParameterSize == nil {
		return 0
	}
	return parseParameters(*s.model.ModelParameterSize) * bytesPerParameter(s.model.Quantization)
}

// parseParameters reads a number with the suffix M, B or T; 0 for any other string.
func parseParameters(text string) float64 {
	unit := 1.0
	for _, suffix := range []struct {
		text string
		unit float64
	}{{"M", 1e6}, {"B", 1e9}, {"T", 1e12}} {
		if head, found := strings.CutSuffix(text, suffix.text); found {
			text, unit = head, suffix.unit
			break
		}
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number > 0 && number < 1e9) {
		return 0
	}
	return number * unit
}

func bytesPerParameter(q *v1beta1.ModelQuantization) float64 {
	if q == nil {
		return 2
	}
	name := strings.ToLower(string(*q))
	for _, narrow := range []struct {
		part  string
		bytes float64
	}{{"fp8", 1}, {"int8", 1}, {"8bit", 1}, {"4", 0.5}, {"awq", 0.5}, {"gptq", 0.5}} {
		if strings.Contains(name, narrow.part) {
			return narrow.bytes
		}
	}
	return 2
}

// loadingRate is the assumed speed of reading weights, in bytes per second: a local disk under
// load, or a good network.
const loadingRate = 0.2 * gigabyte

// loadingTime is how long loading may take, in seconds: what the weights need at the assumed speed,
// and at least two minutes.
func (s *subject) loadingTime() float64 {
	return max(120, s.weightBytes()/loadingRate)
}

// exactGB is a number of bytes in GB with all decimals.
func exactGB(bytes float64) string {
	return strconv.FormatFloat(bytes/gigabyte, 'f', -1, 64)
}
