package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Cluster is a running control plane.
type Cluster struct {
	*supervisor
	programs  *Programs
	authority *authority
	host      string
}

// Start runs a control plane with the given definitions of custom resources.
// They exist before the controllers start, which would otherwise learn of them
// late. One starts at a time on a machine: the controllers give up where the API
// server takes long.
func Start(ctx context.Context, programs *Programs, definitions []Definition) (*Cluster, error) {
	folder, err := cacheFolderOf("start")
	if err != nil {
		return nil, err
	}
	unlock, err := lock(folder)
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, err := supervise()
	if err != nil {
		return nil, err
	}
	c := &Cluster{supervisor: s, programs: programs}
	if err := c.bringUp(ctx, definitions); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends the control plane and removes all that it wrote.
func (c *Cluster) Stop() error { return c.stop() }

// Folder is where the cluster keeps its files; it goes with the cluster.
func (c *Cluster) Folder() string { return c.folder }

func (c *Cluster) bringUp(ctx context.Context, definitions []Definition) error {
	var err error
	if c.authority, err = newAuthority(c.folder); err != nil {
		return err
	}
	if err := c.startAPI(); err != nil {
		return err
	}
	admin, err := c.Client("admin")
	if err != nil {
		return err
	}
	if err := c.Await(ctx, "the API server", admin.ready); err != nil {
		return err
	}
	if err := c.Install(ctx, admin, definitions); err != nil {
		return err
	}
	if err := c.Await(ctx, "the health of the API server", admin.reportsHealth); err != nil {
		return err
	}
	return c.startControllers()
}

// Await repeats a check until it passes, a program of the cluster ends or a
// minute is over.
func (c *Cluster) Await(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if ended := c.failed(); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot wait longer for %s: %w", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Config is how a user with all permissions reaches the API server. The audit
// log knows the user by name.
func (c *Cluster) Config(user string) (*rest.Config, error) {
	files, err := c.authority.client(user)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            "https://" + c.host,
		TLSClientConfig: rest.TLSClientConfig{CAFile: c.authority.file(), CertFile: files.cert, KeyFile: files.key},
		QPS:             -1,
	}, nil
}

// Kubeconfig writes the user's access into a file for other programs.
func (c *Cluster) Kubeconfig(user string) (string, error) {
	config, err := c.Config(user)
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.folder, user+".kubeconfig")
	return file, clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"e2e": {Server: config.Host, CertificateAuthority: config.CAFile}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{
			user: {ClientCertificate: config.CertFile, ClientKey: config.KeyFile},
		},
		Contexts:       map[string]*clientcmdapi.Context{"e2e": {Cluster: "e2e", AuthInfo: user}},
		CurrentContext: "e2e",
	}, file)
}

// ServingCertificate issues a certificate for a server on loopback. The files
// tls.crt, tls.key and ca.crt are in a folder that goes with the cluster; the
// authority is that of the API server, in PEM.
func (c *Cluster) ServingCertificate(name string) (folder string, authority []byte, err error) {
	folder = filepath.Join(c.folder, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", nil, err
	}
	if _, err := c.authority.server(filepath.Join(name, "tls")); err != nil {
		return "", nil, err
	}
	if authority, err = os.ReadFile(c.authority.file()); err != nil {
		return "", nil, err
	}
	return folder, authority, os.WriteFile(filepath.Join(folder, "ca.crt"), authority, 0o600)
}

// Run starts another program, which stop ends. It lives no longer than the
// cluster.
func (c *Cluster) Run(name, program string, args ...string) (stop func(), err error) {
	p, err := c.start(name, program, args...)
	if err != nil {
		return nil, err
	}
	return p.stop, nil
}

// Failed returns why a program of the cluster ended, nil while all run.
func (c *Cluster) Failed() error { return c.failed() }
