package hook

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook/reload"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

func TestShutdownFailsReadinessFirstAndAnswersWhatIsRunning(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h, _ := handler(Options{Sync: func(*sync.Request) (*sync.Response, error) {
		close(entered)
		<-leave
		return &sync.Response{}, nil
	}})
	listener := listen(t)
	url := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	server := &Server{Handler: h, DrainDelay: 100 * time.Millisecond, DrainTimeout: 10 * time.Second}
	go func() { stopped <- server.Serve(ctx, listener) }()

	answered := make(chan int, 1)
	go func() {
		response, err := http.Post(url+"/sync", "", strings.NewReader(minimal))
		if err != nil {
			answered <- 0
			return
		}
		defer response.Body.Close()
		answered <- response.StatusCode
	}()
	<-entered
	stop()
	require.Eventually(t, func() bool {
		response, err := http.Get(url + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusServiceUnavailable
	}, time.Second, time.Millisecond)
	assert.Empty(t, stopped, "the call is still running")
	close(leave)
	assert.Equal(t, http.StatusOK, <-answered)
	assert.NoError(t, <-stopped)
	_, err := http.Get(url + "/healthz")
	assert.Error(t, err)
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	h, _ := handler(Options{Sync: answering(t)})
	listener := listen(t)
	require.NoError(t, listener.Close())
	err := (&Server{Handler: h}).Serve(context.Background(), listener)
	assert.ErrorContains(t, err, "cannot serve on 127.0.0.1:")
}

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := certificate("authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{parsed, key}
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// issue writes a certificate and its key.
func (a *authority) issue(t *testing.T, name, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, certificate(name), a.certificate, &key.PublicKey, a.key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "EC PRIVATE KEY", keyDER)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func (a *authority) client(certificates ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, Certificates: certificates},
		ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
}

func TestTLSFollowsItsFilesAndVerifiesClients(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile, caFile := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"), filepath.Join(folder, "ca.crt")
	clientCert, clientKey := filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key")
	ca := newAuthority(t)
	ca.issue(t, "server-1", certFile, keyFile)
	ca.issue(t, "client", clientCert, clientKey)
	writePEM(t, caFile, "CERTIFICATE", ca.certificate.Raw)
	config, err := reload.WatchCertificates(certFile, keyFile, caFile, reload.Options{Poll: time.Nanosecond})
	require.NoError(t, err)

	h, _ := handler(Options{Sync: answering(t), RequireClientCertificate: true})
	listener := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- (&Server{Handler: h, TLS: config, DrainTimeout: time.Second}).Serve(ctx, listener) }()
	url := "https://" + listener.Addr().String()

	pair, err := tls.LoadX509KeyPair(clientCert, clientKey)
	require.NoError(t, err)
	post := func(client *http.Client) *http.Response {
		response, err := client.Post(url+"/sync", "", strings.NewReader(minimal))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response
	}
	response := post(ca.client(pair))
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, 2, response.ProtoMajor)
	assert.Equal(t, "server-1", response.TLS.PeerCertificates[0].Subject.CommonName)
	assert.Equal(t, http.StatusUnauthorized, post(ca.client()).StatusCode)

	ca.issue(t, "server-2", certFile, keyFile)
	assert.Equal(t, "server-2", post(ca.client(pair)).TLS.PeerCertificates[0].Subject.CommonName)
	require.NoError(t, os.WriteFile(certFile, []byte("broken"), 0o600))
	assert.Equal(t, "server-2", post(ca.client(pair)).TLS.PeerCertificates[0].Subject.CommonName)

	stop()
	assert.NoError(t, <-stopped)
}

func TestTLSNeedsUsableFiles(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile, caFile := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"), filepath.Join(folder, "ca.crt")
	_, err := reload.WatchCertificates(certFile, keyFile, "", reload.Options{})
	assert.ErrorContains(t, err, "cannot load the certificate: ")
	newAuthority(t).issue(t, "server", certFile, keyFile)
	require.NoError(t, os.WriteFile(caFile, []byte("no PEM"), 0o600))
	_, err = reload.WatchCertificates(certFile, keyFile, caFile, reload.Options{})
	assert.ErrorContains(t, err, "cannot load the client certificate authorities: "+caFile+" holds no certificate in PEM form")
}
