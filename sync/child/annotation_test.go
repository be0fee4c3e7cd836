package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDecodeLastAppliedAnnotation(t *testing.T) {
	for name, c := range map[string]struct{ observed, want, err string }{
		"no metadata":                    {`{}`, ``, ``},
		"no annotation":                  {`{"metadata":{"annotations":{"a":"b"}}}`, ``, ``},
		"an annotation that is a number": {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":7}}}`, ``, ``},
		"an object":                      {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"a\":1}"}}}`, `{"a":1}`, ``},
		"cut off":                        {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"a\":"}}}`, ``, "cannot read the annotation"},
		"null":                           {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"null"}}}`, ``, "is not a JSON object"},
		"a list":                         {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"[]"}}}`, ``, "cannot read the annotation"},
	} {
		t.Run(name, func(t *testing.T) {
			last, err := DecodeLastAppliedAnnotation(tree(t, c.observed))
			assert.Equal(t, tree(t, c.want), last)
			if c.err == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.err)
		})
	}
}
