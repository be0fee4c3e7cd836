package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/preflight"
	"github.com/isvc-io/isvc/cmd/isvc/printable"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync/load"
)

// readFacts reads what preflight judges. The error is for a cluster that cannot be read at all; what one
// read alone cannot have is the error of its fact.
func (f *preflightFlags) readFacts(ctx context.Context, std streams) (*preflight.Cluster, error) {
	c := &preflight.Cluster{Namespace: f.namespace, MetacontrollerNamespace: f.metacontrollerNamespace}
	var version struct {
		ServerVersion struct {
			GitVersion string `json:"gitVersion"`
		} `json:"serverVersion"`
	}
	output, err := f.kubectl.outputOf(ctx, std.err, "version", "--output=json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(output, &version); err != nil {
		return nil, fmt.Errorf("cannot read the version that kubectl prints: %w", err)
	}
	c.KubernetesVersion = version.ServerVersion.GitVersion
	wanted := append(kinds.Optional(), load.CatalogueKinds()...)
	if c.Installed, err = f.kubectl.installedKinds(ctx, std.err, wanted); err != nil {
		return nil, err
	}
	c.ServiceDefinition = readObject[map[string]any](ctx, f.kubectl, "customresourcedefinitions.apiextensions.k8s.io", "inferenceservices.ome.io")
	c.ControllerDefinition = readObject[map[string]any](ctx, f.kubectl, "customresourcedefinitions.apiextensions.k8s.io", "compositecontrollers.metacontroller.k8s.io")
	if c.ControllerDefinition.Value != nil {
		c.Controller = readObject[*preflight.CompositeController](ctx, f.kubectl, "compositecontrollers.metacontroller.k8s.io", "isvc")
		c.ControllerEvents = readList[corev1.Event](ctx, f.kubectl, "events", "--all-namespaces", "--field-selector=involvedObject.kind=CompositeController")
	}
	c.Server = readObject[*appsv1.Deployment](ctx, f.kubectl, "deployments.apps", "isvc", "--namespace="+f.namespace)
	c.OMEController = readObject[*appsv1.Deployment](ctx, f.kubectl, "deployments.apps", "ome-controller-manager", "--namespace=ome")
	c.Metacontroller = readList[corev1.Pod](ctx, f.kubectl, "pods", "--namespace="+f.metacontrollerNamespace)
	c.Answer = f.callHook(ctx, c)
	c.Rights = f.reviewRights(ctx, c)
	c.NodeLabels = f.readNodeLabels(ctx)
	return c, nil
}

// whatKubectlSaid is the error of a call of kubectl in its own words, on one line.
func whatKubectlSaid(messages fmt.Stringer, err error) error {
	if said := printable.LineOfWords(messages.String()); said != "" {
		return errors.New(said)
	}
	return err
}

// readJSON runs kubectl and decodes what it prints; nothing printed leaves the value as it is.
func readJSON(ctx context.Context, k kubectl, input io.Reader, into any, args ...string) error {
	var messages bytes.Buffer
	output, err := k.runWithInput(ctx, input, &messages, args...)
	if err != nil {
		return whatKubectlSaid(&messages, err)
	}
	if len(bytes.TrimSpace(output)) == 0 {
		return nil
	}
	return json.Unmarshal(output, into)
}

// readObject reads one object; the value is nil where there is none.
func readObject[T any](ctx context.Context, k kubectl, resource, name string, flags ...string) (fact preflight.Fact[T]) {
	args := append([]string{"get", resource, name, "--ignore-not-found", "--output=json"}, flags...)
	fact.Err = readJSON(ctx, k, nil, &fact.Value, args...)
	return fact
}

func readList[T any](ctx context.Context, k kubectl, resource string, flags ...string) (fact preflight.Fact[[]T]) {
	var list struct {
		Items []T `json:"items"`
	}
	fact.Err = readJSON(ctx, k, nil, &list, append([]string{"get", resource, "--output=json"}, flags...)...)
	fact.Value = list.Items
	return fact
}

// readNodeLabels reads the labels of each node and nothing else, because nodes are large.
func (f *preflightFlags) readNodeLabels(ctx context.Context) (fact preflight.Fact[[]map[string]string]) {
	var messages bytes.Buffer
	output, err := f.kubectl.run(ctx, &messages, "get", "nodes", `--output=jsonpath={range .items[*]}{.metadata.labels}{"\n"}{end}`)
	if err != nil {
		fact.Err = whatKubectlSaid(&messages, err)
		return fact
	}
	for line := range strings.Lines(string(output)) {
		labels := map[string]string{}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &labels); err != nil {
			fact.Err = fmt.Errorf("cannot read the labels of nodes: %w", err)
			return fact
		}
		fact.Value = append(fact.Value, labels)
	}
	return fact
}

// sampleService is a service that needs nothing of the cluster: its server is its own, and there is no
// model.
const sampleService = `{"apiVersion":"ome.io/v1beta1","kind":"InferenceService",` +
	`"metadata":{"name":"isvc-preflight","namespace":"default","uid":"00000000-0000-0000-0000-000000000000","generation":1},` +
	`"spec":{"engine":{"runner":{"name":"server","image":"registry.example/server:v1","ports":[{"containerPort":8080}]}}}}`

// callHook calls the sync hook as Metacontroller does, by way of the API server. Nothing applies the
// answer.
func (f *preflightFlags) callHook(ctx context.Context, c *preflight.Cluster) (fact preflight.Fact[*preflight.Answer]) {
	if c.Controller.Value == nil || c.Server.Value == nil || c.Server.Value.Status.ReadyReplicas == 0 {
		return fact
	}
	address, err := url.Parse(c.Controller.Value.Spec.Hooks["sync"].Webhook.URL)
	if err != nil {
		return fact
	}
	service := "isvc:hooks"
	if address.Scheme == "https" {
		service = "https:" + service
	}
	children := map[kinds.Kind]struct{}{}
	for _, kind := range kinds.Core() {
		children[kind] = struct{}{}
	}
	body, err := json.Marshal(map[string]any{"parent": json.RawMessage(sampleService), "children": children, "related": struct{}{}, "finalizing": false})
	if err != nil {
		fact.Err = err
		return fact
	}
	path := "/api/v1/namespaces/" + f.namespace + "/services/" + service + "/proxy" + address.RequestURI()
	fact.Value = &preflight.Answer{}
	if fact.Err = readJSON(ctx, f.kubectl, bytes.NewReader(body), fact.Value, "create", "--raw="+path, "--filename=-"); fact.Err != nil {
		fact.Err = fmt.Errorf("kubectl did not get an answer of the hook: %w", fact.Err)
	}
	return fact
}

// reviewRights asks the API server for each right that Metacontroller needs, whether its account has it.
func (f *preflightFlags) reviewRights(ctx context.Context, c *preflight.Cluster) (fact preflight.Fact[[]authorizationv1.SubjectAccessReview]) {
	account := ""
	for _, pod := range c.Metacontroller.Value {
		if slices.ContainsFunc(pod.Spec.Containers, func(container corev1.Container) bool { return strings.Contains(container.Image, "metacontroller") }) {
			account = pod.Spec.ServiceAccountName
		}
	}
	if account == "" {
		return fact
	}
	reviews, err := reviewsOf(f.metacontrollerNamespace, account, c.Controller.Value)
	if err != nil {
		fact.Err = err
		return fact
	}
	var messages bytes.Buffer
	output, err := f.kubectl.runWithInput(ctx, bytes.NewReader(reviews), &messages, "create", "--filename=-", "--output=json")
	if err != nil {
		fact.Err = whatKubectlSaid(&messages, err)
		return fact
	}
	fact.Value, fact.Err = decodeReviews(output)
	return fact
}

// reviewsOf are the questions, as a stream of objects: every right of the ClusterRoles of the components
// that the CompositeController uses.
func reviewsOf(namespace, account string, controller *preflight.CompositeController) ([]byte, error) {
	var components []string
	if controller != nil {
		for _, component := range kinds.ManifestComponents() {
			if slices.ContainsFunc(component.Kinds, preflight.ChildrenOf(controller).Has) {
				components = append(components, component.Name)
			}
		}
	}
	rules, err := manifests.RightsOfMetacontroller(components)
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					resource, subresource, _ := strings.Cut(resource, "/")
					review := authorizationv1.SubjectAccessReview{
						TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"},
						Spec: authorizationv1.SubjectAccessReviewSpec{
							User:   "system:serviceaccount:" + namespace + ":" + account,
							Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
							ResourceAttributes: &authorizationv1.ResourceAttributes{
								Group: group, Resource: resource, Subresource: subresource, Verb: verb,
							},
						},
					}
					if err := json.NewEncoder(&stream).Encode(review); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return stream.Bytes(), nil
}

// decodeReviews reads what kubectl create prints: one object after the other, or a List.
func decodeReviews(output []byte) (reviews []authorizationv1.SubjectAccessReview, err error) {
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var printed struct {
			authorizationv1.SubjectAccessReview `json:",inline"`
			Items                               []authorizationv1.SubjectAccessReview `json:"items"`
		}
		switch err := decoder.Decode(&printed); {
		case errors.Is(err, io.EOF):
			return reviews, nil
		case err != nil:
			return nil, fmt.Errorf("cannot read what the API server says about rights: %w", err)
		case printed.Items != nil:
			reviews = append(reviews, printed.Items...)
		default:
			reviews = append(reviews, printed.SubjectAccessReview)
		}
	}
}
