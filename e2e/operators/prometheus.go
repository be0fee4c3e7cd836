package operators

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// StartPrometheus runs a Prometheus server with a configuration until it is stopped, and returns its URL.
// The folder is that of this package; progress of the build goes to log.
func StartPrometheus(ctx context.Context, c *cluster.Cluster, folder, configuration string, log io.Writer) (url string, stop func(), err error) {
	program, err := cluster.BuildPackage(ctx, filepath.Join(folder, "prometheus"), "github.com/prometheus/prometheus/cmd/prometheus", "prometheus", log)
	if err != nil {
		return "", nil, err
	}
	addresses, err := cluster.FreeAddresses(1)
	if err != nil {
		return "", nil, err
	}
	home, err := os.MkdirTemp(c.Folder(), "prometheus-")
	if err != nil {
		return "", nil, err
	}
	file := filepath.Join(home, "prometheus.yml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return "", nil, err
	}
	stop, err = c.Run("prometheus", program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(home, "data"),
		"--web.listen-address="+addresses[0], "--log.level=warn")
	if err != nil {
		return "", nil, err
	}
	url = "http://" + addresses[0]
	if err := c.Await(ctx, "Prometheus", func(ctx context.Context) error { return answersOK(ctx, url+"/-/ready") }); err != nil {
		stop()
		return "", nil, err
	}
	return url, stop, nil
}

// answersOK passes if a server answers a request with status 200.
func answersOK(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
