package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// byHTTPRoutes is a configuration in which HTTPRoutes lead to services.
var byHTTPRoutes = config.Parse(map[string]string{"ingress": `{"ingressGateway":"a/b","ingressService":"c","ingressDomain":"example.com",` +
	`"enableGatewayAPI":true,"omeIngressGateway":"gw/public","disableIstioVirtualHost":true}`})

// TestCanaryUnderTheDriver leads a canary through its life with the driver in
// Metacontroller's place, under both ways of applying.
func TestCanaryUnderTheDriver(t *testing.T) {
	underTheDriver(t, "canary", byHTTPRoutes, newCanary)
}

// TestCanaryUnderMetacontroller does the same with the real Metacontroller.
func TestCanaryUnderMetacontroller(t *testing.T) {
	underMetacontroller(t, metacontroller(t), "canary-meta", byHTTPRoutes, newCanary)
}

func newCanary(t *testing.T, name, user string) (*world, func(*testing.T)) {
	w := newWorld(t, name, user)
	return w, (&canary{world: w}).life
}

// canary is a service whose template changes little by little.
type canary struct {
	*world
	// stable are the uids of the pods that must stay.
	stable []string
}

// acceptRoutes does what a gateway does, until the test ends: it says of each new
// specification of a route that it follows it.
func (c *canary) acceptRoutes(t *testing.T) {
	t.Helper()
	routes, err := c.api.Kind("gateway.networking.k8s.io/v1", "HTTPRoute", c.namespace)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			time.Sleep(100 * time.Millisecond)
			list, err := routes.List(ctx, metav1.ListOptions{})
			if err != nil {
				continue // the next round, or the end
			}
			for i := range list.Items {
				route := &list.Items[i]
				if said, _, _ := unstructured.NestedSlice(route.Object, "status", "parents"); len(said) > 0 {
					condition := said[0].(map[string]any)["conditions"].([]any)[0].(map[string]any)
					if condition["observedGeneration"] == route.GetGeneration() {
						continue
					}
				}
				route.Object["status"] = map[string]any{"parents": []any{followed(route.GetGeneration())}}
				_, _ = routes.UpdateStatus(ctx, route, metav1.UpdateOptions{}) // a conflict is for the next round
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done })
}

// followed is what a gateway says of a route that it follows.
func followed(generation int64) map[string]any {
	var conditions []any
	for _, kind := range []string{"Accepted", "ResolvedRefs"} {
		conditions = append(conditions, map[string]any{
			"type": kind, "status": "True", "reason": kind, "message": "", "observedGeneration": generation,
			"lastTransitionTime": "2026-01-01T00:00:00Z",
		})
	}
	return map[string]any{
		"parentRef":      map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "gw", "name": "public"},
		"controllerName": "example.com/gateway", "conditions": conditions,
	}
}

// life is the whole story. Each step needs the ones before it.
func (c *canary) life(t *testing.T) {
	c.acceptRoutes(t)
	leadThrough(t, []step{
		{"three pods serve", c.begins},
		{"an edit at 20 percent starts one pod, and takes requests when that serves", c.shows(c.starts, in(v1beta1.RawDeployment, canaryRuns)...)},
		{"nothing is written at rest", c.rests},
		{"at 50 percent there is one pod more", c.shows(c.grows, in(v1beta1.RawDeployment, canaryRuns)...)},
		{"another edit replaces the canary alone", c.shows(c.changesAgain, in(v1beta1.RawDeployment, canaryRuns)...)},
		{"at 0 percent the canary goes", c.shows(c.stops, in(v1beta1.RawDeployment, canaryRuns)...)},
		{"a deleted workload is made with the new template, and the canary serves until then", c.losesItsBase},
		{"the template is rolled out when the percentage is removed", c.shows(c.isPromoted, in(v1beta1.RawDeployment, canaryRuns)...)},
		{"nothing is written at rest in the end", c.rests},
		{"a deleted service leaves nothing", c.shows(c.leavesNothing, in(v1beta1.RawDeployment, serviceDeleted)...)},
	})
}

// edit gives the engine an image and a percentage; none with a negative one.
func (c *canary) edit(t *testing.T, image string, percent int) {
	t.Helper()
	share := "null"
	if percent >= 0 {
		share = fmt.Sprint(percent)
	}
	c.patch(t, c.service, fmt.Sprintf(
		`{"spec":{"engine":{"canaryTrafficPercent":%s,"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}}}`, share, image))
}

// podsOf are the uids of the running pods of a Deployment, by image.
func (c *canary) podsOf(app string) (map[string][]string, error) {
	pods, err := c.pods()
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, pod := range pods {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		if pod.GetLabels()["app"] != app || pod.GetDeletionTimestamp() != nil || phase != "Running" {
			continue
		}
		image := imageOf(&pod)
		out[image] = append(out[image], string(pod.GetUID()))
	}
	return out, nil
}

// shares are the weights of the route to the service, as one text.
func (c *canary) shares() (string, error) {
	route, err := c.read(c.object("gateway.networking.k8s.io/v1", "HTTPRoute", "chat"))
	if err != nil {
		return "", err
	}
	rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules")
	if len(rules) != 1 {
		return "", errors.New("the route has not one rule")
	}
	backends, _, _ := unstructured.NestedSlice(rules[0].(map[string]any), "backendRefs")
	var parts []string
	for _, item := range backends {
		backend := item.(map[string]any)
		parts = append(parts, fmt.Sprintf("%v=%v", backend["name"], backend["weight"]))
	}
	return strings.Join(parts, " "), nil
}

// becomes waits until the pods of the canary are so many of an image, and the
// route has given shares. All the time, the route leads to the canary only
// while it has a running pod, and the other pods stay.
func (c *canary) becomes(t *testing.T, image string, pods int, shares string) {
	t.Helper()
	var passed []string
	c.await(t, fmt.Sprintf("%d pods of image %s in the canary and shares %s", pods, image, shares), func() error {
		before, err := c.podsOf("chat-engine-canary")
		if err != nil {
			return err
		}
		now, err := c.shares()
		if err != nil {
			return err
		}
		if len(passed) == 0 || passed[len(passed)-1] != now {
			passed = append(passed, now)
		}
		after, err := c.podsOf("chat-engine-canary")
		if err != nil {
			return err
		}
		if strings.Contains(now, "canary") && len(before) == 0 && len(after) == 0 {
			t.Errorf("the route leads to the canary (%s), which has no running pod", now)
		}
		if c.stable != nil {
			c.standsStill(t)
		}
		if len(after[image]) != pods || len(after) > 1 || now != shares {
			return fmt.Errorf("the canary has %v, and the shares are %s", after, now)
		}
		return nil
	})
	numbers.record("shares on the way to "+shares+", "+c.user+" "+c.name, "%s", strings.Join(passed, ", then "))
}

// standsStill passes if the pods that must stay are there.
func (c *canary) standsStill(t *testing.T) {
	t.Helper()
	pods, err := c.podsOf("chat-engine")
	require.NoError(t, err)
	all := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(pods))...)))
	assert.Equal(t, c.stable, all, "the pods beside the canary")
}

// is waits for a state of CanaryReady, with Ready all the while.
func (c *canary) is(t *testing.T, reason string) {
	t.Helper()
	c.await(t, "CanaryReady "+reason, func() error {
		service, err := c.read(c.service)
		if err != nil {
			return err
		}
		seen := conditionOf(service, "CanaryReady")
		if seen["reason"] != reason {
			return fmt.Errorf("CanaryReady is %v", seen)
		}
		return nil
	})
	c.awaitReady(t)
}

func (c *canary) begins(t *testing.T) {
	c.apply(t, c.service)
	c.awaitReady(t)
	c.scale(t, c.deployment(), 3)
	c.await(t, "three running pods", func() error { return c.podsRun(3) })
	c.remember(t)
}

// remember notes the pods that must stay from now on.
func (c *canary) remember(t *testing.T) {
	t.Helper()
	pods, err := c.podsOf("chat-engine")
	require.NoError(t, err)
	c.stable = slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(pods))...)))
	require.Len(t, c.stable, 3)
}

func (c *canary) starts(t *testing.T) {
	c.edit(t, "1.5", 20)
	c.becomes(t, "1.5", 1, "chat-engine=80 chat-engine-canary=20")
	c.is(t, "CanaryRunning")
	service := c.get(t, c.service)
	traffic, _, _ := unstructured.NestedSlice(service.Object, "status", "components", "engine", "traffic")
	require.Len(t, traffic, 2)
	assert.EqualValues(t, 20, traffic[0].(map[string]any)["percent"])
	assert.EqualValues(t, 80, traffic[1].(map[string]any)["percent"])
}

func (c *canary) grows(t *testing.T) {
	before, err := c.podsOf("chat-engine-canary")
	require.NoError(t, err)
	c.edit(t, "1.5", 50)
	c.becomes(t, "1.5", 2, "chat-engine=50 chat-engine-canary=50")
	after, err := c.podsOf("chat-engine-canary")
	require.NoError(t, err)
	assert.Subset(t, after["1.5"], before["1.5"], "the pod of the canary stays")
}

func (c *canary) changesAgain(t *testing.T) {
	c.edit(t, "1.6", 50)
	c.becomes(t, "1.6", 2, "chat-engine=50 chat-engine-canary=50")
	c.is(t, "CanaryRunning")
}

func (c *canary) stops(t *testing.T) {
	c.edit(t, "1.6", 0)
	c.becomes(t, "1.6", 0, "chat-engine=1")
	c.await(t, "the end of the canary", func() error { return c.gone(c.object("apps/v1", "Deployment", "chat-engine-canary")) })
	c.is(t, "CanaryAborted")
	c.rests(t)
}

func (c *canary) losesItsBase(t *testing.T) {
	c.edit(t, "1.6", 40)
	c.becomes(t, "1.6", 2, "chat-engine=60 chat-engine-canary=40")
	c.stable = nil
	c.delete(t, c.deployment())
	c.await(t, "the end of the canary", func() error {
		pods, err := c.podsOf("chat-engine")
		if err == nil && len(pods["1.6"]) == 0 {
			err = errors.New("the Deployment has no pod again")
		}
		if err != nil {
			return err
		}
		return c.gone(c.object("apps/v1", "Deployment", "chat-engine-canary"))
	})
	c.await(t, "requests to the Deployment alone", func() error {
		shares, err := c.shares()
		if err == nil && shares != "chat-engine=1" {
			err = errors.New(shares)
		}
		return err
	})
	c.awaitReady(t)
	c.scale(t, c.deployment(), 3)
	c.await(t, "three running pods beside those of the canary, which go", func() error {
		pods, err := c.podsOf("chat-engine")
		if err == nil && len(pods["1.6"]) != 3 {
			err = fmt.Errorf("the pods are %v", pods)
		}
		return err
	})
}

func (c *canary) isPromoted(t *testing.T) {
	c.remember(t)
	c.edit(t, "1.7", 20)
	c.becomes(t, "1.7", 1, "chat-engine=80 chat-engine-canary=20")
	c.stable = nil
	c.edit(t, "1.7", -1)
	c.await(t, "new pods everywhere, and no canary", func() error {
		pods, err := c.podsOf("chat-engine")
		if err != nil {
			return err
		}
		_, missing := c.read(c.object("apps/v1", "Deployment", "chat-engine-canary"))
		if len(pods["1.7"]) < 3 && apierrors.IsNotFound(missing) {
			t.Errorf("the canary went before all pods were new: %v", pods)
		}
		if len(pods) != 1 || len(pods["1.7"]) != 3 || !apierrors.IsNotFound(missing) {
			return fmt.Errorf("the pods are %v", pods)
		}
		return nil
	})
	c.becomes(t, "1.7", 0, "chat-engine=1")
	c.await(t, "the end of CanaryReady", func() error {
		service, err := c.read(c.service)
		if err == nil && conditionOf(service, "CanaryReady") != nil {
			err = errors.New("it is still there")
		}
		return err
	})
	c.awaitReady(t)
	time.Sleep(time.Second)
	assert.NoError(t, c.podsRun(3))
}
