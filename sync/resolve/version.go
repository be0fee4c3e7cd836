package resolve

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// version is a version of a format or framework: one to three numbers. The third may be followed by
// .dev, -pre and +build parts, such as 4.47.0.dev0 or 1.0.0-rc.1+cuda12.
//
// A library for semantic versions cannot read these: it refuses 4.47.0.dev0 and orders 1.0 and
// 1.0.0 alike, where OME does not compare versions of different precision.
type version struct {
	// numbers are major, minor and patch; absent ones are 0.
	numbers [3]uint64
	// precision is how many numbers were written.
	precision int
	// prefixed is true when the version starts with "v".
	prefixed bool
	// pre, build and dev are the dot-separated parts of an unofficial version.
	pre, build, dev []string
}

// parseVersion reads a version as OME does; ok is false for anything else.
func parseVersion(text string) (v version, ok bool) {
	text, v.prefixed = strings.CutPrefix(text, "v")
	parts := strings.SplitN(text, ".", 3)
	v.precision = len(parts)
	if v.precision == 3 {
		if parts[2], ok = v.takeSuffixes(parts[2]); !ok {
			return v, false
		}
	}
	for i, part := range parts {
		if v.numbers[i], ok = parseNumber(part); !ok {
			return v, false
		}
	}
	return v, true
}

// takeSuffixes cuts +build, then -pre, then the rest after a dot off the third number, and returns
// the number.
func (v *version) takeSuffixes(text string) (number string, ok bool) {
	for _, suffix := range []struct {
		separator string
		into      *[]string
	}{{"+", &v.build}, {"-", &v.pre}, {".", &v.dev}} {
		head, tail, present := strings.Cut(text, suffix.separator)
		if !present {
			continue
		}
		*suffix.into = strings.Split(tail, ".")
		if slices.Contains(*suffix.into, "") {
			return "", false
		}
		text = head
	}
	return text, true
}

// parseNumber reads digits without a leading zero.
func parseNumber(text string) (uint64, bool) {
	if len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil
}

// isUnofficial reports whether the version has more than numbers.
func (v version) isUnofficial() bool {
	return len(v.pre)+len(v.build)+len(v.dev) > 0
}

// compareTo orders versions by their numbers, then pre, build and dev part by part; precision and
// prefix do not matter.
func (v version) compareTo(w version) int {
	return cmp.Or(
		slices.Compare(v.numbers[:], w.numbers[:]),
		slices.Compare(v.pre, w.pre),
		slices.Compare(v.build, w.build),
		slices.Compare(v.dev, w.dev),
	)
}

// versionsMatch compares a runtime's version with a model's by the operator of the runtime's entry.
// The runtime is on the left: GreaterThanOrEqual means that the runtime is at least as new as the
// model, as in OME. Versions that cannot be read never match; unofficial versions must be equal;
// for the other operators both must have the same precision and prefix. An unknown operator means
// Equal.
func versionsMatch(runtime, model string, operator *string) bool {
	r, readable := parseVersion(runtime)
	m, alsoReadable := parseVersion(model)
	if !readable || !alsoReadable {
		return false
	}
	order := r.compareTo(m)
	if operator == nil || *operator == "" || *operator == v1beta1.VersionEqual || r.isUnofficial() || m.isUnofficial() {
		return order == 0
	}
	if r.precision != m.precision || r.prefixed != m.prefixed {
		return false
	}
	switch *operator {
	case v1beta1.VersionGreaterThan:
		return order > 0
	case v1beta1.VersionGreaterThanOrEqual:
		return order >= 0
	}
	return order == 0
}
