package sync

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// ReasonForeignObject: an object with the name of a child is somebody else's;
// nothing at all is done. Seen in the log. Fix: rename the service, or rename
// or delete that object.
const ReasonForeignObject = "ForeignObject"

// foreign holds a service among whose observed children is an object that
// another controller owns. Such an object must be neither changed nor deleted,
// and an answer without it would delete it, so that nothing at all is done.
//
// Metacontroller shows owned objects only. A foreign object that it does not
// show is safe without us: the API server refuses to make a second one of its
// name, and Metacontroller reports that as an event of the service. Asking for
// such objects as related ones would cost a cache of every Deployment, Service
// and ConfigMap of the cluster, which is why Customize does not.
func (p *pass) foreign() *finding.Finding {
	for kind, key := range p.req.Children.All() {
		if owner := p.foreignOwner(p.req.Children[kind][key]); owner != "" {
			short, _ := kind.Split()
			_, name := observed.SplitKey(key)
			return &finding.Finding{Reason: ReasonForeignObject, Message: fmt.Sprintf(
				"%s %s has the name of an object of this service and belongs to %s: nothing is changed; rename the service, or that object",
				short, name, owner)}
		}
	}
	return nil
}

// foreignOwner names the controller of an observed child when that is not the
// service; empty otherwise, also where the service's uid is not known.
func (p *pass) foreignOwner(child observed.Object) string {
	if p.parent.UID == "" {
		return ""
	}
	var owners []owner
	if raw := child.Member("metadata", "ownerReferences"); raw == nil || v1beta1.Unmarshal(raw, &owners) != nil {
		return ""
	}
	for _, owner := range owners {
		if owner.Controller && owner.UID != "" && owner.UID != string(p.parent.UID) {
			return owner.Kind + " " + owner.Name
		}
	}
	return ""
}

// owner is an entry of metadata.ownerReferences.
type owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}
