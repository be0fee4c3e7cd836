package hook

import (
	"fmt"
	"net/http"
	"time"
)

// revisionParameter is the parameter of the hooks' URLs that names a revision.
const revisionParameter = "rev"

// revisionRetryAfter is how long a caller waits that asked for another revision. It is short,
// because during a rollout the next call may reach a server that has the revision.
const revisionRetryAfter = 5 * time.Second

// whyOtherRevision returns why a call is for another revision than this server's; empty when it is
// not. While an upgrade replaces the servers, two versions are behind one address. If both answered,
// pod templates would change from call to call, and models would restart each time.
func (h *Handler) whyOtherRevision(r *http.Request) (refusal string) {
	asked := r.URL.Query().Get(revisionParameter)
	if h.Revision == "" || asked == h.Revision {
		return ""
	}
	named := fmt.Sprintf("%.100q", asked)
	if asked == "" {
		named = "none (?" + revisionParameter + "=)"
	}
	return fmt.Sprintf("this server has revision %q and the URL of the hook asks for %s: during an upgrade this ends by itself, "+
		`otherwise apply the Deployment and the CompositeController of one release`, h.Revision, named)
}
