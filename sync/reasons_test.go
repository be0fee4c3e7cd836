package sync_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// reason is a documented word of conditions, of the status or of explain.
type reason struct {
	name, word string
	// seen are the places in which it appears, meaning what it says and fix what
	// to do, as the doc comments have them.
	seen         []string
	meaning, fix string
}

// reasonFolders are the packages whose reasons reach a user.
var reasonFolders = []string{
	"sync", "sync/compose", "sync/ignored", "sync/resolve", "sync/status", "sync/validation", "modes", "modes/inject", "api/v1beta1",
}

// reasons collects every constant that is a reason: those that are named so, and
// all of a block whose comment says where its reasons are seen.
func reasons(t *testing.T) []reason {
	t.Helper()
	var out []reason
	for _, s := range program(t) {
		if !slices.Contains(reasonFolders, path.Dir(s.path)) {
			continue
		}
		for _, d := range s.file.Decls {
			if block, ok := d.(*ast.GenDecl); ok && block.Tok == token.CONST {
				out = append(out, reasonsOf(t, block)...)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].word < out[j].word })
	require.NotEmpty(t, out)
	return out
}

func reasonsOf(t *testing.T, block *ast.GenDecl) []reason {
	t.Helper()
	var out []reason
	whole := comment(block.Doc)
	for _, spec := range block.Specs {
		constant := spec.(*ast.ValueSpec)
		name, own := constant.Names[0].Name, comment(constant.Doc)
		if !block.Lparen.IsValid() {
			own = whole
		}
		if !ast.IsExported(name) || !strings.HasPrefix(name, "Reason") && !seenIn.MatchString(whole) || len(constant.Values) == 0 {
			continue
		}
		literal, ok := constant.Values[0].(*ast.BasicLit)
		require.True(t, ok, "%s is not a word", name)
		word, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		out = append(out, newReason(t, name, word, own, whole))
	}
	return out
}

func comment(group *ast.CommentGroup) string {
	return strings.Join(strings.Fields(group.Text()), " ")
}

// The forms of a doc comment: "ReasonX: meaning. Seen in A, B and C. Fix: what to
// do.", where the comment of the block may say the middle part for all.
var (
	seenIn = regexp.MustCompile(`Seen in ([^:]*?)\.( |$)`)
	fixing = regexp.MustCompile(` ?Fix: (.*)$`)
	begins = regexp.MustCompile(`^(Reason)?\w+(: )`)
)

func newReason(t *testing.T, name, word, own, whole string) reason {
	t.Helper()
	r := reason{name: name, word: word}
	require.True(t, strings.HasPrefix(own, name) && begins.MatchString(own), "the comment of %s does not say what it means: %q", name, own)
	place := seenIn.FindStringSubmatch(own)
	if place == nil {
		place = seenIn.FindStringSubmatch(whole)
	}
	require.NotNil(t, place, "no comment says in which conditions %s is seen", name)
	r.seen = strings.Split(strings.ReplaceAll(place[1], " and ", ", "), ", ")
	if fix := fixing.FindStringSubmatch(own); fix != nil {
		r.fix = capital(fix[1])
	}
	own = begins.ReplaceAllString(fixing.ReplaceAllString(own, ""), "")
	r.meaning = capital(strings.TrimSpace(seenIn.ReplaceAllString(own, "")))
	return r
}

// capital begins a sentence with a capital, or marks the name of a field as one.
func capital(sentence string) string {
	first, rest, _ := strings.Cut(sentence, " ")
	if first[0] >= 'a' && (strings.Contains(first[:len(first)-1], ".") || strings.ToLower(first) != first) {
		return "`" + first + "` " + rest
	}
	return strings.ToUpper(sentence[:1]) + sentence[1:]
}

// Places that are no condition.
const (
	inExplain = "isvc explain"
	inLog     = "the log"
	inFailure = "status.modelStatus.lastFailureInfo"
)

// componentConditions are the conditions that a reason of a component may be
// seen in: those of which one part of the component is told, and the summaries.
var componentConditions = regexp.MustCompile(`^(Engine|Decoder|Router|Predictor)(Route|Configuration)?Ready$|^RoutesReady$|^LatestDeploymentReady$|^Ready$`)

// foreignReasons are those of the workload, route or autoscaler that a condition
// repeats; the page names them.
var foreignReasons = []string{"MinimumReplicasAvailable", "MinimumReplicasUnavailable", "OutOfDate", "ContainersNotReady", "AllGroupsReady"}

func (r reason) in(kind v1beta1.ConditionType) bool {
	for _, place := range r.seen {
		switch {
		case place == string(kind):
			return true
		case place == string(v1beta1.EngineReady) && componentConditions.MatchString(string(kind)):
			return true
		case place == string(v1beta1.IngressReady) && kind == v1beta1.Ready:
			return true
		}
	}
	return false
}

// TestEveryReasonIsDocumented: a reason has a word of its own, places that exist,
// a meaning, and what to do, except where there is nothing to do about a choice
// that explain tells of.
func TestEveryReasonIsDocumented(t *testing.T) {
	places := []string{
		"Ready", "IngressReady", "EngineReady", "DecoderReady", "RouterReady", "SpecHonored", "OverlaysReady", "UpdateAvailable", "CanaryReady", "AutoscalerReady", "Serving", inExplain, inLog, inFailure,
	}
	words := map[string]bool{}
	for _, r := range reasons(t) {
		for _, place := range r.seen {
			assert.Contains(t, places, place, r.name)
			if !slices.Contains([]string{inExplain, inLog, inFailure}, place) {
				assert.Contains(t, conditionsHead, "`"+place+"`", "the table of conditions")
			}
		}
		assert.NotEmpty(t, r.meaning, r.name)
		assert.Equal(t, r.seen[0] != inExplain, r.fix != "", "%s: what to do is said with Fix:", r.name)
		assert.True(t, strings.HasSuffix(r.meaning, "."), "%s: %s", r.name, r.meaning)
		key := strconv.FormatBool(r.seen[0] == inFailure) + r.word
		assert.False(t, words[key], "two reasons are called %s", r.word)
		words[key] = true
	}
}

// TestReasonsAreSeenWhereTheyAreSaidToBe looks at every condition of every golden
// case.
func TestReasonsAreSeenWhereTheyAreSaidToBe(t *testing.T) {
	known := map[string]reason{}
	for _, r := range reasons(t) {
		if r.seen[0] != inFailure && r.seen[0] != inExplain {
			known[r.word] = r
		}
	}
	seen := 0
	for _, name := range goldenCases(t) {
		for _, response := range renderCase(t, name) {
			for _, c := range response.Status.Conditions {
				if c.Reason == "" || slices.Contains(foreignReasons, c.Reason) || repeatsEntry(response.Status, c) {
					continue
				}
				seen++
				r, documented := known[c.Reason]
				if assert.True(t, documented, "%s: no page documents the reason %s of %s", name, c.Reason, c.Type) {
					assert.True(t, r.in(c.Type), "%s: %s is said to be seen in %v, and is in %s", name, c.Reason, r.seen, c.Type)
				}
			}
		}
	}
	require.NotZero(t, seen)
}

// repeatsEntry reports whether a condition is IngressReady with the mistake that
// stops the component which it would lead to.
func repeatsEntry(status v1beta1.InferenceServiceStatus, c v1beta1.Condition) bool {
	return c.Type == v1beta1.IngressReady && slices.ContainsFunc(status.Conditions, func(other v1beta1.Condition) bool {
		entry := other.Type == v1beta1.EngineReady || other.Type == v1beta1.RouterReady
		return entry && other.Status == corev1.ConditionFalse && other.Reason == c.Reason && other.Message == c.Message
	})
}

const conditionsHead = `# Conditions and their reasons

<!-- Generated by go test ./sync -run TestConditionsPageIsCurrent -update -->

A service says what is wrong with it in ` + "`status.conditions`" + `. Each condition that
is not True has a reason, one word for programs, and a message that says what is
wrong, where, and what to do.

` + "```sh" + `
kubectl get isvc -n NAMESPACE
kubectl get inferenceservice -n NAMESPACE NAME -o jsonpath='{range .status.conditions[*]}{.type}{"\t"}{.status}{"\t"}{.reason}{"\t"}{.message}{"\n"}{end}'
isvc explain --cluster NAME -n NAMESPACE
` + "```" + `

| condition | says |
|---|---|
| ` + "`Ready`" + ` | requests are answered: the service could be resolved, each component is available, and the routes exist. It has the reason of the first part that is not True, False before Unknown, and names the part in the message |
| ` + "`EngineReady`, `DecoderReady`, `RouterReady`" + ` | the workload of the component is available |
| ` + "`IngressReady`" + ` | the routes exist and are accepted. It has the reason of the component that they lead to while that component cannot be composed |
| ` + "`PredictorReady`" + ` | the same as EngineReady, for a service with a predictor |
| ` + "`EngineRouteReady`, `EngineConfigurationReady`" + ` and those of the other components | what Knative says of a serverless component |
| ` + "`RoutesReady`, `LatestDeploymentReady`" + ` | a summary of these, for a service in mode Serverless |
| ` + "`AutoscalerReady`" + ` | what the autoscalers of components that serve say: False while one has no metric or is paused, True while all have theirs, with the reason AtMaxReplicas where one would have more replicas. It never affects Ready, and is absent where none says anything |
| ` + "`Serving`" + ` | requests are answered, be it by what was applied before. A service that is not Ready and Serving needs a correction; one that is not Serving is down. It never affects Ready |
| ` + "`CanaryReady`" + ` | a canary takes requests; absent without one |
| ` + "`UpdateAvailable`" + ` | pods keep their template although another one was computed; absent otherwise |
| ` + "`OverlaysReady`" + ` | pods have all models of spec.model.overlays; False where one is left out. It is absent without overlays |
| ` + "`SpecHonored`" + ` | False while something in the specification has no effect or was read in another way than it may be meant; the service runs all the same. It is absent without findings |

A service that is *held* keeps running as it was, see [safety.md](safety.md). Its
Ready is False with the reason of the hold, and ` + "`isvc_holds_total{reason}`" + ` counts it.

` + "`kubectl get isvc`" + ` shows ` + "`status.summary`" + `: READY is the status of Ready, or Serving for a service
that is not Ready and serves; REASON is what the newest pod says (` + "`OOMKilled`, `ExitCode1`, `ImagePullBackOff`,\n`Unschedulable`, `Loading`, `Starting`" + `), else the reason of Ready, or for a service that is Ready
` + "`Updating`, `UpdateFails` or `Standby`" + `. So that a line has 120 characters, long names in RUNTIME and MODEL have ~ in the middle and long
hosts in URL at the end; ` + "`-o wide`" + ` has them in full. ` + "`status.components[].workload`" + ` has mode, replicas and accelerators of
each component, and ` + "`status.transitions`" + ` the last 10 changes of conditions with their time.

A service with no conditions at all was never answered. Read its events and the log
of isvc: Metacontroller may not reach the server, or may lack a kind
([install.md](install.md)).

A reason that is not in the list below is the word of somebody else's object, with its
message:

| object | reasons, for example | what to do |
|---|---|---|
`

// wordsOfOthers are reasons that other programs give, by object, with what to do. The page and isvc explain
// say the same.
var wordsOfOthers = []struct {
	object string
	words  []string
	fix    string
}{
	{"Deployment", []string{"MinimumReplicasUnavailable", "ProgressDeadlineExceeded", "FailedCreate"}, "Look at the pods of the component, and at the events of its ReplicaSet."},
	{"LeaderWorkerSet", []string{"GroupsProgressing"}, "Look at the pods of the component."},
	{"Pod of a Ray cluster", []string{"ContainersNotReady"}, "Look at the pod that the message names."},
	{"Deployment, LeaderWorkerSet", []string{"MinimumReplicasAvailable", "AllGroupsReady"}, "Nothing, the component serves."},
	{"Knative Service", []string{"RevisionMissing", "RevisionFailed", "OutOfDate"}, "Look at the Revision and its pods."},
	{"HTTPRoute", []string{"NoMatchingParent", "BackendNotFound", "NotAllowedByListeners"}, "Look at the Gateway that `omeIngressGateway` names."},
	{"Pod, in status.summary", []string{"Unschedulable"}, "Free or add nodes with what the message says is missing, or ask for less; a queue may have to admit the pod."},
	{"Pod, in status.summary", []string{"SchedulingGated"}, "Wait for the queue that holds the pod back."},
	{"Pod, in status.summary", []string{"OOMKilled"}, "Raise the memory limit of the container, or let the server use less: a shorter context, a smaller batch."},
	{"Pod, in status.summary", []string{"ImagePullBackOff", "InvalidImageName"}, "Correct the image, or give the pod a Secret in imagePullSecrets that may pull it."},
	{"Pod, in status.summary", []string{"CreateContainerConfigError"}, "Create the ConfigMap or Secret that the message names."},
	{"Pod, in status.summary", []string{"Evicted"}, "See the message: the node lacked memory or storage."},
	{"Pod, in status.summary", []string{"ExitCode"}, "Read the log of the pod; it says why the program ended."},
	{"Pod, in status.summary", []string{"Loading"}, "Wait: the pods run and load the model. If it stays, read their log."},
	{"Pod, in status.summary", []string{"Starting"}, "Wait: the pods start. If it stays, look at the events of the pods."},
}

// pageOfOthers is the table of wordsOfOthers.
func pageOfOthers() string {
	var table strings.Builder
	for _, row := range wordsOfOthers {
		fmt.Fprintf(&table, "| %s | `%s` | %s |\n", row.object, strings.Join(row.words, "`, `"), row.fix)
	}
	return table.String() + "\n"
}

// TestExplainKnowsWhatToDo keeps the next steps of isvc explain those of docs/conditions.md; -update writes
// them.
func TestExplainKnowsWhatToDo(t *testing.T) {
	fixes := map[string]string{}
	for _, row := range wordsOfOthers {
		for _, word := range row.words {
			fixes[word] = row.fix
		}
	}
	for _, r := range reasons(t) {
		if _, known := fixes[r.word]; r.fix != "" && (!known || r.seen[0] != inFailure) {
			fixes[r.word] = r.fix
		}
	}
	text, err := json.MarshalIndent(fixes, "", "  ")
	require.NoError(t, err)
	requirePage(t, "../cmd/isvc/explain/fixes.json", append(bytes.ReplaceAll(text, []byte("`"), nil), '\n'))
}

const conditionsFailures = `
## Failures of the model

` + "`status.modelStatus.lastFailureInfo.reason`" + ` has one of the words that OME's custom
resource definition admits. Where it is less exact than a condition, the condition
counts.

| reason | what it means | what to do |
|---|---|---|
`

const conditionsExplain = `
## Words of isvc explain

These tell why something was taken or rejected. There is nothing to do about them
by themselves; the messages of conditions quote them.

| word | what it means |
|---|---|
`

// TestConditionsPageIsCurrent keeps docs/conditions.md in step with the reasons
// in the code; -update writes it.
func TestConditionsPageIsCurrent(t *testing.T) {
	var table, failures, explain bytes.Buffer
	for _, r := range reasons(t) {
		switch r.seen[0] {
		case inFailure:
			fmt.Fprintf(&failures, "| `%s` | %s | %s |\n", r.word, r.meaning, r.fix)
		case inExplain:
			fmt.Fprintf(&explain, "| `%s` | %s |\n", r.word, r.meaning)
		default:
			fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", r.word, strings.Join(r.seen, ", "), r.meaning, r.fix)
		}
	}
	page := conditionsHead + pageOfOthers() + "## Reasons\n\n| reason | seen in | what it means | what to do |\n|---|---|---|---|\n" + table.String() +
		conditionsFailures + failures.String() + conditionsExplain + explain.String()
	requirePage(t, "../docs/conditions.md", []byte(page))
}
