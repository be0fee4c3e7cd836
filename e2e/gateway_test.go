package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
)

// traefik finds a program that is a gateway. It is not built here, because its module cannot be built from
// the proxy as it is: modules that it needs are not served.
func traefik(t *testing.T) string {
	t.Helper()
	program := os.Getenv("TRAEFIK")
	if program == "" {
		program, _ = exec.LookPath("traefik")
	}
	if program == "" {
		numbers.record("requests through a gateway", "NOT RUN: $TRAEFIK names no program")
		t.Skip("NOT RUN: set TRAEFIK to the path of Traefik 3.7 or later to send requests through a gateway")
	}
	if os.Getuid() != 0 {
		t.Skip("NOT RUN: only root may give this host the addresses of pods")
	}
	return program
}

// TestARealGatewaySharesTheRequests sends requests through Traefik, which follows the routes, while a canary
// begins, is stopped, begins again and is promoted.
func TestARealGatewaySharesTheRequests(t *testing.T) {
	program := traefik(t)
	w := newWorld(t, "gateway", "driver")
	address := runGateway(t, w, program)
	w.drive(t, serveHooksWith(t, byHTTPRoutes), driver.DynamicApply)
	c := &canary{world: w}
	g := &gateway{canary: c, address: address, pods: servePods(t, w)}
	leadThrough(t, []step{
		{"three pods serve", g.begins},
		{"a canary at 10 percent takes a tenth of 10,000 requests", g.isShared},
		{"at 0 percent it takes none", g.isStopped},
		{"no request fails while it begins again and is promoted", g.isPromotedUnderLoad},
		{"no request fails while another port of the same name rolls out", g.changesItsPortUnderLoad},
	})
}

// gateway is a canary behind a real gateway.
type gateway struct {
	*canary
	address string
	pods    *answeringPods
}

// runGateway installs what a gateway needs, and starts it. It returns the address of its listener.
func runGateway(t *testing.T, w *world, program string) string {
	t.Helper()
	ctx := context.Background()
	const group, version = "gateway.networking.k8s.io", "v1"
	require.NoError(t, plane.Install(ctx, w.api, []cluster.Definition{
		cluster.Define(group, version, "GatewayClass", "gatewayclasses", "Cluster"),
		cluster.Define(group, version, "Gateway", "gateways", "Namespaced"),
		cluster.Define(group, version, "GRPCRoute", "grpcroutes", "Namespaced"),
		cluster.Define(group, version, "BackendTLSPolicy", "backendtlspolicies", "Namespaced"),
		cluster.Define(group, version, "TLSRoute", "tlsroutes", "Namespaced"),
		cluster.Define(group, "v1beta1", "ReferenceGrant", "referencegrants", "Namespaced"),
	}))
	addresses, err := cluster.FreeAddresses(1)
	require.NoError(t, err)
	tcp, err := net.ResolveTCPAddr("tcp", addresses[0])
	require.NoError(t, err)
	ensureNamespace(t, w.api, "gw")
	class := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": group + "/" + version, "kind": "GatewayClass", "metadata": map[string]any{"name": "traefik"},
		"spec": map[string]any{"controllerName": "traefik.io/gateway-controller"},
	}}
	public := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": group + "/" + version, "kind": "Gateway", "metadata": map[string]any{"name": "public", "namespace": "gw"},
		"spec": map[string]any{"gatewayClassName": "traefik", "listeners": []any{map[string]any{
			"name": "web", "port": int64(tcp.Port), "protocol": "HTTP",
			"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}},
		}}},
	}}
	for _, object := range []*unstructured.Unstructured{class, public} {
		_, err := create(w.api, object, metav1.CreateOptions{})
		require.NoError(t, err)
		t.Cleanup(func() { w.delete(t, object) })
	}
	kubeconfig, err := plane.Kubeconfig("gateway")
	require.NoError(t, err)
	stop, err := plane.Run("traefik", "env", "KUBECONFIG="+kubeconfig, program,
		"--providers.kubernetesgateway=true", "--entrypoints.web.address="+addresses[0],
		"--providers.providersthrottleduration=100ms", "--log.level=INFO",
		"--global.checknewversion=false", "--global.sendanonymoususage=false")
	require.NoError(t, err)
	t.Cleanup(stop)
	return addresses[0]
}

// answeringPods answers in the place of the pods of a namespace, at their addresses, and counts.
type answeringPods struct {
	mu     sync.Mutex
	counts map[string]int
	images map[string]string
	// ports are those of the pods that have or had an address, which is given again.
	ports map[string][]string
}

// portsOfPods are those on which pods of the story listen.
var portsOfPods = []string{"8080", "8081"}

// servePods gives this host the addresses of the pods of a world, as long as the test runs, and answers there.
func servePods(t *testing.T, w *world) *answeringPods {
	t.Helper()
	pods := &answeringPods{counts: map[string]int{}, images: map[string]string{}, ports: map[string][]string{}}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		local, _ := in.Context().Value(http.LocalAddrContextKey).(net.Addr)
		ip, port, _ := net.SplitHostPort(local.String())
		pods.mu.Lock()
		defer pods.mu.Unlock()
		if known := pods.ports[ip]; len(known) > 0 && !slices.Contains(known, port) {
			http.Error(out, "the pod does not listen here", http.StatusBadGateway)
			return
		}
		pods.counts[ip]++
		_, _ = io.WriteString(out, ip)
	})}
	for _, port := range portsOfPods {
		listener, err := net.Listen("tcp", ":"+port)
		require.NoError(t, err, "a port of the runner")
		go func() { _ = server.Serve(listener) }() // until it is closed
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			list, err := w.pods()
			if err != nil {
				continue // the next round, or the end
			}
			for i := range list {
				if ip, _, _ := unstructured.NestedString(list[i].Object, "status", "podIP"); ip != "" {
					pods.add(t, ip, &list[i])
				}
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-done
		_ = server.Close()
		for ip := range pods.images {
			_ = exec.Command("ip", "route", "del", "local", ip+"/32", "dev", "lo").Run()
		}
	})
	return pods
}

// add gives this host the address of a pod.
func (p *answeringPods) add(t *testing.T, ip string, pod *unstructured.Unstructured) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.images[ip] == "" {
		text, err := exec.Command("ip", "route", "replace", "local", ip+"/32", "dev", "lo").CombinedOutput()
		assert.NoError(t, err, "%s", text)
	}
	p.images[ip] = imageOf(pod)
	if port := portOf(pod); !slices.Contains(p.ports[ip], port) {
		p.ports[ip] = append(p.ports[ip], port)
	}
}

// portOf is the port on which the first container of a pod listens.
func portOf(pod *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	ports, _ := containers[0].(map[string]any)["ports"].([]any)
	return fmt.Sprint(ports[0].(map[string]any)["containerPort"])
}

// forget begins to count anew.
func (p *answeringPods) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.counts)
}

// byImage are the requests that the pods of each image took.
func (p *answeringPods) byImage() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{}
	for ip, n := range p.counts {
		out[p.images[ip]] += n
	}
	return out
}

// ask sends one request to the service through the gateway.
func (g *gateway) ask(client *http.Client) error {
	request, err := http.NewRequest(http.MethodGet, "http://"+g.address+"/v1/models", nil)
	if err != nil {
		return err
	}
	request.Host = "chat." + g.namespace + ".example.com"
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway answers %s", response.Status)
	}
	return nil
}

// askTimes sends so many requests, several at once, and returns what failed.
func (g *gateway) askTimes(n int) []error {
	const atOnce = 8
	var mu sync.Mutex
	var failures []error
	var work sync.WaitGroup
	for range atOnce {
		work.Go(func() {
			for range n / atOnce {
				if err := g.ask(http.DefaultClient); err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
			}
		})
	}
	work.Wait()
	return failures
}

func (g *gateway) begins(t *testing.T) {
	g.canary.begins(t)
	g.await(t, "an answer through the gateway", func() error { return g.ask(http.DefaultClient) })
}

func (g *gateway) isShared(t *testing.T) {
	g.edit(t, "1.5", 10)
	g.becomes(t, "1.5", 1, "chat-engine=90 chat-engine-canary=10")
	g.is(t, "CanaryRunning")
	g.await(t, "a request to the canary", func() error {
		if err := g.ask(http.DefaultClient); err != nil {
			return err
		}
		if g.pods.byImage()["1.5"] == 0 {
			return fmt.Errorf("only %v", g.pods.byImage())
		}
		return nil
	})
	g.pods.forget()
	const requests = 10000
	assert.Empty(t, g.askTimes(requests))
	counts := g.pods.byImage()
	numbers.record("10,000 requests at 10 percent through Traefik", "%v", counts)
	assert.InDelta(t, 0.10, float64(counts["1.5"])/requests, 0.015)
	assert.Equal(t, requests, counts["1.5"]+counts["1.4"])
}

func (g *gateway) isStopped(t *testing.T) {
	g.edit(t, "1.5", 0)
	g.becomes(t, "1.5", 0, "chat-engine=1")
	g.is(t, "CanaryAborted")
	g.await(t, "a gateway that has followed", func() error {
		g.pods.forget()
		if failures := g.askTimes(80); len(failures) > 0 || g.pods.byImage()["1.5"] > 0 {
			return fmt.Errorf("%v, and %v", g.pods.byImage(), failures)
		}
		return nil
	})
	g.pods.forget()
	assert.Empty(t, g.askTimes(1000))
	assert.Equal(t, map[string]int{"1.4": 1000}, g.pods.byImage())
}

func (g *gateway) isPromotedUnderLoad(t *testing.T) {
	asked, failed := g.underLoad(t, func() {
		g.edit(t, "1.6", 40)
		g.becomes(t, "1.6", 2, "chat-engine=60 chat-engine-canary=40")
		g.stable = nil
		g.edit(t, "1.6", -1)
		g.becomes(t, "1.6", 0, "chat-engine=1")
		g.await(t, "new pods everywhere", func() error {
			pods, err := g.podsOf("chat-engine")
			if err == nil && (len(pods) != 1 || len(pods["1.6"]) != 3) {
				err = fmt.Errorf("the pods are %v", pods)
			}
			return err
		})
	})
	numbers.record("requests while a canary begins and is promoted behind Traefik", "%d, of which %d failed", asked, failed)
}

func (g *gateway) changesItsPortUnderLoad(t *testing.T) {
	asked, failed := g.underLoad(t, func() { g.listensOn(t, "8081") })
	numbers.record("requests while another port rolls out behind Traefik", "%d, of which %d failed", asked, failed)
}

// listensOn gives the port of the runner another number in the runtime, and waits until all pods have it.
func (g *gateway) listensOn(t *testing.T, port string) {
	t.Helper()
	g.patch(t, g.runtime, fmt.Sprintf(`{"spec":{"engineConfig":{"runner":{"ports":[{"name":"http","containerPort":%s}]}}}}`, port))
	g.await(t, "three pods that listen on "+port, func() error {
		pods, err := g.world.pods()
		if err != nil {
			return err
		}
		listening := map[string]int{}
		for i := range pods {
			phase, _, _ := unstructured.NestedString(pods[i].Object, "status", "phase")
			if pods[i].GetDeletionTimestamp() == nil && phase == "Running" {
				listening[portOf(&pods[i])]++
			}
		}
		if listening[port] != 3 || len(listening) != 1 {
			return fmt.Errorf("pods by port: %v", listening)
		}
		return nil
	})
	g.awaitReady(t)
}

// underLoad sends requests while something happens, and counts those that failed.
func (g *gateway) underLoad(t *testing.T, happens func()) (asked, failed int) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var failures []error
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(2 * time.Millisecond) {
			asked++
			if err := g.ask(http.DefaultClient); err != nil {
				failures = append(failures, err)
			}
		}
	}()
	happens()
	time.Sleep(time.Second)
	stop()
	<-done
	assert.Empty(t, slices.Compact(failures))
	return asked, len(failures)
}
