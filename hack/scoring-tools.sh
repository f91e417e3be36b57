# Sourced by oracles.sh and bench-scoring.sh: what both hold the scoring against.

# install_packages installs Debian packages, each name=version or name.
install_packages() {
	section "Debian packages $*"
	if ! dpkg --status "${@%%=*}" >/dev/null 2>&1; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@"
	fi
}

# install_fhirpath puts fhirpath, by its lock file, into a folder.
install_fhirpath() {
	section "fhirpath (npm)"
	mkdir -p "$1"
	cp test/oracles/fhirpath/{package.json,package-lock.json,evaluate.mjs} "$1/"
	npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund
}
