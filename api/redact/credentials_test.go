package redact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/redact"
)

func TestPrintedCredentialsAreHidden(t *testing.T) {
	for text, want := range map[string]string{
		"CUDA out of memory. Tried to allocate 2.00 GiB": "CUDA out of memory. Tried to allocate 2.00 GiB",
		"Authorization: Bearer abc.def":                  "Authorization: Bearer ***",
		"HF_TOKEN=hf_abc123":                             "HF_TOKEN=***",
		`{"password": "p4ss", "user": "u"}`:              `{"password": "***", "user": "u"}`,
		"https://user:pass@host/model":                   "https://user:***@host/model",
		"https://b.s3/k?X-Amz-Signature=abc&x=1":         "https://b.s3/k?X-Amz-Signature=***&x=1",
		"using hf_abcdefghijklmnop1234 to download":      "using *** to download",
		"key AKIAABCDEFGHIJKLMNOP was refused":           "key *** was refused",
		"using glpat-abcdefghijklmnop":                   "using ***",
		"max_tokens 4096 exceeded, tokenizer not found":  "max_tokens 4096 exceeded, tokenizer not found",
		"secret \"hf\" not found":                        "secret \"hf\" not found",
	} {
		assert.Equal(t, want, redact.HideCredentials(text))
	}
}
