#!/usr/bin/env bash
# Puts a release of isvc into PATH of the following steps, after its checksum was compared.
set -euo pipefail
folder="$RUNNER_TEMP/isvc-$VERSION"
archive="isvc-linux-$([ "$RUNNER_ARCH" = ARM64 ] && echo arm64 || echo amd64).tar.gz"
release="${ISVC_RELEASES:-https://github.com/isvc-io/isvc/releases/download}/$VERSION"
mkdir -p "$folder"
cd "$folder"
curl --fail --silent --show-error --location --remote-name "$release/$archive" --remote-name "$release/SHA256SUMS"
grep " $archive\$" SHA256SUMS | sha256sum --check --quiet
tar -xzf "$archive"
echo "$folder" >> "$GITHUB_PATH"
