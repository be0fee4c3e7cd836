package hook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/isvc-io/isvc/sync/load"
)

// WatchToken follows a file that holds a bearer token.
func WatchToken(path string, options WatchOptions) (*Watched[string], error) {
	return Watch("token", ReadFiles(path), func(files []load.File) (string, error) {
		token := strings.TrimSpace(string(files[0].Data))
		if token == "" {
			return "", errors.New(path + " is empty: it must hold the bearer token")
		}
		return token, nil
	}, options)
}

// WatchTLS returns a server configuration that follows the files of a
// certificate and its key and, if clientCA is not empty, those of the
// authorities that sign client certificates. A client without a certificate
// can connect: Options.RequireClientCertificate keeps it from the hooks, but
// not from the health checks.
func WatchTLS(certificate, key, clientCA string, options WatchOptions) (*tls.Config, error) {
	pair, err := Watch("certificate", ReadFiles(certificate, key), parsePair, options)
	if err != nil {
		return nil, err
	}
	base := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return pair.Get(), nil
		},
	}
	if clientCA == "" {
		return base, nil
	}
	pool, err := Watch("client certificate authorities", ReadFiles(clientCA), parsePool, options)
	if err != nil {
		return nil, err
	}
	config := base.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := base.Clone()
		current.ClientAuth, current.ClientCAs = tls.VerifyClientCertIfGiven, pool.Get()
		return current, nil
	}
	return config, nil
}

func parsePair(files []load.File) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(files[0].Data, files[1].Data)
	return &pair, err
}

func parsePool(files []load.File) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(files[0].Data) {
		return nil, errors.New(files[0].Name + " holds no certificate in PEM form")
	}
	return pool, nil
}
