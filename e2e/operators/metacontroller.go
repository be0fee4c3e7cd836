package operators

import (
	"context"
	"io"
	"path/filepath"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// BuildMetacontroller returns the program of Metacontroller. Its module calls itself metacontroller, without
// the host that it comes from: the nested module pins it by a replace directive, of a commit. The folder is
// that of this package; progress of the build goes to log.
func BuildMetacontroller(ctx context.Context, folder string, log io.Writer) (program string, err error) {
	return cluster.BuildPackage(ctx, filepath.Join(folder, "metacontroller"), "metacontroller/pkg/cmd/metacontroller", "metacontroller", log)
}
