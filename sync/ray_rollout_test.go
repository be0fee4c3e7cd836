package sync_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
)

// headIs is what KubeRay reports of a cluster that served once, by whether its head is ready.
func (r *rayClusters) headIs(i int, ready string) {
	r.t.Helper()
	r.report(kinds.RayCluster, fmt.Sprintf("chat-engine-%d", i), fmt.Sprintf(
		`{"state":"ready","desiredWorkerReplicas":1,"readyWorkerReplicas":1,"conditions":[{"type":"HeadPodReady","status":%q,"reason":"r"},`+
			`{"type":"RayClusterProvisioned","status":"True","reason":"r"}]}`, ready))
}

// imagesIn are the images that an answer gives the clusters.
func (r *rayClusters) imagesIn(response *sync.Response) (images []string) {
	r.t.Helper()
	for i := range r.images {
		cluster := view{r.t, response}.ray(fmt.Sprintf("chat-engine-%d", i))
		images = append(images, cluster.Spec.HeadGroupSpec.Template.Spec.Containers[0].Image)
	}
	return images
}

// beginning is a service of three clusters of which the last one has taken an edit, and loads.
func beginning(t *testing.T, s strategy) *rayClusters {
	t.Helper()
	r := &rayClusters{groupedService: newGroupedService(t, s, "ray", 3), images: []string{"v1", "v1", "v1"}, down: make([]bool, 3)}
	r.until("v1 v1 v1")
	r.edit("v2")
	r.turn()
	r.headIs(2, "False")
	assert.Equal(t, []string{"v1", "v1", "v2"}, r.imagesIn(r.sync(t)))
	return r
}

// TestAHeldRayClusterLetsNoOthersRestartAtOnce: isvc is upgraded while an edit goes from cluster to cluster. The one
// that has the edit keeps what the former version made; the others take turns, and get the same.
func TestAHeldRayClusterLetsNoOthersRestartAtOnce(t *testing.T) {
	for _, s := range strategies {
		for _, percent := range []any{nil, int64(60)} {
			t.Run(fmt.Sprint(s, "/", percent), func(t *testing.T) {
				r := beginning(t, s)
				made := r.sync(t)
				for _, child := range made.Children {
					if child.GetName() == "chat-engine-2" && child.GetKind() == "RayCluster" {
						for _, template := range podTemplatesOf(child) {
							setImage(oldImage)(template)
						}
					}
				}
				r.apply(t, s, made)
				r.percent(percent)
				r.headIs(0, "True")
				r.headIs(1, "True")
				r.headIs(2, "False")
				response := r.answer()
				assert.Equal(t, []string{"v1", "v1", oldImage}, r.imagesIn(response), "the last cluster loads")
				view{t, response}.isCondition("UpdateAvailable", "True", sync.ReasonUpgradeHeld)
				r.headIs(2, "True")
				response = r.answer()
				assert.Equal(t, []string{"v1", oldImage, oldImage}, r.imagesIn(response))
				view{t, response}.isCondition("UpdateAvailable", "True", sync.ReasonUpgradeHeld)
				r.headIs(1, "False")
				assert.Equal(t, []string{"v1", oldImage, oldImage}, r.imagesIn(r.answer()), "another one loads")
				r.headIs(1, "True")
				response = r.answer()
				if percent == nil {
					assert.Equal(t, []string{oldImage, oldImage, oldImage}, r.imagesIn(response))
					return
				}
				assert.Equal(t, []string{"v1", oldImage, oldImage}, r.imagesIn(response))
				view{t, response}.isCondition("CanaryReady", "True", "CanaryRunning")
				r.percent(int64(0))
				for i := range 3 {
					r.answer()
					r.headIs(i, "True")
				}
				response = r.answer()
				assert.Equal(t, []string{"v1", "v1", "v1"}, r.imagesIn(response), "a canary that is held is stopped, too")
				view{t, response}.isCondition("CanaryReady", "False", "CanaryAborted")
			})
		}
	}
}

// TestARayClusterThatIsAwayForAMomentIsNotReplaced: while another one loads, it may come back sooner than that.
func TestARayClusterThatIsAwayForAMomentIsNotReplaced(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			r := beginning(t, s)
			r.headIs(1, "False")
			assert.Equal(t, []string{"v1", "v1", "v2"}, r.imagesIn(r.answer()), "two are away")
			r.headIs(0, "False")
			assert.Equal(t, []string{"v1", "v1", "v2"}, r.imagesIn(r.answer()), "all are away")
			r.headIs(2, "True")
			assert.Equal(t, []string{"v1", "v2", "v2"}, r.imagesIn(r.answer()), "one that does not serve goes first")
			r.headIs(1, "False")
			assert.Equal(t, []string{"v1", "v2", "v2"}, r.imagesIn(r.answer()))
			r.headIs(1, "True")
			assert.Equal(t, []string{"v2", "v2", "v2"}, r.imagesIn(r.answer()))
		})
	}
}

// TestARevertWaitsForNoClusterThatNobodyChanged: one with the former template loses its node while two others have an
// edit that never serves.
func TestARevertWaitsForNoClusterThatNobodyChanged(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			r := beginning(t, s)
			r.headIs(1, "False")
			r.headIs(2, "True")
			require.Equal(t, []string{"v1", "v2", "v2"}, r.imagesIn(r.answer()))
			for i := range 3 {
				r.headIs(i, "False")
			}
			r.edit("v1")
			assert.Equal(t, []string{"v1", "v2", "v1"}, r.imagesIn(r.answer()))
		})
	}
}
