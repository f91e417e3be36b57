#!/usr/bin/env bash
# Installs what the contestants of test/oracles/speed need and lets them score side by side.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh

packages=(r-cran-psych=2.2.9-1 r-cran-jsonlite=1.8.4+dfsg-1 python3-numpy)
section "Debian packages ${packages[*]}"
if ! dpkg --status "${packages[@]%%=*}" >/dev/null 2>&1; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${packages[@]}"
fi

section "fhirpath (npm)"
engine=dist/oracles
mkdir -p "$engine"
cp test/oracles/fhirpath/{package.json,package-lock.json} "$engine/"
npm ci --prefix "$engine" --ignore-scripts --no-audit --no-fund

section "build, portable and with GOEXPERIMENT=simd"
go build -o "$engine/" ./test/oracles/speed
GOEXPERIMENT=simd go build -o "$engine/speed-simd" ./test/oracles/speed

section "scoring"
"$engine/speed" -engine "$engine" -vector "$engine/speed-simd" "$@"
section_end
