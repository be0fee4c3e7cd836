package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// kubeconfig is the part of a kubeconfig that matters for reading.
type kubeconfig struct {
	CurrentContext string `json:"current-context"`
	Contexts       []struct {
		Name    string      `json:"name"`
		Context kubeContext `json:"context"`
	} `json:"contexts"`
	Clusters []struct {
		Name    string      `json:"name"`
		Cluster kubeCluster `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string   `json:"name"`
		User kubeUser `json:"user"`
	} `json:"users"`
	// folder is what relative paths are relative to.
	folder string
}

type kubeContext struct {
	Cluster string `json:"cluster"`
	User    string `json:"user"`
}

type kubeCluster struct {
	Server        string `json:"server"`
	Authority     string `json:"certificate-authority"`
	AuthorityData []byte `json:"certificate-authority-data"`
	ServerName    string `json:"tls-server-name"`
	Insecure      bool   `json:"insecure-skip-tls-verify"`
	ProxyURL      string `json:"proxy-url"`
}

type kubeUser struct {
	Certificate     string         `json:"client-certificate"`
	CertificateData []byte         `json:"client-certificate-data"`
	Key             string         `json:"client-key"`
	KeyData         []byte         `json:"client-key-data"`
	Token           string         `json:"token"`
	TokenFile       string         `json:"tokenFile"`
	Username        string         `json:"username"`
	Password        string         `json:"password"`
	Exec            *kubeExec      `json:"exec"`
	AuthProvider    map[string]any `json:"auth-provider"`
}

// kubeExec is a program that prints credentials.
type kubeExec struct {
	APIVersion string   `json:"apiVersion"`
	Command    string   `json:"command"`
	Args       []string `json:"args"`
	Env        []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
}

// openCluster prepares access to the current context of a kubeconfig.
func openCluster(ctx context.Context, path string) (*cluster, error) {
	config, err := readKubeconfig(path)
	if err != nil {
		return nil, err
	}
	c, err := config.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot use the kubeconfig %s: %w", path, err)
	}
	return c, nil
}

func readKubeconfig(path string) (*kubeconfig, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the kubeconfig %s: %w", path, reason(err))
	}
	config := &kubeconfig{folder: filepath.Dir(path)}
	if err := yaml.Unmarshal(data, config); err != nil {
		return nil, fmt.Errorf("cannot read the kubeconfig %s: %w", path, err)
	}
	return config, nil
}

func (k *kubeconfig) open(ctx context.Context) (*cluster, error) {
	server, user, err := k.current()
	if err != nil {
		return nil, err
	}
	if err := k.runPlugin(ctx, user); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = k.tls(server, user); err != nil {
		return nil, err
	}
	if server.ProxyURL != "" {
		proxy, err := url.Parse(server.ProxyURL)
		if err != nil {
			return nil, fmt.Errorf("proxy-url is no URL: %w", err)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	header, err := k.header(user)
	if err != nil {
		return nil, err
	}
	return &cluster{server: strings.TrimSuffix(server.Server, "/"), client: &http.Client{Transport: transport}, header: header}, nil
}

// current returns cluster and user of the current context. A context may do
// without a user.
func (k *kubeconfig) current() (*kubeCluster, *kubeUser, error) {
	var context *kubeContext
	for i := range k.Contexts {
		if k.Contexts[i].Name == k.CurrentContext {
			context = &k.Contexts[i].Context
		}
	}
	if context == nil {
		return nil, nil, fmt.Errorf("there is no context %q: set current-context to one that exists", k.CurrentContext)
	}
	var server *kubeCluster
	for i := range k.Clusters {
		if k.Clusters[i].Name == context.Cluster {
			server = &k.Clusters[i].Cluster
		}
	}
	if server == nil || server.Server == "" {
		return nil, nil, fmt.Errorf("there is no cluster %q with a server", context.Cluster)
	}
	for i := range k.Users {
		if k.Users[i].Name == context.User {
			return server, &k.Users[i].User, nil
		}
	}
	if context.User != "" {
		return nil, nil, fmt.Errorf("there is no user %q", context.User)
	}
	return server, &kubeUser{}, nil
}

func (k *kubeconfig) tls(server *kubeCluster, user *kubeUser) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: server.ServerName, InsecureSkipVerify: server.Insecure}
	authority, err := k.content(server.AuthorityData, server.Authority)
	if err != nil {
		return nil, err
	}
	if len(authority) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authority) {
			return nil, errors.New("the certificate authority holds no certificate in PEM form")
		}
	}
	certificate, err := k.content(user.CertificateData, user.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := k.content(user.KeyData, user.Key)
	if err != nil || len(certificate) == 0 {
		return config, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("the client certificate cannot be used: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// content is the data itself or that of the file.
func (k *kubeconfig) content(data []byte, file string) ([]byte, error) {
	if len(data) > 0 || file == "" {
		return data, nil
	}
	file = k.path(file)
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, reason(err))
	}
	return data, nil
}

func (k *kubeconfig) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(k.folder, file)
}

// header is what every request carries for the user.
func (k *kubeconfig) header(user *kubeUser) (http.Header, error) {
	header := http.Header{"User-Agent": {"isvc"}}
	if user.AuthProvider != nil {
		return nil, errors.New("auth-provider is no longer supported by Kubernetes: use a credential plugin, or --kinds instead of --detect")
	}
	token, err := k.content([]byte(user.Token), user.TokenFile)
	switch {
	case err != nil:
		return nil, err
	case len(token) > 0:
		header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	case user.Username != "":
		login := base64.StdEncoding.EncodeToString([]byte(user.Username + ":" + user.Password))
		header.Set("Authorization", "Basic "+login)
	}
	return header, nil
}

// runPlugin fills in the credentials that a plugin prints, if the user has one.
func (k *kubeconfig) runPlugin(ctx context.Context, user *kubeUser) error {
	if user.Exec == nil {
		return nil
	}
	command := k.command(ctx, user.Exec)
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("the credential plugin %s failed: %w", user.Exec.Command, err)
	}
	var credential struct {
		Status struct {
			Token       string `json:"token"`
			Certificate string `json:"clientCertificateData"`
			Key         string `json:"clientKeyData"`
		} `json:"status"`
	}
	if err := json.Unmarshal(output, &credential); err != nil {
		return fmt.Errorf("the credential plugin %s printed no credentials: %w", user.Exec.Command, err)
	}
	user.Token = cmp.Or(credential.Status.Token, user.Token)
	if credential.Status.Certificate != "" {
		user.CertificateData, user.KeyData = []byte(credential.Status.Certificate), []byte(credential.Status.Key)
	}
	return nil
}

// command prepares a plugin as the protocol of Kubernetes says.
func (k *kubeconfig) command(ctx context.Context, plugin *kubeExec) *exec.Cmd {
	name := plugin.Command
	if strings.ContainsRune(name, filepath.Separator) {
		name = k.path(name)
	}
	command := exec.CommandContext(ctx, name, plugin.Args...)
	info := fmt.Sprintf(`{"apiVersion":%q,"kind":"ExecCredential","spec":{"interactive":false}}`, plugin.APIVersion)
	command.Env = append(os.Environ(), "KUBERNETES_EXEC_INFO="+info)
	for _, variable := range plugin.Env {
		command.Env = append(command.Env, variable.Name+"="+variable.Value)
	}
	command.Stderr = os.Stderr
	return command
}
