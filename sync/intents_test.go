package sync_test

import (
	"maps"
	"testing"

	"github.com/isvc-io/isvc/sync"
)

// intents say, for every case of testdata, what it is there to show. An update
// of the golden files cannot pin a mistake in that.
var intents = collect(
	missionIntents, mergeIntents, nameIntents, referenceIntents, storageIntents, scalingIntents, objectIntents,
	refusalIntents, holdIntents, serverlessIntents, multiNodeIntents, disaggregatedIntents, kedaIntents,
	acceleratorIntents, weightIntents, injectIntents, ingressIntents, controllerIntents, trafficIntents, statusIntents,
	podIntents, orderIntents, acceleratorKindIntents, mergedPodIntents, routerAccountIntents,
	autoscalerIntents, configIntents, canaryIntents,
	omeIntents,
)

// intent checks the responses of a case.
type intent = func(t *testing.T, responses []*sync.Response)

func collect(groups ...map[string]intent) map[string]intent {
	all := map[string]intent{}
	for _, group := range groups {
		maps.Copy(all, group)
	}
	return all
}

// one is the intent of a case with a single service.
func one(show func(v view)) intent {
	return func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		show(only(t, responses))
	}
}
