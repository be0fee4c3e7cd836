package names

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The keys by which nodes say which models they have.
const (
	clusterModelInfix = "clusterbasemodel."
	namespacedInfix   = ".basemodel."

	// clusterModelLimit, scopedLimit, scopedModelLimit and namespaceLimit are how OME's model agent
	// divides the length of a node label between namespace and model.
	clusterModelLimit = 32
	scopedLimit       = 38
	scopedModelLimit  = 30
	namespaceLimit    = 8
)

// hashLength is the length of the hashes in names, in characters.
const hashLength = 8

// Truncate63 returns a name of at most 63 characters: the name itself where it fits, else a hash of
// it, a dash and its last 54 characters. The first character of the hash is a letter, so that a
// Service object may have the name:
// "a-service-name-that-is-as-long-as-names-of-services-may-b-engine" gives
// "a0bd9592-name-that-is-as-long-as-names-of-services-may-b-engine".
func Truncate63(s string) string {
	if len(s) <= labelLimit {
		return s
	}
	return shortHashWithLetterFirst(s) + "-" + lastCharacters(s, labelLimit-hashLength-1)
}

// ClusterModelLabel is the key of the node label for a cluster-scoped model: "m1" gives
// "models.ome.io/clusterbasemodel.m1".
func ClusterModelLabel(model string) string {
	return v1beta1.NodeLabelPrefix + clusterModelInfix + shortenWithHash(model, clusterModelLimit)
}

// NamespacedModelLabel is the key of the node label for a namespaced model: "default", "m1" gives
// "models.ome.io/default.basemodel.m1".
func NamespacedModelLabel(namespace, model string) string {
	switch {
	case len(namespace)+len(model) <= scopedLimit:
	case len(namespace) <= namespaceLimit:
		model = shortenWithHash(model, scopedLimit-len(namespace))
	default:
		namespace, model = shortHash(namespace), shortenWithHash(model, scopedModelLimit)
	}
	return v1beta1.NodeLabelPrefix + namespace + namespacedInfix + model
}

// LabelValue is a legal label value for any string: the string itself where it is legal, else a
// hash of it and as much of its end as is legal: "Acme Inc." gives "<hash>-Acme-Inc".
func LabelValue(s string) string {
	if len(validation.IsValidLabelValue(s)) == 0 {
		return s
	}
	kept := strings.TrimRight(lastCharacters(replaceIllegalByDash(s, isLabelCharacter), labelLimit-hashLength-1), "-_.")
	if kept == "" {
		return shortHashWithLetterFirst(s)
	}
	return shortHashWithLetterFirst(s) + "-" + kept
}

// shortenWithHash returns a name of at most limit characters: the name itself where it fits, else a
// hash of it, a dash and as much of its end as fits.
func shortenWithHash(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return shortHash(s) + "-" + lastCharacters(s, limit-hashLength-1)
}

// shortHash is the first eight hexadecimal digits of a string's SHA-256.
func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:hashLength]
}

// shortHashWithLetterFirst is shortHash with a leading digit replaced by "a".
func shortHashWithLetterFirst(s string) string {
	h := shortHash(s)
	if isLetter(rune(h[0])) {
		return h
	}
	return "a" + h[1:]
}

// lastCharacters are the last n characters of an ASCII string.
func lastCharacters(s string, n int) string { return s[max(0, len(s)-n):] }

// replaceIllegalByDash replaces every character that is not legal by a dash.
func replaceIllegalByDash(s string, legal func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if legal(r) {
			return r
		}
		return '-'
	}, s)
}

// IsLabelName reports whether a string is a DNS-1123 label: a legal name of a volume, and of any
// object.
func IsLabelName(s string) bool { return len(validation.IsDNS1123Label(s)) == 0 }

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isAlphanumeric(r rune) bool { return isLetter(r) || r >= '0' && r <= '9' }

func isLowerAlphanumeric(r rune) bool { return isAlphanumeric(r) && (r < 'A' || r > 'Z') }

func isLabelCharacter(r rune) bool {
	return isAlphanumeric(r) || r == '-' || r == '_' || r == '.'
}
