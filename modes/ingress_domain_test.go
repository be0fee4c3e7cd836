package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The short way must take nothing that the rules refuse.
func TestAPlainDomainIsADomain(t *testing.T) {
	parts := []string{"", "a", "-", "a-b", "-a", "a-", "0", "A", "_", "ä", "*", strings.Repeat("a", 62), strings.Repeat("a", 64)}
	plain := 0
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				for _, domain := range []string{a, a + "." + b, a + "." + b + "." + c} {
					if isPlainDomain(domain) {
						plain++
						assert.Empty(t, validation.IsFullyQualifiedDomainName(nil, domain), domain)
					}
				}
			}
		}
	}
	assert.Greater(t, plain, 20)
	for _, domain := range []string{"chat.team-a.svc.cluster.local", "chat-engine.example.com", "0.a"} {
		assert.True(t, isPlainDomain(domain), domain)
	}
}
