package sync

import "github.com/isvc-io/isvc/api/v1beta1"

// PercentileOf is percentileOf for tests.
var PercentileOf = percentileOf

// CauseOfChange says whose change differs between two values of the annotation isvc.io/input:
// "service", "shared" or, where nothing does, "".
func CauseOfChange(before, after string) string {
	was, known := parseTemplateInput(before)
	now, alsoKnown := parseTemplateInput(after)
	switch {
	case !known || !alsoKnown:
		return "unknown"
	case was.isUsersChange(now):
		return "service"
	case was.isSharedChange(now):
		return "shared"
	}
	return ""
}

// InputScheme is inputScheme for tests.
const InputScheme = inputScheme

// TablesOfInput are the tables by which digests leave something out.
func TablesOfInput() any {
	defaults := map[string]any{}
	for holder, written := range serverDefaults {
		defaults[holder] = []any{written.field, written.value}
	}
	return []any{fieldsBesideThePods(v1beta1.RawDeployment), fieldsBesideThePods(v1beta1.Serverless), defaults}
}
