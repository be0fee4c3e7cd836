# syntax=docker/dockerfile:1

# The version of Go is exact: together with the flags below it makes the program
# the same to the byte whoever builds it.
ARG GO_VERSION=1.26.8
# built: from the sources. released: the programs that "make programs" has built, so that the image has the
# one that a release offers, and needs no compiler for either platform.
ARG PROGRAM=built

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS built
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=(devel)
ARG COMMIT=
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false -mod=readonly" GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY manifests manifests
COPY modes modes
COPY sync sync
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build \
    -ldflags "-s -w -X 'main.version=${VERSION}' -X 'main.commit=${COMMIT}'" -o /out/isvc ./cmd/isvc \
    && go run ./cmd/isvc/internal/sbom /out/isvc "${VERSION}" > /out/sbom.cdx.json

FROM scratch AS released
ARG TARGETARCH
COPY bin/release/isvc-linux-${TARGETARCH} /out/isvc
COPY dist/isvc-linux-${TARGETARCH}.cdx.json /out/sbom.cdx.json

FROM ${PROGRAM} AS program

FROM scratch
ARG VERSION=(devel)
ARG COMMIT=
LABEL org.opencontainers.image.title="isvc" \
      org.opencontainers.image.description="Turns InferenceServices into workloads, as hooks of Metacontroller" \
      org.opencontainers.image.source="https://github.com/isvc-io/isvc" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=program /out/isvc /out/sbom.cdx.json /
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/isvc"]
CMD ["serve"]
