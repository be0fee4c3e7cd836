package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/websocket"
	"google.golang.org/protobuf/encoding/protowire"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/operators"
)

// knativeGateway is the name of the gateway to which Knative's Service objects lead.
const knativeGateway = "gateway.knative-network.svc.cluster.local"

const labelOfRevision = "serving.knative.dev/revision"

// knativeNetwork stands in for what Knative Serving needs beside the API server, and what kwok does not run:
//
//	a gateway             says of each KIngress that it follows it, if all of its Service objects have an
//	                      endpoint; no request is sent
//	the activator         answers the autoscaler's probe while the endpoints of a revision are the activator's,
//	                      and tells the autoscaler of requests for revisions without a ready pod
//	proxies in pods       tell the autoscaler how many requests they work on
//
// The autoscaler reaches activator and pods by an HTTP proxy, which is the server here.
type knativeNetwork struct {
	*httptest.Server
	api   *cluster.Client
	mutex sync.Mutex
	// requests are those that a namespace has at a time.
	requests map[string]float64
}

// startKnativeNetwork runs the network until the end of a test.
func startKnativeNetwork(t *testing.T) *knativeNetwork {
	t.Helper()
	n := &knativeNetwork{api: connect(t, "knative-network"), requests: map[string]float64{}}
	n.Server = httptest.NewServer(http.HandlerFunc(n.answer))
	t.Cleanup(n.Close)
	return n
}

// work lets the gateway and the activator work until the end of a test. Knative must run.
func (n *knativeNetwork) work(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	for period, once := range map[time.Duration]func(context.Context) error{
		100 * time.Millisecond: n.followIngresses, time.Second: n.reportRequests,
	} {
		working.Go(func() {
			for ctx.Err() == nil {
				if err := once(ctx); err != nil && ctx.Err() == nil {
					t.Log("network of Knative:", err) // the next round may do better
				}
				time.Sleep(period)
			}
		})
	}
	t.Cleanup(func() { stop(); working.Wait() })
}

// set is how many requests a namespace has at a time.
func (n *knativeNetwork) set(namespace string, requests float64) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.requests[namespace] = requests
}

func (n *knativeNetwork) of(namespace string) float64 {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.requests[namespace]
}

func (n *knativeNetwork) list(ctx context.Context, apiVersion, kind, namespace string, options metav1.ListOptions) ([]unstructured.Unstructured, error) {
	resource, err := n.api.Kind(apiVersion, kind, namespace)
	if err != nil {
		return nil, err
	}
	list, err := resource.List(ctx, options)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// followIngresses does what a gateway does about each new specification of a KIngress.
func (n *knativeNetwork) followIngresses(ctx context.Context) error {
	ingresses, err := n.list(ctx, "networking.internal.knative.dev/v1alpha1", "Ingress", "", metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range ingresses {
		ingress := &ingresses[i]
		if observed, _, _ := unstructured.NestedInt64(ingress.Object, "status", "observedGeneration"); observed == ingress.GetGeneration() {
			continue
		}
		if err := n.leadSomewhere(ctx, ingress); err != nil {
			continue // Knative is still about to make them
		}
		ingress.Object["status"] = followedIngress(ingress.GetGeneration())
		resource, err := n.api.Of(ingress)
		if err != nil {
			return err
		}
		_, _ = resource.UpdateStatus(ctx, ingress, metav1.UpdateOptions{}) // a conflict is for the next round
	}
	return nil
}

// followedIngress is what a gateway says of a KIngress that it follows.
func followedIngress(generation int64) map[string]any {
	var conditions []any
	for _, kind := range []string{"LoadBalancerReady", "NetworkConfigured", "Ready"} {
		conditions = append(conditions, map[string]any{"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"})
	}
	gateway := map[string]any{"ingress": []any{map[string]any{"domainInternal": knativeGateway}}}
	return map[string]any{
		"observedGeneration": generation, "conditions": conditions,
		"publicLoadBalancer": gateway, "privateLoadBalancer": gateway,
	}
}

// leadSomewhere passes if each Service object to which a KIngress sends requests has an endpoint.
func (n *knativeNetwork) leadSomewhere(ctx context.Context, ingress *unstructured.Unstructured) error {
	for name := range servicesOfIngress(ingress) {
		addresses, err := n.endpoints(ctx, ingress.GetNamespace(), name)
		if err == nil && len(addresses) == 0 {
			err = fmt.Errorf("the Service object %s of the KIngress %s leads nowhere", name, ingress.GetName())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// servicesOfIngress are the names of the Service objects to which a KIngress sends requests.
func servicesOfIngress(ingress *unstructured.Unstructured) map[string]bool {
	names := map[string]bool{}
	rules, _, _ := unstructured.NestedSlice(ingress.Object, "spec", "rules")
	for _, rule := range rules {
		paths, _, _ := unstructured.NestedSlice(rule.(map[string]any), "http", "paths")
		for _, path := range paths {
			splits, _, _ := unstructured.NestedSlice(path.(map[string]any), "splits")
			for _, split := range splits {
				fields := split.(map[string]any)
				if percent, _ := fields["percent"].(int64); percent > 0 {
					names[fields["serviceName"].(string)] = true
				}
			}
		}
	}
	return names
}

// endpoints are the ready addresses to which a Service object leads.
func (n *knativeNetwork) endpoints(ctx context.Context, namespace, service string) (addresses []string, err error) {
	resource, err := n.api.Kind("v1", "Endpoints", namespace)
	if err != nil {
		return nil, err
	}
	endpoints, err := resource.Get(ctx, service, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	subsets, _, _ := unstructured.NestedSlice(endpoints.Object, "subsets")
	for _, subset := range subsets {
		ready, _, _ := unstructured.NestedSlice(subset.(map[string]any), "addresses")
		for _, address := range ready {
			addresses = append(addresses, address.(map[string]any)["ip"].(string))
		}
	}
	return addresses, nil
}

// answer is what the autoscaler reads of a pod, or hears of the activator.
func (n *knativeNetwork) answer(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if net.ParseIP(host) != nil {
		n.answerAsPod(w, r, host)
		return
	}
	n.answerAsActivator(w, r, host)
}

// answerAsPod says how many requests a pod has, which shares those of its namespace with the others.
func (n *knativeNetwork) answerAsPod(w http.ResponseWriter, r *http.Request, ip string) {
	pods, err := n.list(r.Context(), "v1", "Pod", "", metav1.ListOptions{LabelSelector: labelOfRevision})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	name, namespace := "", ""
	beside := map[string]float64{}
	for i := range pods {
		if podIsReady(&pods[i]) {
			beside[pods[i].GetNamespace()]++
		}
		if found, _, _ := unstructured.NestedString(pods[i].Object, "status", "podIP"); found == ip {
			name, namespace = pods[i].GetName(), pods[i].GetNamespace()
		}
	}
	if name == "" || beside[namespace] == 0 {
		http.Error(w, "no such pod", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/protobuf")
	_, _ = w.Write(encodeStatistics(name, n.of(namespace)/beside[namespace])) // the autoscaler asks again
}

// answerAsActivator answers the probe for a revision: the activator answers while requests go to it, else a pod.
func (n *knativeNetwork) answerAsActivator(w http.ResponseWriter, r *http.Request, host string) {
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		http.Error(w, host+" is no name of a Service object", http.StatusBadRequest)
		return
	}
	addresses, err := n.endpoints(r.Context(), labels[1], labels[0])
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	case slices.Contains(addresses, operators.KnativeActivator):
		_, _ = w.Write([]byte("activator")) // the autoscaler asks again
	default:
		_, _ = w.Write([]byte("queue"))
	}
}

// reportRequests tells the autoscaler, as the activator does, of requests for revisions that have no pod.
func (n *knativeNetwork) reportRequests(ctx context.Context) error {
	scalers, err := n.list(ctx, "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler", "", metav1.ListOptions{})
	if err != nil {
		return err
	}
	var report []byte
	for i := range scalers {
		scaler := &scalers[i]
		reachability, _, _ := unstructured.NestedString(scaler.Object, "spec", "reachability")
		requests := n.of(scaler.GetNamespace())
		if requests == 0 || reachability != "Reachable" {
			continue
		}
		addresses, err := n.endpoints(ctx, scaler.GetNamespace(), scaler.GetName()+"-private")
		if err == nil && len(addresses) == 0 {
			report = appendMessage(report, 1, encodeReport(scaler.GetNamespace(), scaler.GetName(), requests))
		}
	}
	if len(report) == 0 {
		return nil
	}
	const origin = "http://" + operators.KnativeStatistics
	connection, err := websocket.Dial("ws://"+operators.KnativeStatistics, "", origin)
	if err != nil {
		return err
	}
	return errors.Join(websocket.Message.Send(connection, report), connection.Close())
}

// encodeStatistics writes what one pod says of its requests, as message Stat of Knative's autoscaler.
func encodeStatistics(pod string, requests float64) []byte {
	out := appendMessage(nil, 1, []byte(pod))
	for field, value := range map[protowire.Number]float64{2: requests, 4: requests, 6: time.Hour.Seconds()} {
		out = protowire.AppendTag(out, field, protowire.Fixed64Type)
		out = protowire.AppendFixed64(out, math.Float64bits(value))
	}
	return out
}

// encodeReport writes what the activator says of the requests for a revision, as message WireStatMessage.
func encodeReport(namespace, revision string, requests float64) []byte {
	out := appendMessage(nil, 1, []byte(namespace))
	out = appendMessage(out, 2, []byte(revision))
	return appendMessage(out, 3, encodeStatistics("activator", requests))
}

func appendMessage(to []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), message)
}
