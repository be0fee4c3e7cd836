package cluster

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// AddNode creates a node with 8 GPUs, which kwok then keeps ready and whose
// pods it runs.
func (c *Client) AddNode(ctx context.Context, name string, labels map[string]string) error {
	capacity := map[string]any{
		"cpu": "192", "memory": "2Ti", "ephemeral-storage": "10Ti", "pods": "500", "nvidia.com/gpu": "8",
	}
	node := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Node",
		"metadata": map[string]any{"name": name},
		"status":   map[string]any{"capacity": capacity, "allocatable": capacity},
	}}
	node.SetLabels(labels)
	nodes, err := c.Of(node)
	if err != nil {
		return err
	}
	if _, err := nodes.Create(ctx, node, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("cannot create the node %s: %w", name, err)
	}
	return nil
}
