package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lockedBuffer is a file that several goroutines write to.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// release runs the verb. Its clock stands still while kubectl runs, and no pause takes time.
func (c *fakeCluster) release(t *testing.T, args ...string) (out, complaints string, err error) {
	t.Helper()
	// The goroutine that hands signals on starts with the first who waits for one, and must not be of the
	// world with the other clock.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	synctest.Test(t, func(*testing.T) {
		out, complaints, err = c.releaseWithin(context.Background(), pollInterval, args...)
	})
	return out, complaints, err
}

// releaseWithin runs the verb with the true clock.
func (c *fakeCluster) releaseWithin(ctx context.Context, pause time.Duration, args ...string) (out, complaints string, err error) {
	// What the test changed before is seen by the cluster, and the other way round after.
	c.change(func() {})
	defer c.change(func() {})
	var written, warned lockedBuffer
	flags := &releaseFlags{pollInterval: pause}
	cmd := flags.newCommand(streams{out: &written, err: &warned})
	cmd.SetArgs(args)
	cmd.SetContext(ctx)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.Execute()
	return written.String(), warned.String(), err
}

// held makes services of one namespace that hold a change and serve with it after some looks.
func held(names ...string) (services []*fakeService) {
	for _, name := range names {
		services = append(services, &fakeService{
			namespace: "team-a", name: name, holds: "engine: the image of container main would change",
			after: []fakeState{unavailable, replacing, serves},
		})
	}
	return services
}

func TestReleaseTakesOneServiceAfterTheOther(t *testing.T) {
	services := held("b", "a", "c")
	services[2].namespace = "team-0"
	c := newFakeCluster(t, append(services, &fakeService{namespace: "team-a", name: "aa"})...)
	out, complaints, err := c.release(t, "-A", "--all", "--text", "spring")
	require.NoError(t, err, complaints)
	assert.Equal(t, []string{"team-0/c=spring", "team-a/a=spring", "team-a/b=spring"}, c.patched,
		"by namespace and name; a service that holds nothing is left alone")
	assert.Equal(t, 1, c.atOnce)
	assert.Empty(t, complaints)
	assert.Equal(t, `team-0/c: released, waiting until it is Ready
team-0/c: Ready after 0s
team-a/a: released, waiting until it is Ready
team-a/a: Ready after 0s
team-a/b: released, waiting until it is Ready
team-a/b: Ready after 0s
3 released, 0 failed, 0 not tried
`, regexp.MustCompile(`after \d+s`).ReplaceAllString(out, "after 0s"))
}

func TestReleaseTakesSeveralServicesAtOnce(t *testing.T) {
	services := held("a", "b", "c", "d", "e", "f")
	for _, service := range services {
		service.after = slices.Insert(service.after, 0, unavailable, unavailable)
	}
	c := newFakeCluster(t, services...)
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--max-concurrent", "3")
	require.NoError(t, err, complaints)
	assert.Len(t, c.patched, 6)
	assert.Equal(t, 3, c.atOnce)
	assert.Contains(t, out, "6 released, 0 failed, 0 not tried\n")
}

func TestReleaseStopsAtTheFirstServiceThatIsNotReady(t *testing.T) {
	services := held("a", "b", "c", "d")
	services[1].after = []fakeState{unavailable}
	c := newFakeCluster(t, services...)
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--text", "spring", "--timeout", "30s")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, []string{"team-a/a=spring", "team-a/b=spring"}, c.patched)
	assert.Equal(t, "team-a/b: failed: it was released, and after 30s it is not Ready: "+
		"MinimumReplicasUnavailable: engine: 0 of 1 pods are available\n"+
		"team-a/c: not tried\nteam-a/d: not tried\n", complaints)
	assert.Contains(t, out, "team-a/a: Ready after ")
	assert.Contains(t, out, "1 released, 1 failed, 2 not tried\n")
}

func TestServicesThatAreReleasedAlreadyAreWaitedForAfterAFailure(t *testing.T) {
	services := held("a", "b", "c")
	services[1].after = append(slices.Repeat([]fakeState{replacing}, 30), serves)
	c := newFakeCluster(t, services...)
	c.answer = func(args []string) *kubectlAnswer {
		if args[0] != "patch" || args[2] != "a" {
			return nil
		}
		denied := failing(`Error from server (Forbidden): inferenceservices.ome.io "a" is forbidden`)
		return &denied
	}
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--max-concurrent", "2")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, `team-a/a: failed: it could not be released: Error from server (Forbidden): inferenceservices.ome.io "a" is forbidden
team-a/c: not tried
`, complaints)
	assert.Contains(t, out, "team-a/b: Ready after ")
	assert.Contains(t, out, "1 released, 1 failed, 1 not tried\n")
}

func TestReleaseByName(t *testing.T) {
	services := held("b", "a", "here", "other")
	services[2].namespace = "current"
	c := newFakeCluster(t, append(services,
		&fakeService{namespace: "team-a", name: "idle"}, &fakeService{namespace: "team-a", name: "going", holds: "x", deleting: true})...)
	out, complaints, err := c.release(t, "--text", "1", "team-a/b", "here", "team-a/idle", "team-a/going", "team-a/a", "team-a/b")
	require.NoError(t, err, complaints)
	assert.Equal(t, []string{"team-a/b=1", "current/here=1", "team-a/a=1"}, c.patched, "in the order of the names, each once")
	assert.Contains(t, out, "team-a/idle: skipped: it holds back no change\nteam-a/going: skipped: it is being deleted\n")

	c.patched = nil
	_, complaints, err = c.release(t, "--text", "2", "-n", "team-a", "other")
	require.NoError(t, err, complaints)
	assert.Equal(t, []string{"team-a/other=2"}, c.patched)
}

func TestANameThatNoServiceHasReleasesNothing(t *testing.T) {
	c := newFakeCluster(t, held("a")...)
	out, complaints, err := c.release(t, "-n", "team-a", "a", "aa")
	assert.Equal(t, exitStatus(2), err)
	assert.Equal(t, "there is no InferenceService aa in the cluster: nothing was released\n", complaints)
	assert.Empty(t, out)
	assert.Empty(t, c.patched)
}

func TestReleaseWithoutAnythingHeld(t *testing.T) {
	c := newFakeCluster(t, &fakeService{namespace: "current", name: "idle"})
	out, _, err := c.release(t, "--all")
	require.NoError(t, err)
	assert.Equal(t, "no service holds back a change: nothing to release\n", out)
	assert.Empty(t, c.patched)
	assert.Equal(t, []string{"get inferenceservices.ome.io --output=json"}, c.callsOf("get"))
}

func TestATimeoutShorterThanALookIsSaid(t *testing.T) {
	c := newFakeCluster(t, held("a")...)
	_, complaints, err := c.release(t, "-n", "team-a", "--all", "--timeout", "1ns")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, "team-a/a: failed: it was released, and after 1ns it was not read yet\n", complaints)
}

func TestADryRunChangesNothing(t *testing.T) {
	services := held("a", "b")
	services[1].holds = "engine: \x1b[31mthe image\nwould change"
	c := newFakeCluster(t, services...)
	out, complaints, err := c.release(t, "--dry-run", "-n", "team-a", "--all")
	require.NoError(t, err, complaints)
	assert.Equal(t, "team-a/a: would be released: UpgradeHeld: engine: the image of container main would change\n"+
		"team-a/b: would be released: UpgradeHeld: engine: \uFFFD[31mthe image would change\n", out)
	assert.Empty(t, c.callsOf("patch"))
}

func TestReleaseWithoutWaitingReleasesAll(t *testing.T) {
	services := held("a", "b")
	services[0].after = []fakeState{unavailable}
	c := newFakeCluster(t, services...)
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--wait=false", "--text", "now")
	require.NoError(t, err, complaints)
	assert.Equal(t, []string{"team-a/a=now", "team-a/b=now"}, c.patched)
	assert.Equal(t, "team-a/a: released\nteam-a/b: released\n2 released, 0 failed, 0 not tried\n", out)
	assert.Len(t, c.callsOf("get"), 1)
}

func TestTheTextOfAReleaseIsNew(t *testing.T) {
	services := held("a", "b")
	services[1].annotation = "spring"
	c := newFakeCluster(t, services...)
	_, _, err := c.release(t, "-n", "team-a", "--all", "--text", "spring")
	assert.EqualError(t, err, `the annotation isvc.io/release of team-a/b is "spring" already: choose another --text, nothing was released`)
	assert.Empty(t, c.patched)

	before := time.Now().UTC().Truncate(time.Second)
	_, complaints, err := c.releaseWithin(context.Background(), 40*time.Millisecond, "-n", "team-a", "a")
	require.NoError(t, err, complaints)
	require.Len(t, c.patched, 1)
	_, text, _ := strings.Cut(c.patched[0], "=")
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err, "without --text it is the time")
	assert.WithinRange(t, at, before, time.Now().UTC())
}

func TestAnyTextReachesTheAnnotation(t *testing.T) {
	for _, text := range []string{`"},"spec":{}`, "-", "a=b,c", "übernächste\nWoche", "--all"} {
		c := newFakeCluster(t, held("a")...)
		_, complaints, err := c.release(t, "-n", "team-a", "--all", "--text="+text)
		require.NoError(t, err, complaints)
		assert.Equal(t, []string{"team-a/a=" + text}, c.patched)
	}
}

func TestAConflictIsTriedAgain(t *testing.T) {
	conflict := failing(`Error from server (Conflict): Operation cannot be fulfilled on inferenceservices.ome.io "a": the object has been modified`)
	conflicts := 0
	c := newFakeCluster(t, held("a")...)
	c.answer = func(args []string) *kubectlAnswer {
		if args[0] != "patch" || conflicts == 0 {
			return nil
		}
		conflicts--
		return &conflict
	}
	conflicts = 2
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--text", "1")
	require.NoError(t, err, complaints)
	assert.Contains(t, out, "1 released")
	assert.Len(t, c.callsOf("patch"), 3)

	c.services[0].released, c.calls, conflicts = false, nil, 1000
	_, complaints, err = c.release(t, "-n", "team-a", "--all", "--text", "2")
	assert.Equal(t, exitStatus(1), err)
	assert.Contains(t, complaints, "team-a/a: failed: it could not be released: Error from server (Conflict): ")
	assert.Len(t, c.callsOf("patch"), conflictRetries)
}

func TestAServiceThatIsDeletedWhileItIsWaitedFor(t *testing.T) {
	services := held("a")
	services[0].goneAfterRelease = true
	c := newFakeCluster(t, services...)
	_, complaints, err := c.release(t, "-n", "team-a", "--all")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, "team-a/a: failed: it was released and then deleted\n", complaints)
}

func TestAServiceIsDoneWhenAllItsPodsAreNew(t *testing.T) {
	for why, state := range map[string]fakeState{
		"its status describes generation 3 and the service has generation 4: check that Metacontroller and isvc run": {
			ready: "True", olderGeneration: true},
		"it still holds back a change: UpgradeHeld: engine: the image of container main would change": {
			ready: "True", transition: "UpToDate", stillHolds: true},
		"it is not Ready: MinimumReplicasUnavailable: engine: 0 of 1 pods are available": {
			ready: "False", transition: "UpToDate"},
		"its pods are still being replaced": {
			ready: "True", transition: "InProgress"},
		"its new pods do not serve (BlockedByFailedLoad): the server ended with 137": {
			ready: "True", transition: "BlockedByFailedLoad", failure: "the server ended with 137"},
		"its new pods do not serve (InvalidSpec)": {
			ready: "True", transition: "InvalidSpec"},
		"its router is still being replaced: revision chat-router-00002 is not ready": {
			ready: "True", transition: "UpToDate", routerRevision: "chat-router-00001"},
	} {
		assert.Equal(t, why, asRead(t, state).whyNotDone())
	}
	assert.Empty(t, asRead(t, serves).whyNotDone())
	assert.Empty(t, asRead(t, fakeState{ready: "True"}).whyNotDone(), "without a component that loads a model")
	assert.Equal(t, "it is not Ready: it has no condition Ready", clusterService{}.whyNotDone())
}

// asRead is a service in a state as it is read from a cluster.
func asRead(t *testing.T, state fakeState) (service clusterService) {
	t.Helper()
	services := held("a")
	services[0].released, services[0].after = true, []fakeState{state}
	text, err := json.Marshal(services[0].look())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &service))
	return service
}

// TestOneGoodLookIsNotEnough: a status may still describe the pods that go.
func TestOneGoodLookIsNotEnough(t *testing.T) {
	services := held("a")
	services[0].after = []fakeState{serves, unavailable, serves, replacing}
	c := newFakeCluster(t, services...)
	_, complaints, err := c.release(t, "-n", "team-a", "--all", "--timeout", "30s")
	assert.Equal(t, exitStatus(1), err)
	assert.Contains(t, complaints, "its pods are still being replaced")
}

// TestAFailureToLookIsNoFailureOfTheService: an API server may restart while a model starts.
func TestAFailureToLookIsNoFailureOfTheService(t *testing.T) {
	refused := failing("The connection to the server localhost:6443 was refused - did you specify the right host or port?")
	looks, failures := 0, 2
	c := newFakeCluster(t, held("a")...)
	c.answer = func(args []string) *kubectlAnswer {
		if args[0] == "get" {
			looks++
		}
		if args[0] != "get" || looks == 1 || looks > 1+failures {
			return nil
		}
		return &refused
	}
	out, complaints, err := c.release(t, "-n", "team-a", "--all", "--text", "1")
	require.NoError(t, err, complaints)
	assert.Contains(t, out, "1 released")

	c.services[0].released, looks, failures = false, 0, 1<<30
	_, complaints, err = c.release(t, "-n", "team-a", "--all", "--text", "2", "--timeout", "30s")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, "team-a/a: failed: it was released, and after 30s it cannot be read: The connection to the server localhost:6443 was refused - "+
		"did you specify the right host or port?\n", complaints)
}

func TestAnInterruptBeginsNoOtherService(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	services := held("a", "b")
	services[0].after = []fakeState{unavailable}
	c := newFakeCluster(t, services...)
	looks := 0
	c.answer = func(args []string) *kubectlAnswer {
		if args[0] == "get" {
			looks++
		}
		if looks == 4 {
			interrupt()
		}
		return nil
	}
	out, complaints, err := c.releaseWithin(ctx, 40*time.Millisecond, "-n", "team-a", "--all")
	assert.Equal(t, exitStatus(1), err)
	assert.Equal(t, "team-a/a: failed: it was released, and the wait was interrupted: it is not Ready: "+
		"MinimumReplicasUnavailable: engine: 0 of 1 pods are available\nteam-a/b: not tried\n", complaints)
	assert.Contains(t, out, "0 released, 1 failed, 1 not tried\n")
}

func TestReleasePassesOnHowTheClusterIsReached(t *testing.T) {
	c := newFakeCluster(t, held("a")...)
	_, complaints, err := c.release(t, "-A", "-l", "tier in (batch, test)", "--kubeconfig", "/k", "--context", "lab", "--text", "1")
	require.NoError(t, err, complaints)
	assert.Equal(t, "get inferenceservices.ome.io --all-namespaces --selector=tier in (batch, test) --output=json --kubeconfig /k --context lab",
		c.callsOf("get")[0])
	assert.Equal(t, []string{`patch inferenceservices.ome.io a --namespace=team-a --type=merge ` +
		`--patch={"metadata":{"annotations":{"isvc.io/release":"1"}}} --kubeconfig /k --context lab`}, c.callsOf("patch"))
}

func TestReleaseSaysWhyKubectlIsOfNoUse(t *testing.T) {
	c := newFakeCluster(t)
	c.answer = func([]string) *kubectlAnswer {
		missing := failing(`error: the server doesn't have a resource type "inferenceservices"`)
		return &missing
	}
	_, complaints, err := c.release(t, "--all")
	assert.EqualError(t, err, "cannot read from the cluster: kubectl get inferenceservices.ome.io --output=json failed: exit status 1")
	assert.Equal(t, "error: the server doesn't have a resource type \"inferenceservices\"\n", complaints, "kubectl's own words are shown")

	c.answer = func([]string) *kubectlAnswer { return &kubectlAnswer{Out: "Hello"} }
	_, _, err = c.release(t, "a")
	assert.ErrorContains(t, err, "kubectl get inferenceservices.ome.io printed something else than services: invalid character")

	t.Setenv("PATH", t.TempDir())
	_, _, err = c.release(t, "--all")
	assert.EqualError(t, err, "cannot read from the cluster: kubectl is not in PATH")
}

func TestReleaseRefusesCommandLinesBeforeItCallsKubectl(t *testing.T) {
	c := newFakeCluster(t, held("a")...)
	for want, lines := range map[string][]string{
		"name services, or use --all or --selector":                                                         {"", "-A"},
		"names cannot be combined with --all or --selector":                                                 {"--all a", "a -l x=y"},
		"names cannot be combined with --all-namespaces: write NAMESPACE/NAME":                              {"-A a"},
		"--namespace and --all-namespaces exclude each other":                                               {"-A -n x --all"},
		"--max-concurrent must be at least 1":                                                               {"--max-concurrent 0 --all"},
		"--timeout must be positive":                                                                        {"--timeout 0s --all"},
		" is no name of a namespace: ":                                                                      {"-n --all a", "-n A --all", "-n a/b --all", "-n ../a --all"},
		" is neither NAME nor NAMESPACE/NAME of an InferenceService: ":                                      {"-- --all", "-- -n", "../a", "a/b/c", "/a", "a/", "A", "a;b", "$(a)", "a=b", "a/-b", "-- -/a"},
		`invalid argument "-x" for "--max-concurrent" flag: strconv.ParseInt: parsing "-x": invalid syntax`: {"--max-concurrent=-x --all"},
	} {
		for _, line := range lines {
			_, _, err := c.release(t, strings.Fields(line)...)
			assert.ErrorContains(t, err, want, fmt.Sprintf("%q", line))
		}
	}
	_, _, err := c.release(t, "a b")
	assert.ErrorContains(t, err, "is neither NAME nor NAMESPACE/NAME")
	assert.Empty(t, c.calls)
}

func TestReleaseIsAVerb(t *testing.T) {
	newFakeCluster(t, &fakeService{namespace: "current", name: "idle"})
	got := isvc("", "release", "idle")
	assert.Equal(t, result{0, "current/idle: skipped: it holds back no change\nno service holds back a change: nothing to release\n", ""}, got)
	assert.Equal(t, 2, isvc("", "release").code)
}
