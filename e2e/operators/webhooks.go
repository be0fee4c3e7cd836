package operators

import (
	"encoding/base64"
	"fmt"
	"os"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// readObjects reads the objects of a file.
func readObjects(file string) ([]*unstructured.Unstructured, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	objects, err := cluster.DecodeObjects(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	return objects, nil
}

// withJSONPatch applies a JSON patch in a YAML file, as kustomize does.
func withJSONPatch(object *unstructured.Unstructured, file string) (*unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	before, err := object.MarshalJSON()
	if err != nil {
		return nil, err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, fmt.Errorf("cannot apply %s: %w", file, err)
	}
	out := &unstructured.Unstructured{}
	return out, out.UnmarshalJSON(after)
}

// callByURL lets the API server call webhooks at an address instead of through a
// Service object, which leads nowhere without a network.
func callByURL(configuration *unstructured.Unstructured, address string, authority []byte) error {
	webhooks, _, err := unstructured.NestedSlice(configuration.Object, "webhooks")
	if err != nil {
		return err
	}
	for _, item := range webhooks {
		webhook, _ := item.(map[string]any)
		path, found, err := unstructured.NestedString(webhook, "clientConfig", "service", "path")
		if err != nil || !found {
			return fmt.Errorf("the webhook %v has no path: %w", webhook["name"], err)
		}
		webhook["clientConfig"] = map[string]any{
			"url": "https://" + address + path, "caBundle": base64.StdEncoding.EncodeToString(authority),
		}
	}
	return unstructured.SetNestedSlice(configuration.Object, webhooks, "webhooks")
}
