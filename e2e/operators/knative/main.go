// Command knative runs the controllers of Knative Serving, and its autoscaler of class hpa, in one process.
// The project's own programs serve probes at one port, which no flag changes, and so do not run beside each
// other on one machine.
package main

import (
	"knative.dev/pkg/injection/sharedmain"
	"knative.dev/pkg/signals"
	"knative.dev/serving/pkg/reconciler/autoscaling/hpa"
	"knative.dev/serving/pkg/reconciler/configuration"
	"knative.dev/serving/pkg/reconciler/domainmapping"
	"knative.dev/serving/pkg/reconciler/gc"
	"knative.dev/serving/pkg/reconciler/labeler"
	"knative.dev/serving/pkg/reconciler/nscert"
	"knative.dev/serving/pkg/reconciler/revision"
	"knative.dev/serving/pkg/reconciler/route"
	"knative.dev/serving/pkg/reconciler/serverlessservice"
	"knative.dev/serving/pkg/reconciler/service"
)

func main() {
	sharedmain.MainWithContext(sharedmain.WithHealthProbesDisabled(signals.NewContext()), "controller",
		configuration.NewController, domainmapping.NewController, gc.NewController, labeler.NewController,
		nscert.NewController, revision.NewController, route.NewController, serverlessservice.NewController,
		service.NewController, hpa.NewController)
}
