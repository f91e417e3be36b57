#!/usr/bin/env bash
# Installs what test/oracles needs, R's psych from Debian and fhirpath from npm by its lock file, and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh

packages=(r-cran-psych=2.2.9-1 r-cran-psychtools=2.2.9-1 r-cran-jsonlite=1.8.4+dfsg-1)
section "Debian packages ${packages[*]}"
if ! dpkg --status "${packages[@]%%=*}" >/dev/null 2>&1; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${packages[@]}"
fi

section "fhirpath (npm)"
engine=dist/oracles
mkdir -p "$engine"
cp test/oracles/fhirpath/{package.json,package-lock.json,evaluate.mjs} "$engine/"
npm ci --prefix "$engine" --ignore-scripts --no-audit --no-fund

section "oracles"
go run ./test/oracles -engine "$engine"
section_end
