package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/modes"
)

// plannedChange is what isvc plan says about an edit of a service.
type plannedChange struct {
	// before are the UIDs of the pods before the edit.
	before   []string
	children []plan.Child
}

// plans asks isvc plan what a patch of the service does, which has pods with some UIDs.
func (w *world) plans(t *testing.T, patch string, before []string) *plannedChange {
	t.Helper()
	resource, err := w.api.Of(w.service)
	require.NoError(t, err)
	program, err := presentProgram()
	require.NoError(t, err)
	report := planOf(t, program, []string{w.namespace}, []*unstructured.Unstructured{patched(t, resource, w.service.GetName(), patch)}, "-n", w.namespace)
	require.Len(t, report, 1)
	return &plannedChange{before: before, children: report[0].Children}
}

// replacedPods is how many pods of workloads the plan says are replaced or deleted. The pods that probe Ray clusters
// are not among them.
func (c *plannedChange) replacedPods() int {
	pods := int64(0)
	for _, child := range c.children {
		if _, isWorkload := modes.OfWorkload(kinds.New(child.Kind, child.APIVersion)); isWorkload && child.Restarts != nil {
			pods += child.Restarts.Pods
		}
	}
	return int(pods)
}

// isWhatHappened passes if as many of the pods are gone as the plan says.
func (c *plannedChange) isWhatHappened(now []string) error {
	lost := slices.DeleteFunc(slices.Clone(c.before), func(uid string) bool { return slices.Contains(now, uid) })
	if len(lost) != c.replacedPods() {
		return fmt.Errorf("isvc plan says that %d of %d pods are replaced or deleted, and %d are: %+v", c.replacedPods(), len(c.before), len(lost), c.children)
	}
	return nil
}
