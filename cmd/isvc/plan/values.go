package plan

import (
	"encoding/json"
	gosync "sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/api/redact"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
)

// Values keeps the values of changed fields without secrets; nil keeps none.
type Values struct {
	mu       gosync.Mutex
	redactor *redact.Redactor
}

// NewValues keeps values, with placeholders made with a salt, which must be random.
func NewValues(salt []byte) *Values { return &Values{redactor: redact.NewRedactor(salt)} }

// ofChanges are the changes of an object with values in which placeholders stand for secrets, or
// without values.
func (v *Values) ofChanges(does effect.OfChild, was, is *unstructured.Unstructured) []effect.Change {
	hidden := map[string]effect.Change{}
	if v != nil && was != nil && is != nil {
		for _, change := range effect.Of(v.hide(was), v.hide(is)).Changes {
			hidden[change.Path] = change
		}
	}
	changes := make([]effect.Change, 0, len(does.Changes))
	for _, change := range does.Changes {
		change.Before, change.After = hidden[change.Path].Before, hidden[change.Path].After
		changes = append(changes, change)
	}
	return changes
}

// hide is a copy of an object in which placeholders stand for secrets.
func (v *Values) hide(object *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: v.hideIn(object.Object)}
}

func (v *Values) hideIn(tree map[string]any) map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	hidden, _ := v.redactor.HideSecrets(runtime.DeepCopyJSON(tree)).(map[string]any)
	return hidden
}

// ofFields are the values of the changed fields of an input by path, without secrets; none without
// values.
func (v *Values) ofFields(e *edit) map[string]child.Change {
	if v == nil {
		return nil
	}
	values := map[string]child.Change{}
	for _, change := range e.changesOf(v.hideIn) {
		values[change.Path] = change
	}
	return values
}

// hideOccurrences takes secrets out of all values of a report, wherever they occur.
func (v *Values) hideOccurrences(r *Report) {
	if v == nil {
		return
	}
	hide := v.redactor.HideOccurrences()
	for i := range r.Causes {
		for j := range r.Causes[i].Fields {
			field := &r.Causes[i].Fields[j]
			field.Before, field.After = hide(field.Before), hide(field.After)
		}
	}
	for i := range r.Services {
		hideInChildren(r.Services[i].Children, hide)
		for j := range r.Services[i].Waiting {
			hideInChildren(r.Services[i].Waiting[j].Children, hide)
		}
	}
}

// hideOccurrencesInDiff is hideOccurrences for a Diff.
func (v *Values) hideOccurrencesInDiff(d *Diff) {
	if v == nil {
		return
	}
	hide := v.redactor.HideOccurrences()
	for i := range d.Services {
		for j := range d.Services[i].Children {
			object := &d.Services[i].Children[j]
			hideInChanges(object.Changes, hide)
			for k := range object.Drift {
				drift := &object.Drift[k]
				drift.Before, drift.After = hide(drift.Before), hide(drift.After)
			}
		}
	}
}

func hideInChildren(children []Child, hide func(any) any) {
	for i := range children {
		hideInChanges(children[i].Changes, hide)
	}
}

func hideInChanges(changes []effect.Change, hide func(any) any) {
	for i := range changes {
		changes[i].Before, changes[i].After = hide(changes[i].Before), hide(changes[i].After)
	}
}

// maxValue is how many characters of a value are shown in text.
const maxValue = 400

// shortJSON is a value as JSON, cut where it is long.
func shortJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "cannot be written"
	}
	runes := []rune(string(text))
	if len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return string(runes)
}
