package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
)

// cluster asks a Kubernetes API server which kinds it has, and nothing else.
type cluster struct {
	server string
	client *http.Client
	header http.Header
}

// maxDiscovery is the longest list of kinds that is read, in bytes.
const maxDiscovery = 16 << 20

// has reports whether the cluster has a kind in exactly this version.
func (c *cluster) has(ctx context.Context, kind kinds.Kind) (bool, error) {
	short, apiVersion := kind.Split()
	list, err := c.resources(ctx, apiVersion)
	if err != nil {
		return false, fmt.Errorf("cannot find out whether %s has %s: %w", c.server, kind, err)
	}
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool {
		return r.Kind == short && !strings.Contains(r.Name, "/")
	}), nil
}

// resources lists the kinds of a version; it is empty when there is no such
// version.
func (c *cluster) resources(ctx context.Context, apiVersion string) (*metav1.APIResourceList, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+"/apis/"+apiVersion, nil)
	if err != nil {
		return nil, err
	}
	request.Header = c.header.Clone()
	request.Header.Set("Accept", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // everything needed was read
	list := &metav1.APIResourceList{}
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return list, nil
	default:
		return nil, fmt.Errorf("the API server answered %s", response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxDiscovery)).Decode(list); err != nil {
		return nil, fmt.Errorf("the API server answered something else than a list of kinds: %w", err)
	}
	return list, nil
}
