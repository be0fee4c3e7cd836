package cluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// auditPolicy records the writes of the programs under test and nothing else.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: [driver, metacontroller]
  verbs: [create, update, patch, delete, deletecollection]
- level: None
`

// FreeAddresses finds loopback addresses that nobody listens on.
func FreeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot find a free port: %w", err)
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}

// startAPI starts etcd and the API server.
func (c *Cluster) startAPI() error {
	addresses, err := FreeAddresses(3)
	if err != nil {
		return err
	}
	client, peer := "http://"+addresses[0], "http://"+addresses[1]
	c.host = addresses[2]
	if err := c.component("etcd",
		"--data-dir="+filepath.Join(c.folder, "etcd"),
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer,
		"--unsafe-no-fsync", "--log-level=warn",
	); err != nil {
		return err
	}
	flags, err := c.apiFlags(client)
	if err != nil {
		return err
	}
	return c.component("kube-apiserver", flags...)
}

func (c *Cluster) apiFlags(etcd string) ([]string, error) {
	server, err := c.authority.server("kube-apiserver")
	if err != nil {
		return nil, err
	}
	aggregator, err := c.authority.client("aggregator")
	if err != nil {
		return nil, err
	}
	key, err := c.authority.serviceAccountKey()
	if err != nil {
		return nil, err
	}
	policy := filepath.Join(c.folder, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(c.host)
	return []string{
		"--etcd-servers=" + etcd, "--bind-address=127.0.0.1", "--secure-port=" + port,
		"--cert-dir=" + c.folder, "--tls-cert-file=" + server.cert, "--tls-private-key-file=" + server.key,
		"--client-ca-file=" + c.authority.file(), "--authorization-mode=RBAC",
		"--service-account-key-file=" + key, "--service-account-signing-key-file=" + key,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
		"--enable-priority-and-fairness=false", "--allow-privileged=true",
		"--proxy-client-cert-file=" + aggregator.cert, "--proxy-client-key-file=" + aggregator.key,
		"--requestheader-client-ca-file=" + c.authority.file(), "--requestheader-allowed-names=aggregator",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--audit-policy-file=" + policy, "--audit-log-path=" + c.auditLog(),
	}, err
}

// startControllers starts what works on the objects: controllers, scheduler and
// the fake kubelet.
func (c *Cluster) startControllers() error {
	manager, err := c.Kubeconfig("kube-controller-manager")
	if err != nil {
		return err
	}
	if err := c.component("kube-controller-manager",
		"--kubeconfig="+manager, "--leader-elect=false", "--secure-port=0",
		"--service-account-private-key-file="+filepath.Join(c.folder, "service-account.key"),
		"--root-ca-file="+c.authority.file(),
		"--horizontal-pod-autoscaler-sync-period=2s", "--horizontal-pod-autoscaler-downscale-stabilization=5s",
		"--concurrent-namespace-syncs=20", "--kube-api-qps=500", "--kube-api-burst=1000",
	); err != nil {
		return err
	}
	scheduler, err := c.Kubeconfig("kube-scheduler")
	if err != nil {
		return err
	}
	if err := c.component("kube-scheduler", "--kubeconfig="+scheduler, "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=500", "--kube-api-burst=1000"); err != nil {
		return err
	}
	kwok, err := c.Kubeconfig("kwok")
	if err != nil {
		return err
	}
	flags := []string{"--kubeconfig=" + kwok, "--manage-all-nodes=true", "--node-lease-duration-seconds=40", "--server-address="}
	for _, stage := range c.programs.Stages {
		flags = append(flags, "--config="+stage)
	}
	_, err = c.start("kwok", c.programs.Kwok, flags...)
	return err
}

func (c *Cluster) component(name string, flags ...string) error {
	_, err := c.start(name, c.programs.ControlPlane, append([]string{name}, flags...)...)
	return err
}
