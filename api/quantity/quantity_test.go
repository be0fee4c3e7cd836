package quantity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/quantity"
)

func TestQuantitiesOfEveryDayAreParsed(t *testing.T) {
	for _, text := range []string{
		"0", "1", "500m", "16Gi", "1.5", ".5", "1e3", "1E3", "1e-3", "1e+3", "1e999", "1e-999", "100E", "3Ei", "-1", "9223372036854775807",
	} {
		want := resource.MustParse(text)
		got, err := quantity.Parse(text)
		require.NoError(t, err, text)
		assert.True(t, want.Equal(got), text)
		assert.NoError(t, quantity.CheckJSON([]byte(`"`+text+`"`)), text)
	}
}

func TestWhatTakesLongIsRefused(t *testing.T) {
	for _, text := range []string{
		"1e-2147483647", "1e88888888400", "1E2147483647", "1e+9999", "1.e-9999", ".5e9999", "-1e9999999999", " 1e-2147483647 ", "1e88888888400\u00a0",
		strings.Repeat("9", 1_000_000), "0." + strings.Repeat("0", 1_000_000) + "1",
	} {
		start := time.Now()
		_, err := quantity.Parse(text)
		assert.Error(t, err)
		assert.LessOrEqual(t, len(err.Error()), 200)
		assert.Less(t, time.Since(start), time.Second)
		assert.Error(t, quantity.CheckJSON([]byte(`"`+text+`"`)))
		assert.Error(t, quantity.CheckJSON([]byte(` `+text)))
	}
}

func TestWhatIsNoQuantityIsTheParsersToRefuse(t *testing.T) {
	for _, text := range []string{"", "a", "1x", "1e", "eEe", "1 Gi", "one", "avabc"} {
		assert.NoError(t, quantity.Check(text))
		_, err := quantity.Parse(text)
		assert.Error(t, err)
	}
}

// FuzzParse: whatever the string, parsing ends at once.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1e-2147483647", "1e88888888400", "12345678901234567890123", "1.5e3", "7e12345f", "1e-99", "1e+12x34567", "1e++2147483647"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		_, _ = quantity.Parse(text)
		assert.Less(t, time.Since(start), 5*time.Second, text)
	})
}
