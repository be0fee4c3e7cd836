// Package quantity reads resource quantities that somebody else wrote, such as
// "500m" or "16Gi", in a time that does not depend on their value.
//
// Kubernetes' own parser takes minutes for 1e-2147483647, and the schema of a
// custom resource lets such a text through.
package quantity

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// The largest quantities that are parsed: those of Kubernetes have 19 digits and
// exponents of two.
const (
	maxLength   = 40
	maxExponent = 3 // digits
)

var (
	errLength   = fmt.Errorf("it has more than %d characters", maxLength)
	errExponent = errors.New("its exponent is too large: use one of at most 3 digits, or a suffix such as m or Gi")
)

// Check returns an error for a text that would take long to parse. Nil does not
// mean that it is a quantity. Space around it does not count, because quantities
// in JSON may have some.
func Check(text string) error {
	text = strings.TrimSpace(text)
	if len(text) > maxLength {
		return errLength
	}
	at := strings.IndexAny(text, "eE")
	exponent := strings.TrimLeft(text[at+1:], "+-")
	if at >= 0 && len(exponent) > maxExponent && strings.Trim(exponent, "0123456789") == "" {
		return errExponent
	}
	return nil
}

// CheckJSON is Check for a quantity as JSON: a text or a number.
func CheckJSON(raw []byte) error {
	return Check(string(bytes.Trim(bytes.TrimSpace(raw), `"`)))
}

// Parse is resource.ParseQuantity for a text that passes Check.
func Parse(text string) (resource.Quantity, error) {
	if err := Check(text); err != nil {
		return resource.Quantity{}, fmt.Errorf("%.*q is not read as a quantity: %w", maxLength, text, err)
	}
	return resource.ParseQuantity(text)
}

// Suspicious reports whether a JSON text may have something anywhere that Check
// refuses, be it a quantity or not. It is fast, and hardly any text has that.
func Suspicious(text []byte) bool {
	// What Check refuses has more than maxExponent digits in a row, and one of so
	// many stands at each place that is looked at.
	const step = maxExponent + 1
	for i := step - 1; i < len(text); i += step {
		if isDigit(text[i]) && isLong(text, i) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// isLong reports whether the digits at i are very many, or many behind an e.
func isLong(text []byte, i int) bool {
	start, end := i, i+1
	for start > 0 && isDigit(text[start-1]) {
		start--
	}
	for end < len(text) && isDigit(text[end]) && end-start < maxLength/2 {
		end++
	}
	switch digits := end - start; {
	case digits >= maxLength/2:
		return true
	case digits <= maxExponent:
		return false
	}
	for start--; start >= 0 && (text[start] == '+' || text[start] == '-'); {
		start--
	}
	return start >= 0 && text[start]|0x20 == 'e'
}
