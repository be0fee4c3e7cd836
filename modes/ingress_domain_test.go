package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatIsADomain(t *testing.T) {
	for domain, legal := range map[string]bool{
		"chat.prod":                            true,
		"chat.apps.example.org":                true,
		"chat-1.0.example":                     true,
		strings.Repeat("a", 63) + ".example":   true,
		"chat":                                 false,
		"":                                     false,
		"chat.example.":                        false,
		".example":                             false,
		"chat..example":                        false,
		"Chat.example":                         false,
		"chat_1.example":                       false,
		"-chat.example":                        false,
		"chat.example:80":                      false,
		strings.Repeat("a", 64) + ".example":   false,
		strings.Repeat("abcdefg.", 32) + "org": false,
	} {
		assert.Equal(t, legal, checkDomainName(domain) == nil, "%q", domain)
	}
}

func TestWhatIsTheSchemeOfAURL(t *testing.T) {
	for scheme, legal := range map[string]bool{
		"http": true, "https": true, "h2c+tls.1-x": true,
		"": false, "HTTP": false, "1http": false, "http:": false, "http://a": false, "ht tp": false, "http/x": false, "http?": false, "é": false,
	} {
		assert.Equal(t, legal, isURLScheme(scheme), "%q", scheme)
	}
}
