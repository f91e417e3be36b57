#!/usr/bin/env bash
# What is generated is up to date, what is written lints, and nothing is left uncommitted.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh

section "generate"
make generate

section "nothing changed"
if [[ -n "$(git status --porcelain --untracked-files=all)" ]]; then
	git --no-pager diff --stat >&2
	git status --short --untracked-files=all >&2
	echo "verify: generated files are stale or work is uncommitted (above); run 'make generate' and commit" >&2
	exit 1
fi

section "lint"
make lint
section_end
