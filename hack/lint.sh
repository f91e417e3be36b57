#!/usr/bin/env bash
# Lints every Go module of the repository but the pinned tools with the one configuration at its root.
set -euo pipefail
cd "$(dirname "$0")/.."
linter=$1
config=$PWD/.golangci.yml

failed=0
for module in . hack/devcluster test/charts; do
	echo "lint module $module" >&2
	(cd "$module" && "$linter" run --config "$config" ./...) || failed=1
done
exit "$failed"
