#!/usr/bin/env bash
# Installs what test/oracles needs, R's psych from Debian and fhirpath from npm by its lock file, and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
source hack/section.sh
source hack/scoring-tools.sh

engine=dist/oracles
install_packages r-cran-psych=2.2.9-1 r-cran-psychtools=2.2.9-1 r-cran-jsonlite=1.8.4+dfsg-1
install_fhirpath "$engine"

section "oracles"
go run ./test/oracles -engine "$engine"
section_end
