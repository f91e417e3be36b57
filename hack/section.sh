# Sourced: announces the sections of a run, and how long each took.
section_name='' section_began=0

section() {
	section_end
	section_name=$1 section_began=$SECONDS
	printf '\n=== %s\n' "$section_name" >&2
}

section_end() {
	[[ -n "$section_name" ]] || return 0
	printf -- '--- %s: %dm%02ds\n' "$section_name" $(((SECONDS - section_began) / 60)) $(((SECONDS - section_began) % 60)) >&2
	section_name=''
}
