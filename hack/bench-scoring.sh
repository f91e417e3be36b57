#!/usr/bin/env bash
# Installs what the contestants of test/oracles/speed need and lets them score side by side.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh
source hack/scoring-tools.sh

engine=dist/oracles
install_packages r-cran-psych=2.2.9-1 r-cran-jsonlite=1.8.4+dfsg-1 python3-numpy
install_fhirpath "$engine"

section "build, portable and with GOEXPERIMENT=simd"
go build -o "$engine/" ./test/oracles/speed
GOEXPERIMENT=simd go build -o "$engine/speed-simd" ./test/oracles/speed

section "scoring"
"$engine/speed" -engine "$engine" -vector "$engine/speed-simd" "$@"
section_end
