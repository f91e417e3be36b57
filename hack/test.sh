#!/usr/bin/env bash
# The fast suite: every module's tests, on a real etcd, kube-apiserver and PostgreSQL, without the dev
# cluster. Installs and builds what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh

section "Debian packages"
(cd hack/devcluster && go run . deps)

section "etcd and kube-apiserver (built once)"
KUBEBUILDER_ASSETS=$(cd hack/devcluster && go run . assets)
export KUBEBUILDER_ASSETS

failed=0
for module in . hack/devcluster test/charts; do
	section "go test, module $module"
	(cd "$module" && go test -timeout 20m ./...) || failed=1
done
if [[ "$(go env GOARCH)" == amd64 ]]; then
	section "go test, scoring of columns with vector instructions"
	GOEXPERIMENT=simd go test ./internal/core/instrument || failed=1
fi
section_end
exit "$failed"
