package reload

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
)

// WatchToken follows a file that holds a bearer token.
func WatchToken(path string, options Options) (get func() string, err error) {
	return WatchFiles("token", readFile(path), func(content []byte) (string, error) {
		token := strings.TrimSpace(string(content))
		if token == "" {
			return "", errors.New(path + " is empty: it must hold the bearer token")
		}
		return token, nil
	}, options)
}

// WatchCertificates returns a server configuration that follows the files of a certificate and its
// key and, if clientCA is not empty, those of the authorities that sign client certificates. A
// client without a certificate can connect: the server decides which paths need one.
func WatchCertificates(certificate, key, clientCA string, options Options) (*tls.Config, error) {
	pair, err := WatchFiles("certificate", readPair(certificate, key), parsePair, options)
	if err != nil {
		return nil, err
	}
	base := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return pair(), nil
		},
	}
	if clientCA == "" {
		return base, nil
	}
	authorities, err := WatchFiles("client certificate authorities", readFile(clientCA), func(content []byte) (*x509.CertPool, error) {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(content) {
			return nil, errors.New(clientCA + " holds no certificate in PEM form")
		}
		return pool, nil
	}, options)
	if err != nil {
		return nil, err
	}
	config := base.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := base.Clone()
		current.ClientAuth, current.ClientCAs = tls.VerifyClientCertIfGiven, authorities()
		return current, nil
	}
	return config, nil
}

func readFile(path string) func() ([]byte, error) {
	return func() ([]byte, error) { return os.ReadFile(path) }
}

// certificateAndKey are the contents of both files.
type certificateAndKey struct{ certificate, key []byte }

func readPair(certificate, key string) func() (certificateAndKey, error) {
	return func() (content certificateAndKey, err error) {
		if content.certificate, err = os.ReadFile(certificate); err == nil {
			content.key, err = os.ReadFile(key)
		}
		return content, err
	}
}

func parsePair(content certificateAndKey) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(content.certificate, content.key)
	return &pair, err
}
