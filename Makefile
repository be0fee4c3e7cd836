# `make` lists the targets. .ci/run calls them in order; each can be run alone.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The tools that are built here, with their versions. Go's own is in go.mod and Dockerfile,
# Kubernetes' and etcd's for e2e in e2e/controlplane/go.mod, those of other controllers below e2e/operators.
GOLANGCI_LINT_VERSION  := v2.15.0
CONTROLLER_GEN_VERSION := v0.23.0
GOLANGCI_LINT  ?= go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
CONTROLLER_GEN ?= go run sigs.k8s.io/controller-tools/cmd/controller-gen@$(CONTROLLER_GEN_VERSION)

# How many generated cases test-all tries each property on, and check the real validation.
PROPERTIES       ?= 1000
CHECK_PROPERTIES ?= 10000
# The stripped program may have so many bytes: docs/decisions/0012-size-of-the-program.md.
SIZE_LIMIT := 40000000

VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo '(devel)')
CHARTS    ?= oci://ghcr.io/isvc-io/charts
COMMIT    ?= $(shell git rev-parse HEAD 2>/dev/null)
IMAGE     ?= ghcr.io/isvc-io/isvc
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# Asked for once: a run of make dist takes minutes, and all its files have one version.
VERSION := $(VERSION)
COMMIT  := $(COMMIT)
# The version of the chart: a tag without its v, or a development version, whose g keeps digits alone from being a number.
CHART_VERSION := $(if $(filter v%,$(VERSION)),$(VERSION:v%=%),0.0.0-g$(subst .,-,$(patsubst (%),%,$(VERSION))))
# The sets of optional kinds that a release has an install file for, each with commas; the chart has all others.
INSTALL_SETS ?= gateway-api istio keda knative lws prometheus-operator ray keda,lws gateway-api,keda,lws gateway-api,istio,keda,knative,lws,prometheus-operator,ray
DOCKER    ?= docker
# Where the files of a release go, as an absolute path.
DIST      ?= $(CURDIR)/dist

# How releases are built; the Dockerfile has the same flags.
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X 'main.version=$(VERSION)' -X 'main.commit=$(COMMIT)'"
# All Go modules of the repository. Those that are linted leave out the control plane of e2e, one
# file that takes all of Kubernetes to compile, and the operators, which are pins with one file at most.
OPERATORS      := $(patsubst %/go.mod,%,$(wildcard e2e/operators/*/go.mod))
MODULES        := . cmd/isvc-check e2e e2e/browser e2e/controlplane $(OPERATORS) manifests/packaging
LINTED_MODULES := $(filter-out e2e/controlplane $(OPERATORS),$(MODULES))

.PHONY: help build isvc-check check test test-race test-all golden docs generate generated fmt lint tidy held size packaging playground browser e2e image push sign programs dist install-files clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' Makefile

build: ## Build bin/isvc
	$(BUILD) -o bin/isvc ./cmd/isvc

isvc-check: ## Build bin/isvc-check, which isvc validate runs
	cd cmd/isvc-check && go generate . && $(BUILD) -o ../../bin/isvc-check .

check: ## Hold the rendered objects of CHECK_PROPERTIES=10000 generated cases against the real validation
	cd cmd/isvc-check && go test -timeout 60m ./... -properties $(CHECK_PROPERTIES)

test: ## Run the tests, as the README says
	go test ./...

test-race: ## Run the tests with the race detector, with fewer cases of each property; it needs a C compiler
	CGO_ENABLED=1 go test -race -timeout 30m $$(go list ./... | grep -v '/isvc/sync$$')
	CGO_ENABLED=1 go test -race -timeout 30m ./sync -properties 30 -field-sample 2000

test-all: ## Run the tests, with PROPERTIES=1000 cases of each property and more of every type's fields
	go test $$(go list ./... | grep -v -e '/isvc/sync$$' -e '/isvc/explain$$' -e '/isvc/record$$')
	go test ./cmd/isvc/explain ./cmd/isvc/record -case-sample 1
	go test ./sync -timeout 60m -properties $(PROPERTIES) -field-sample 20 -operations 3

golden: ## Write the expected results of testdata anew: read the diff
	go test ./sync -run 'TestGolden$$' -update
	go test ./cmd/isvc/explain -update

docs: ## Write the generated pages of docs, and the rules as objects of the Prometheus Operator, anew
	go test ./sync ./cmd/isvc ./cmd/isvc/lint -run 'Page|Documented|DocsAre|KnowsWhatToDo' -update
	go test ./manifests -run TestTheOperatorHasTheSameRules -update

generate: ## Write deep copies and CRDs anew
	cd api/v1beta1 && $(CONTROLLER_GEN) object crd paths=. output:crd:dir=../../manifests/crds
	cd api/v1beta1 && go run ./internal/crdgen ../../manifests/crds

generated: generate ## Fail if generated files are not those of the sources
	git diff --exit-code --stat -- api/v1beta1/zz_generated.deepcopy.go manifests/crds manifests/crds.zip || { echo 'generated files are stale: run make generate and commit'; exit 1; }

fmt: ## Format the Go files
	$(GOLANGCI_LINT) fmt

lint: ## Run gofmt, go vet and golangci-lint
	files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "gofmt would change: $$files"; exit 1; }
	for module in $(LINTED_MODULES); do (cd $$module && echo "$$module" && go vet ./... && $(GOLANGCI_LINT) run --allow-parallel-runners --config $(CURDIR)/.golangci.yml ./...); done

# Metacontroller's module is left out: not every proxy serves it, and no other target needs it.
tidy: ## Fail if a go.mod is not tidy
	for module in $(filter-out e2e/operators/metacontroller,$(MODULES)); do (cd $$module && go mod tidy -diff) || { echo "run go mod tidy in $$module"; exit 1; }; done

held: ## Fail if pod templates changed since the last release or main, and CHANGELOG.md does not say so
	go run ./cmd/isvc/internal/held

size: ## Build the stripped program, print its bytes, and fail above the limit
	$(BUILD) -o bin/isvc ./cmd/isvc
	bin/isvc render -f testdata/quickstart > /dev/null
	bytes=$$(wc -c < bin/isvc); echo "isvc has $$bytes bytes"; [ "$$bytes" -le $(SIZE_LIMIT) ] || { echo 'it may have $(SIZE_LIMIT)'; exit 1; }

packaging: ## Compare the Helm chart with the kustomize form, and lint it
	cd manifests/packaging && go test ./...

playground: ## Write dist/playground.html, a page that computes in the browser, and print its bytes
	go run ./cmd/isvc-playground -o dist/playground.html -version '$(VERSION)'

browser: ## Look at the pictures and the playground in Chromium; SCREENSHOTS=FOLDER keeps what it shows
	cd e2e/browser && go test -timeout 15m . -screenshots '$(SCREENSHOTS)'

# The stories with programs of others, which listen on fixed ports: one after the other. They wait more than they compute.
STORIES := Test(LeaderWorkerSet|KubeRay|Knative|KEDA|ARealGateway)

e2e: ## Prove the objects on a real control plane; E2E_METACONTROLLER=1 and E2E_KEDA=1 add what is real there
	cd e2e && go test -timeout 10m $$(go list ./... | grep -v '/e2e$$')
	cd e2e && output=$$(mktemp) && { go test -timeout 4h -run '$(STORIES)' > $$output 2>&1 & } && \
	echo 'e2e: the stories with the real operators run at the same time, and are printed at the end' && \
	{ go test -timeout 4h -skip '$(STORIES)' && others=0 || others=1; } && \
	{ wait $$! && stories=0 || stories=1; } && cat $$output && rm $$output && exit $$((others + stories))

image: ## Build the image for this machine, from the sources
	$(DOCKER) build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t $(IMAGE):$(VERSION) .

push: ## Build the image for linux/amd64 and linux/arm64 of the files of make dist, and push it and the chart
	$(DOCKER) buildx build --platform linux/amd64,linux/arm64 --build-arg PROGRAM=released --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --provenance=true --metadata-file bin/image.json --push -t $(IMAGE):$(VERSION) .
	cd manifests/packaging && go tool helm push ../../dist/isvc-$(CHART_VERSION).tgz $(CHARTS)

sign: ## Sign the checksums of make dist and the image of make push with cosign
	cosign sign-blob --yes --bundle dist/SHA256SUMS.sigstore.json dist/SHA256SUMS
	cosign sign --yes $(IMAGE)@$$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' bin/image.json)

programs: ## Build the programs of a release below bin/release, for all PLATFORMS
	rm -rf bin/release && mkdir -p bin/release
	cd cmd/isvc-check && go generate .
	for platform in $(PLATFORMS); do \
	  export GOOS=$${platform%/*} GOARCH=$${platform#*/}; echo "$$platform"; \
	  $(BUILD) -o bin/release/isvc-$$GOOS-$$GOARCH ./cmd/isvc; \
	  (cd cmd/isvc-check && $(BUILD) -o ../../bin/release/isvc-check-$$GOOS-$$GOARCH .); \
	done

dist: programs ## Make all files of a release below dist: archives, bills of materials, chart, install files, krew, notes, checksums
	rm -rf dist && mkdir -p dist/schemas
	for program in bin/release/*; do go run ./cmd/isvc/internal/sbom $$program '$(VERSION)' > dist/$${program##*/}.cdx.json; done
	go run ./cmd/isvc/internal/release '$(VERSION)' bin/release dist
	go run ./cmd/isvc schema --to dist/schemas && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C dist -cz -f dist/schemas.tar.gz schemas && rm -r dist/schemas
	$(MAKE) install-files DIST=$(CURDIR)/dist
	go run ./cmd/isvc-playground -o dist/playground.html -version '$(VERSION)'
	cd dist && sha256sum * > SHA256SUMS && ls -l

install-files: ## Make the definitions, the chart and the install files of a release below DIST
	mkdir -p $(DIST)
	go run ./cmd/isvc schema --definitions > $(DIST)/crds.yaml
	cd manifests/packaging && helm=$$(go tool -n helm) && $$helm package ../chart --version $(CHART_VERSION) --app-version '$(VERSION)' --destination $(DIST) 2>/dev/null && \
	for kinds in '' $(INSTALL_SETS); do \
	  name=install$${kinds:+-$${kinds//,/-}}; name=$${name/install-gateway-api-istio-keda-knative-lws-prometheus-operator-ray/install-all}; \
	  flags=$${kinds:+--set kinds.$${kinds//,/=true,kinds.}=true}; \
	  $$helm template isvc $(DIST)/isvc-$(CHART_VERSION).tgz --namespace isvc-system --kube-version v1.30.0 \
	    --set namespace.create=true,crds.enabled=false,image.repository=$(IMAGE) $$flags > $(DIST)/$$name.yaml; \
	done

clean: ## Remove what was built here
	rm -rf bin dist
