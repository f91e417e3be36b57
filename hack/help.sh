#!/usr/bin/env bash
# Prints the targets of a Makefile that say what they do, in their groups.
set -euo pipefail

bold='' cyan='' reset=''
if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
	bold=$'\033[1m' cyan=$'\033[36m' reset=$'\033[0m'
fi

awk -v bold="$bold" -v cyan="$cyan" -v reset="$reset" '
	/^##@ / { printf "\n%s%s%s\n", bold, substr($0, 5), reset; next }
	match($0, /^[a-z0-9-]+:[^#]*## /) {
		split($0, parts, ":")
		printf "  %s%-13s%s %s\n", cyan, parts[1], reset, substr($0, RLENGTH + 1)
	}
	END { print "" }
' "$@"
