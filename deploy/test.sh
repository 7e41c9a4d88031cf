#!/usr/bin/env bash
# Sets up what is missing and runs every check and test: `bash deploy/test.sh [what pytest shall do]`, e.g.
# `bash deploy/test.sh tests/unit -x`. Each stage runs even when one before it failed; the end tells of all of them.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly bin="$root/.venv/bin" firmware="$root/.firmware-venv"
export PYTHONUNBUFFERED=1 # what goes on is seen while it goes on, in a log file too

bash "$root/deploy/setup.sh" dev
mark=$(stamp_of "$root/deploy/locks/firmware.txt")
if ! grep -qsxF "$mark" "$firmware/.set-up"; then
    say "[+] ESPHome, in an environment of its own, by deploy/locks/firmware.txt"
    make_environment "$firmware"
    rm -f "$firmware/.set-up"
    install_lock "$firmware" "$root/deploy/locks/firmware.txt"
    printf '%s\n' "$mark" >"$firmware/.set-up"
fi

readonly workers_max=4 again_max=5 last_failed="$root/.pytest_cache/v/cache/lastfailed"
names=()
results=()
unsteady=()
failed=0

stage() {
    local name=$1 began=$SECONDS status=0
    shift
    printf '\n== %s\n' "$name"
    "$@" || status=$?
    names+=("$name")
    if [ "$status" -eq 0 ]; then
        results+=("ok      $((SECONDS - began)) s")
    else
        results+=("FAILED  $((SECONDS - began)) s, status $status")
        failed=1
    fi
}

# Called through `stage`.
# shellcheck disable=SC2317
types_of_pages() { PATH="$bin:$PATH" "$bin/npm" --prefix "$root/api/web" run --silent check; }

# Files of tests run beside each other, one for each core. In a whole run, a few tests that fail are run once more, alone:
# one that passes then races with something, and is named at the end to be mended, but no other change waits for it.
# shellcheck disable=SC2317
tests() {
    local status=0
    "$bin/python" -m pytest -n logical --maxprocesses "$workers_max" --dist loadfile "$@" || status=$?
    if [ "$status" -ne 1 ] || [ "$#" -gt 0 ]; then return "$status"; fi
    mapfile -t failures < <("$bin/python" -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")' <"$last_failed")
    if [ "${#failures[@]}" -gt "$again_max" ]; then return "$status"; fi
    printf '\n== once more, alone\n'
    "$bin/python" -m pytest -n 0 --last-failed --last-failed-no-failures none || return "$?"
    unsteady=("${failures[@]}")
}

cd "$root"
stage "ruff check" "$bin/ruff" check --no-cache .
stage "ruff format" "$bin/ruff" format --no-cache --check .
stage "mypy" "$bin/mypy"
stage "import contracts" "$bin/lint-imports" --no-cache
stage "types of the pages" types_of_pages
stage "shellcheck" shellcheck --external-sources deploy/*.sh .ci/run
stage "pytest" tests "$@"

printf '\n== summary\n'
for number in "${!names[@]}"; do
    printf '%-20s %s\n' "${names[$number]}" "${results[$number]}"
done
for name in "${unsteady[@]}"; do
    printf 'UNSTEADY: failed, then passed alone; mend it: %s\n' "$name"
done
exit "$failed"
