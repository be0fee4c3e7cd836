package driver

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// look is what a parent was synced with. Like Metacontroller, the driver calls the
// hook again only when something of it changed, when the hook asked for it, or
// when the hook itself is another one.
type look struct {
	turn     int64
	versions string
	// until is when the hook wants to be called again; zero for never.
	until time.Time
}

// stillHolds reports whether there is nothing new since.
func (l look) stillHolds(now look) bool {
	return l.turn == now.turn && l.versions == now.versions && (l.until.IsZero() || time.Now().Before(l.until))
}

// CallAgain lets the hook be called again for every parent, as another URL of the
// hook does.
func (d *Driver) CallAgain() { d.turn.Add(1) }

func (d *Driver) remember(parent types.UID, now look) {
	if d.looks == nil {
		d.looks = map[types.UID]look{}
	}
	d.looks[parent] = now
}

// versionsOf is a text that differs when any of the objects does.
func versionsOf(parent *unstructured.Unstructured, sets ...Objects) string {
	versions := []string{versionOf(parent)}
	for _, set := range sets {
		for _, byKey := range set {
			for _, object := range byKey {
				versions = append(versions, versionOf(object))
			}
		}
	}
	slices.Sort(versions)
	return strings.Join(versions, " ")
}

func versionOf(object *unstructured.Unstructured) string {
	return string(object.GetUID()) + "/" + object.GetResourceVersion()
}
