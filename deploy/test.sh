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

names=()
results=()
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

cd "$root"
stage "ruff check" "$bin/ruff" check --no-cache .
stage "ruff format" "$bin/ruff" format --no-cache --check .
stage "mypy" "$bin/mypy"
stage "import contracts" "$bin/lint-imports" --no-cache
stage "types of the pages" types_of_pages
stage "shellcheck" shellcheck --external-sources deploy/*.sh .ci/run
stage "pytest" "$bin/python" -m pytest "$@"

printf '\n== summary\n'
for number in "${!names[@]}"; do
    printf '%-20s %s\n' "${names[$number]}" "${results[$number]}"
done
exit "$failed"
