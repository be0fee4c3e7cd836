// Package quantity parses resource quantities that users wrote, such as "500m" or "16Gi", in a time
// that does not depend on their value.
//
// Kubernetes' own parser takes minutes for 1e-2147483647, and the schema of a custom resource
// accepts such a string.
package quantity

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// The longest quantity that is parsed. The quantities of Kubernetes have at most 19 digits and an
// exponent of two.
const (
	maxLength   = 40
	maxExponent = 3 // digits
)

var (
	errLength   = fmt.Errorf("it has more than %d characters", maxLength)
	errExponent = errors.New("its exponent is too large: use one of at most 3 digits, or a suffix such as m or Gi")
)

// Check returns an error for a string that would take long to parse. Nil does not mean that the
// string is a quantity. Space around it does not count, because quantities in JSON may have some.
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

// CheckJSON is Check for a quantity as JSON: a string or a number.
func CheckJSON(raw []byte) error {
	return Check(string(bytes.Trim(bytes.TrimSpace(raw), `"`)))
}

// Parse is resource.ParseQuantity for a string that passes Check.
func Parse(text string) (resource.Quantity, error) {
	if err := Check(text); err != nil {
		return resource.Quantity{}, fmt.Errorf("%.*q is not read as a quantity: %w", maxLength, text, err)
	}
	return resource.ParseQuantity(text)
}
