package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// laptop is a cluster as the pages begin with it: empty, with a kubectl that reaches it, and a release that can be
// downloaded. The real Metacontroller and isvc serve run as processes of this host: where the cluster has their
// pods, kwok runs no program.
type laptop struct {
	*terminal
	cluster *cluster.Cluster
	// release is the address of the files of a release, repository the folder of the sources, and recordings that
	// of the calls which isvc serve records.
	release, repository, recordings string
	// kubeconfig is that of the person at the terminal.
	kubeconfig string
}

// TestPagesUnderMetacontroller types the commands of the pages by which people begin and by which they work with a
// cluster, and compares what the pages show with what is seen.
func TestPagesUnderMetacontroller(t *testing.T) {
	l := newLaptop(t, metacontroller(t))
	t.Run("the tutorial", l.followsTutorial)
	l.hasOptionalKinds(t)
	t.Run("the other pages", l.followsOtherPages)
	t.Run("install, upgrade, uninstall", l.installs)
}

func newLaptop(t *testing.T, metacontroller string) *laptop {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), coldBuild)
	defer cancel()
	c, err := cluster.Start(ctx, programs, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, c.Failed())
		assert.NoError(t, c.Stop())
	})
	api, err := c.Client("admin")
	require.NoError(t, err)
	require.NoError(t, api.AddNode(ctx, "laptop", nil))
	kubeconfig, err := c.Kubeconfig("you")
	require.NoError(t, err)
	l := &laptop{terminal: newTerminal(t, kubeconfig), cluster: c, kubeconfig: kubeconfig, recordings: t.TempDir()}
	l.repository, err = filepath.Abs("..")
	require.NoError(t, err)
	l.offerRelease(t)
	l.runMetacontrollerAndIsvc(t, metacontroller)
	return l
}

// offerRelease makes the files of a release that the pages download, and serves them.
func (l *laptop) offerRelease(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	build := exec.Command("make", "-s", "-C", l.repository, "install-files", "VERSION=v0.1.0", "INSTALL_SETS=keda,lws", "DIST="+folder)
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	pack := fmt.Sprintf("cd '%s' && cp -L '%s/isvc' . && cp isvc isvc-check && tar -czf isvc-linux-amd64.tar.gz isvc isvc-check && touch SHA256SUMS.sigstore.json && sha256sum isvc-* > SHA256SUMS",
		folder, programsInPath(t))
	output, err = exec.Command("bash", "-c", pack).CombinedOutput()
	require.NoError(t, err, "%s", output)
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(server.Close)
	l.release = server.URL
}

// runMetacontrollerAndIsvc runs Metacontroller and isvc. The one finds the other as a proxy, whatever the URLs of the hooks are.
func (l *laptop) runMetacontrollerAndIsvc(t *testing.T, metacontroller string) {
	t.Helper()
	configuration, err := ofManifests(t, "configmap").MarshalJSON()
	require.NoError(t, err)
	config := filepath.Join(l.folder, ".config.json")
	require.NoError(t, os.WriteFile(config, configuration, 0o600))
	addresses, err := cluster.FreeAddresses(1)
	require.NoError(t, err)
	address := addresses[0]
	_, err = l.cluster.Run("isvc", "env", "ISVC_REVISION=v0.1.0", filepath.Join(programsInPath(t), "isvc"),
		"serve", "--listen="+address, "--metrics-listen=", "--config="+config, "--record="+l.recordings, "--record-every=1")
	require.NoError(t, err)
	stand, err := os.ReadFile("testdata/metacontroller.yaml")
	require.NoError(t, err)
	settings, err := os.ReadFile("../manifests/metacontroller/settings.yaml")
	require.NoError(t, err)
	for name, text := range map[string]string{
		"metacontroller.yaml": string(stand), "settings.yaml": string(settings),
		"kustomization.yaml": "resources: [metacontroller.yaml]\npatches: [{path: settings.yaml}]\n",
	} {
		path := filepath.Join(l.folder, ".metacontroller", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	l.sees(t, "kubectl apply --server-side -k .metacontroller && kubectl wait --for=condition=Established --timeout=1m crd --all")
	kubeconfig, err := l.cluster.Kubeconfig("metacontroller")
	require.NoError(t, err)
	_, err = l.cluster.Run("metacontroller", "env", "HTTP_PROXY=http://"+address, metacontroller, "--kubeconfig="+kubeconfig,
		"--apply-strategy=server-side-apply", "--client-go-qps=200", "--client-go-burst=400", "--discovery-interval=2s",
		"--metrics-address=0", "--health-probe-bind-address=0")
	require.NoError(t, err)
}

const (
	// withoutKind: there is no container runtime here.
	withoutKind = "kind needs Docker; the cluster is a control plane of this package"
	// withoutPods: kwok runs no program in pods.
	withoutPods = "no program runs in the pods of kwok"
	// withoutNetwork: the test fetches nothing.
	withoutNetwork = "it is downloaded from GitHub"
)

func (l *laptop) followsTutorial(t *testing.T) {
	l.follows(t, "tutorial.md", map[string]standIn{
		"kind create cluster --name isvc":                                                                        {"", withoutKind},
		`RELEASE="https://github.com/isvc-io/isvc/releases/download/$VERSION"`:                                   {"RELEASE=" + l.release, withoutNetwork},
		`kubectl apply --server-side -k "https://github.com/isvc-io/isvc/manifests/metacontroller?ref=$VERSION"`: {"kubectl apply --server-side -k .metacontroller", withoutNetwork},
		"kubectl isvc preflight":                {afterDiscovery + "kubectl isvc preflight", "the test is faster than Metacontroller finds kinds"},
		"11 ok, 1 warning, 0 unknown, 0 failed": {"10 ok, 1 warning, 1 unknown, 0 failed", "the API server calls the hook in a pod, where kwok runs no program"},
		`curl --fail --location --remote-name "https://raw.githubusercontent.com/isvc-io/isvc/$VERSION/examples/laptop/service.yaml"`:                                            {"cp " + l.repository + "/examples/laptop/service.yaml .", withoutNetwork},
		"kubectl port-forward service/small-engine 8080:8080 &":                                                                                                                  {"", withoutPods},
		"curl --silent http://localhost:8080/v1/chat/completions \\\n  --data '{\"messages\": [{\"role\": \"user\", \"content\": \"Name three rivers.\"}], \"max_tokens\": 40}'": {"", withoutPods},
		"kubectl isvc plan --with service.yaml": {"sed -i 's/memory: 3Gi/memory: 4Gi/' service.yaml && kubectl isvc plan --with service.yaml", "the page says in words what to edit"},
		"kubectl isvc explain small":            {"kubectl wait --for=jsonpath={.status.summary.reason}=RuntimeNotFound inferenceservice/small --timeout=1m && { kubectl isvc explain small || test $? = 1; }", "the exit status says that the service cannot be resolved"},
		"kind delete cluster --name isvc":       {"", withoutKind},
	})
	l.sees(t, "kubectl delete inferenceservice small --timeout=1m")
}

// hasOptionalKinds installs the definitions of all optional kinds.
func (l *laptop) hasOptionalKinds(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), coldBuild)
	defer cancel()
	optional, err := cluster.OptionalDefinitions(ctx)
	require.NoError(t, err)
	api, err := l.cluster.Client("admin")
	require.NoError(t, err)
	require.NoError(t, l.cluster.Install(ctx, api, optional))
}

// afterDiscovery waits until Metacontroller has found the kinds that were installed together with its
// CompositeController. People take longer than the test.
const afterDiscovery = "timeout 60 sh -c 'until kubectl get events -A --field-selector=involvedObject.kind=CompositeController,reason=Started -o name | grep -q . ; do sleep 1; done' && "

func (l *laptop) installs(t *testing.T) {
	const (
		byHelm    = "TestTheChartIsInstalled installs, changes and removes the chart"
		elsewhere = "another test runs it"
		outside   = "it changes the host outside of the test"
	)
	api, err := l.cluster.Client("admin")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(l.repository, "manifests"), filepath.Join(l.folder, "manifests")))
	l.sees(t, "kubectl create namespace knative-serving && kubectl -n knative-serving create configmap config-features")
	l.sees(t, "ln -s "+filepath.Join(programsInPath(t), "isvc")+" isvc-next")
	l.sees(t, "kubectl apply -f service.yaml")
	instead := map[string]standIn{
		`RELEASE="https://github.com/isvc-io/isvc/releases/download/$VERSION"`:                                                  {"RELEASE=" + l.release, withoutNetwork},
		"sudo install isvc isvc-check /usr/local/bin/":                                                                          {"", outside},
		`kubectl apply --server-side -k "https://github.com/isvc-io/isvc/manifests/metacontroller?ref=$VERSION"`:                {"kubectl apply --server-side -k .metacontroller", withoutNetwork},
		"kubectl apply --server-side -k .":                                                                                      {l.kustomizationOfPage(t), withoutNetwork},
		`kubectl logs -n isvc-system -l app.kubernetes.io/name=isvc --tail=-1 | jq -c 'select(.verdict=="revision") | .reason'`: {"", withoutPods},
		"kubectl delete inferenceservice -n NAMESPACE NAME":                                                                     {"kubectl delete inferenceservice -n default small", "the page names none"},
		"go version -m ./isvc": {"", elsewhere},
		"go run ./cmd/isvc/internal/sbom ./isvc v0.1.0 > sbom.cdx.json": {"", elsewhere},
	}
	maps.Copy(instead, edited(t, "install.md", map[string]edit{
		"helm install isvc ":                         {nothing, byHelm},
		"helm upgrade isvc ":                         {nothing, byHelm},
		"helm install metacontroller ":               {nothing, withoutNetwork},
		"cosign verify-blob ":                        {nothing, "the signature of a release needs Sigstore"},
		"docker build ":                              {nothing, "there is no Docker"},
		"kubectl -n isvc-system get secret isvc-tls": {nothing, "it needs a certificate of cert-manager"},
	}))
	l.follows(t, "install.md", instead)
	require.Eventually(t, func() bool {
		resource, err := api.Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "")
		if err != nil {
			return false
		}
		_, err = resource.Get(t.Context(), "inferenceservices.ome.io", metav1.GetOptions{})
		return err != nil
	}, time.Minute, time.Second, "the definitions are gone")
}

// kustomizationOfPage applies the kustomization that the page shows, with the manifests of the sources.
func (l *laptop) kustomizationOfPage(t *testing.T) string {
	t.Helper()
	const first = "apiVersion: kustomize.config.k8s.io/v1beta1\n"
	text := first + partOfPage(t, "install.md", "```yaml\n"+first, "```")
	l.keepKustomization(t, "kustomization", strings.NewReplacer("github.com/isvc-io/isvc/manifests/", "../manifests/", "?ref=v0.1.0", "").Replace(text))
	return "kubectl apply --server-side -k kustomization"
}

// keepKustomization writes a kustomization into a folder of its own.
func (l *laptop) keepKustomization(t *testing.T, folder, text string) {
	t.Helper()
	require.NoError(t, os.Mkdir(filepath.Join(l.folder, folder), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(l.folder, folder, "kustomization.yaml"), []byte(text), 0o600))
}
