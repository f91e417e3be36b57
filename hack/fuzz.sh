#!/usr/bin/env bash
# Runs every fuzz target of the root module, one after the other, for the time given. Shrinking what is
# merely interesting is cut short: with seeds as large as a questionnaire it would take all of that time.
set -euo pipefail
cd "$(dirname "$0")/.."
duration=${1:-30s}

while IFS=: read -r file target; do
	echo "fuzz $target in $(dirname "$file") for $duration" >&2
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -fuzzminimizetime 10x "./$(dirname "$file")"
done < <(grep -roP --include='*_test.go' '^func \KFuzz\w+' api cmd controllers internal test 2>/dev/null | sort)
