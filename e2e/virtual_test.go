package e2e

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// TestVirtualDeploymentUnderTheDriver leads a service through its life while other software serves its model, with the
// driver in Metacontroller's place, under both ways of applying.
func TestVirtualDeploymentUnderTheDriver(t *testing.T) {
	underTheDriver(t, "virtual", nil, newVirtualDeployment)
}

// TestVirtualDeploymentUnderMetacontroller does the same with the real Metacontroller.
func TestVirtualDeploymentUnderMetacontroller(t *testing.T) {
	underMetacontroller(t, metacontroller(t), "virtual-meta", nil, newVirtualDeployment)
}

// virtualDeployment is a service without objects.
type virtualDeployment struct{ *world }

func newVirtualDeployment(t *testing.T, name, user string) (*world, func(*testing.T)) {
	w := newWorld(t, name, user)
	return w, (&virtualDeployment{w}).life
}

// life is the whole story. Each step needs the ones before it.
func (v *virtualDeployment) life(t *testing.T) {
	const virtual = v1beta1.VirtualDeployment
	leadThrough(t, []step{
		{"single pods serve", v.becomesReady},
		{"their objects end when other software serves", v.shows(v.endsObjects, append(in(v1beta1.RawDeployment, toVirtual), in(virtual, accepted, becomesReady)...)...)},
		{"nothing is written at rest", v.shows(v.restsFor(*longRest), in(virtual, atRest)...)},
		{"a deleted runtime is not missed", v.shows(v.missesNoRuntime, in(virtual, runtimeDeleted)...)},
		{"single pods serve again", v.shows(v.becomesSinglePods, in(virtual, toRaw)...)},
		{"their objects end again", v.endsObjects},
		{"a deleted service is gone", v.shows(v.isDeleted, in(virtual, serviceDeleted)...)},
	})
}

func (v *virtualDeployment) setMode(t *testing.T, mode v1beta1.DeploymentMode) {
	t.Helper()
	v.patch(t, v.service, fmt.Sprintf(`{"metadata":{"annotations":{"ome.io/deploymentMode":%q}}}`, mode))
}

// isVirtual waits until the status says that other software serves.
func (v *virtualDeployment) isVirtual(t *testing.T) {
	t.Helper()
	v.await(t, "Ready VirtualDeployment", func() error {
		r, err := v.readiness()
		if err == nil && (r.status != "True" || r.reason != "VirtualDeployment") {
			err = fmt.Errorf("Ready is %+v", r)
		}
		return err
	})
	require.NoError(t, v.serving("VirtualDeployment"))
	url := "http://chat." + v.namespace + ".svc.cluster.local"
	assert.NoError(t, v.field(v.service, url, "status", "url"))
}

func (v *virtualDeployment) endsObjects(t *testing.T) {
	v.setMode(t, v1beta1.VirtualDeployment)
	v.await(t, "the end of every child", func() error {
		if left := v.children(t); len(left) > 0 {
			return errors.New("there is still a " + left[0].GetKind())
		}
		return v.podsRun(0)
	})
	v.isVirtual(t)
}

func (v *virtualDeployment) missesNoRuntime(t *testing.T) {
	runtime := v.get(t, v.runtime)
	v.delete(t, runtime)
	v.rests(t)
	v.isVirtual(t)
	v.apply(t, stripped(runtime))
}

func (v *virtualDeployment) becomesSinglePods(t *testing.T) {
	v.setMode(t, v1beta1.RawDeployment)
	v.await(t, "a running pod", func() error { return v.podsRun(1) })
	v.awaitReady(t)
}

func (v *virtualDeployment) isDeleted(t *testing.T) {
	v.delete(t, v.service)
	v.await(t, "the end of the service", func() error { return v.none(t) })
}
