package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// coldBuild is what building the programs may take, on two cores.
const coldBuild = 25 * time.Minute

// withKEDA is the variable that asks for the tests with KEDA and Prometheus.
const withKEDA = "E2E_KEDA"

// plane is the control plane that all tests of the package share, programs what it is made of.
var (
	plane    *cluster.Cluster
	programs *cluster.Programs
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("e2e: skipped, because a real control plane is not short")
		os.Exit(0)
	}
	code, err := run(m)
	if err != nil {
		fmt.Println("e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), coldBuild)
	defer cancel()
	if programs, err = cluster.Build(ctx, "controlplane", os.Stdout); err != nil {
		return 1, err
	}
	definitions, err := cluster.Definitions(ctx, "../manifests/crds")
	if err != nil {
		return 1, err
	}
	start := time.Now()
	if plane, err = cluster.Start(ctx, programs, definitions); err != nil {
		return 1, err
	}
	numbers.record("control plane up", "%.1f s with %d custom resources", time.Since(start).Seconds(), len(definitions))
	code = m.Run()
	if failed := plane.Failed(); failed != nil {
		code = 1
		fmt.Println("e2e: a program of the control plane did not last:", failed)
	}
	numbers.print(os.Stdout)
	results.print(os.Stdout)
	return code, plane.Stop()
}

// connect returns a client of the shared control plane.
func connect(t testing.TB, user string) *cluster.Client {
	t.Helper()
	client, err := plane.Client(user)
	require.NoError(t, err)
	return client
}
