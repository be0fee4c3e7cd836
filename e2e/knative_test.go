package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/isvc-io/isvc/e2e/operators"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestKnativeUnderTheDriver(t *testing.T) {
	network := startKnativeNetwork(t)
	runOperator(t, "Knative's controllers, webhooks and autoscalers", operators.Knative{Network: network.URL}.Start)
	network.work(t)
	underTheDriver(t, "knative", nil, func(t *testing.T, name, user string) (*world, func(*testing.T)) {
		w := newWorldOf(t, "testdata/knative.yaml", name, user)
		return w, func(t *testing.T) {
			features := w.object("v1", "ConfigMap", "config-features")
			features.SetNamespace(operators.KnativeNamespace)
			w.patch(t, features, `{"data":{"kubernetes.podspec-nodeselector":"enabled","kubernetes.podspec-volumes-hostpath":"enabled"}}`)
			w.apply(t, w.service)
			for range 60 {
				time.Sleep(time.Second)
				if r, err := w.readiness(); err == nil && r.status == "True" {
					break
				}
			}
			for _, k := range [][2]string{{"ome.io/v1beta1", "InferenceService"}, {"serving.knative.dev/v1", "Service"}, {"serving.knative.dev/v1", "Revision"}, {"serving.knative.dev/v1", "Route"}, {"v1", "Service"}, {"v1", "Endpoints"}, {"networking.internal.knative.dev/v1alpha1", "Ingress"}, {"autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"}, {"apps/v1", "Deployment"}} {
				resource, err := w.api.Kind(k[0], k[1], w.namespace)
				if err != nil {
					t.Log(err)
					continue
				}
				list, err := resource.List(context.Background(), metav1.ListOptions{})
				if err != nil {
					t.Log(err)
					continue
				}
				for _, item := range list.Items {
					item.SetManagedFields(nil)
					text, _ := json.MarshalIndent(item.Object, "", " ")
					fmt.Println(k[1], item.GetName(), string(text))
				}
			}
		}
	})
}
