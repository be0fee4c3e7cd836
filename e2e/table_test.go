package e2e

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/driver"
)

// results are what the stories of services showed.
var results = &resultTable{}

// The steps in the life of a service that are shown in each mode in which they exist.
const (
	accepted       = "accepted"
	started        = "workload made"
	becomesReady   = "ready"
	atRest         = "no write at rest"
	rollout        = "rollout"
	failedRollout  = "failed rollout"
	canaryRuns     = "canary"
	scaledByHPA    = "scaled by HorizontalPodAutoscaler"
	scaledByKEDA   = "scaled by KEDA"
	toZero         = "to zero and back"
	toRaw          = "becomes RawDeployment"
	toGroups       = "becomes MultiNode"
	toRay          = "becomes MultiNodeRayVLLM"
	toServerless   = "becomes Serverless"
	toPair         = "becomes PDDisaggregated"
	toVirtual      = "becomes VirtualDeployment"
	runtimeDeleted = "runtime deleted"
	serviceDeleted = "service deleted"
)

// modesOfTable are the modes, with who runs the workload of each.
var modesOfTable = []struct {
	mode     v1beta1.DeploymentMode
	operator string
}{
	{v1beta1.RawDeployment, "Kubernetes"}, {v1beta1.MultiNode, "LeaderWorkerSet"},
	{v1beta1.MultiNodeRayVLLM, "KubeRay"}, {v1beta1.Serverless, "Knative"},
	{v1beta1.PDDisaggregated, "LeaderWorkerSet"}, {v1beta1.VirtualDeployment, "none"},
}

// stepsOfTable are the steps, in the order in which they are printed.
var stepsOfTable = []string{
	accepted, started, becomesReady, atRest, rollout, failedRollout, canaryRuns, scaledByHPA, scaledByKEDA, toZero,
	toRaw, toGroups, toRay, toServerless, toPair, toVirtual, runtimeDeleted, serviceDeleted,
}

// absentSteps are the steps that do not exist in a mode, and why.
var absentSteps = map[shownStep]string{
	{v1beta1.MultiNodeRayVLLM, scaledByHPA}:  rayIsNotScaled,
	{v1beta1.MultiNodeRayVLLM, scaledByKEDA}: rayIsNotScaled,
	{v1beta1.MultiNodeRayVLLM, toZero}:       rayIsNotScaled,
	{v1beta1.Serverless, scaledByKEDA}:       "Knative scales its pods itself: class KEDA makes a Deployment",
	{v1beta1.RawDeployment, toRaw}:           "",
	{v1beta1.MultiNode, toGroups}:            "",
	{v1beta1.MultiNodeRayVLLM, toRay}:        "",
	{v1beta1.Serverless, toServerless}:       "",

	{v1beta1.PDDisaggregated, scaledByKEDA}: kedaScalesComponents,
	{v1beta1.PDDisaggregated, toZero}:       kedaScalesComponents,
	{v1beta1.PDDisaggregated, toPair}:       "",

	{v1beta1.VirtualDeployment, started}:       virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, rollout}:       virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, failedRollout}: virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, canaryRuns}:    virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, scaledByHPA}:   virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, scaledByKEDA}:  virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, toZero}:        virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, toVirtual}:     "",
	{v1beta1.VirtualDeployment, toGroups}:      virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, toRay}:         virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, toServerless}:  virtualHasNoWorkload,
	{v1beta1.VirtualDeployment, toPair}:        virtualHasNoWorkload,
	{v1beta1.MultiNode, toVirtual}:             virtualHasNoWorkload,
	{v1beta1.MultiNodeRayVLLM, toVirtual}:      virtualHasNoWorkload,
	{v1beta1.Serverless, toVirtual}:            virtualHasNoWorkload,
	{v1beta1.PDDisaggregated, toVirtual}:       virtualHasNoWorkload,
}

const (
	rayIsNotScaled       = "no autoscaler scales Ray clusters: minReplicas is their number"
	kedaScalesComponents = "KEDA scales each component as in the mode of the component, where it is shown"
	virtualHasNoWorkload = "other software serves: from and to it, a mode begins as in a new service and ends as with a deleted one; RawDeployment stands for all"
)

// shownStep is a step in a mode.
type shownStep struct {
	mode v1beta1.DeploymentMode
	step string
}

// in are steps in a mode.
func in(mode v1beta1.DeploymentMode, steps ...string) []shownStep {
	var out []shownStep
	for _, step := range steps {
		out = append(out, shownStep{mode, step})
	}
	return out
}

// applier is who applies what the hooks answer, and how.
type applier struct {
	user     string
	strategy driver.Strategy
}

// appliersOfTable are the columns of the table.
var appliersOfTable = []applier{
	{"driver", driver.DynamicApply}, {"driver", driver.ServerSideApply},
	{"metacontroller", driver.DynamicApply}, {"metacontroller", driver.ServerSideApply},
}

// resultTable has what was shown, by step and by who applied. What failed once has failed.
type resultTable struct {
	mutex  sync.Mutex
	passed map[shownStep]map[applier]bool
}

func (r *resultTable) record(of applier, passed bool, steps []shownStep) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.passed == nil {
		r.passed = map[shownStep]map[applier]bool{}
	}
	for _, step := range steps {
		if r.passed[step] == nil {
			r.passed[step] = map[applier]bool{}
		}
		before, known := r.passed[step][of]
		r.passed[step][of] = passed && (before || !known)
	}
}

// shows runs a part of a story that shows steps of the table.
func (w *world) shows(run func(*testing.T), steps ...shownStep) func(*testing.T) {
	return func(t *testing.T) {
		defer func() { results.record(w.applier, !t.Failed(), steps) }()
		run(t)
	}
}

// print writes the table, with a line for each step of each mode, and why some do not exist; nothing where no
// story ran.
func (r *resultTable) print(out io.Writer) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.passed) == 0 {
		return
	}
	fmt.Fprintln(out, "e2e: what was shown, by mode, step, and who applies in which way")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "  mode\toperator\tstep")
	for _, of := range appliersOfTable {
		fmt.Fprintf(table, "\t%s, %s", of.user, of.strategy)
	}
	fmt.Fprintln(table)
	var reasons []string
	for _, of := range modesOfTable {
		for _, step := range stepsOfTable {
			reason, isAbsent := absentSteps[shownStep{of.mode, step}]
			if isAbsent && reason == "" {
				continue // a mode does not become itself
			}
			if isAbsent && !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
			operator := of.operator
			if step == scaledByKEDA || step == toZero && of.mode != v1beta1.Serverless {
				operator = "KEDA"
			}
			fmt.Fprintf(table, "  %s\t%s\t%s", of.mode, operator, step)
			for _, by := range appliersOfTable {
				fmt.Fprint(table, "\t", r.cell(shownStep{of.mode, step}, by, slices.Index(reasons, reason)+1))
			}
			fmt.Fprintln(table)
		}
	}
	_ = table.Flush() // it writes where all else is printed
	for i, reason := range reasons {
		fmt.Fprintf(out, "  -%d: %s\n", i+1, reason)
	}
	for _, why := range whyNotRun() {
		fmt.Fprintln(out, "  not run:", why)
	}
}

// cell is what is known of a step; the number is that of the reason why it does not exist, 0 where it does.
func (r *resultTable) cell(step shownStep, of applier, reason int) string {
	passed, known := r.passed[step][of]
	switch {
	case reason > 0:
		return fmt.Sprint("-", reason)
	case !known:
		return "not run"
	case passed:
		return "passed"
	}
	return "FAILED"
}

// whyNotRun are the reasons for which whole stories do not run.
func whyNotRun() []string {
	reasons := []string{"a step that no story of the mode has, or none of this run"}
	if os.Getenv(withKEDA) == "" {
		reasons = append(reasons, "KEDA, without "+withKEDA+"=1")
	}
	if os.Getenv(withMetacontroller) == "" && os.Getenv(metacontrollerProgram) == "" {
		reasons = append(reasons, "Metacontroller, without "+withMetacontroller+"=1")
	}
	return reasons
}

func TestTheTableSaysWhatFailedAndWhatDidNotRun(t *testing.T) {
	first, second := appliersOfTable[0], appliersOfTable[1]
	table := &resultTable{}
	table.record(first, true, in(v1beta1.Serverless, rollout, atRest))
	table.record(first, false, in(v1beta1.Serverless, atRest))
	table.record(first, true, in(v1beta1.Serverless, atRest))
	table.record(second, true, in(v1beta1.Serverless, atRest))
	var out strings.Builder
	table.print(&out)
	lines := map[string]string{}
	for _, line := range strings.Split(out.String(), "\n") {
		words := strings.Fields(line)
		lines[strings.Join(words[:min(len(words), 3)], " ")] = strings.Join(words, " ")
	}
	assert.Equal(t, "Serverless Knative rollout passed not run not run not run", lines["Serverless Knative rollout"])
	assert.Equal(t, "Serverless Knative no write at rest FAILED passed not run not run", lines["Serverless Knative no"])
	assert.Contains(t, out.String(), "KEDA             scaled by KEDA                     -")
	assert.NotContains(t, out.String(), "Serverless        Knative          becomes Serverless")
	assert.Contains(t, out.String(), "becomes Serverless")
}
