#!/usr/bin/env bash
# Sets everything up in this folder: `bash deploy/setup.sh` to run a hall, `bash deploy/setup.sh dev` to work on it.
#
# Debian's packages (with root or passwordless sudo; otherwise it prints the line to type), Python's from the
# hash-pinned locks into .venv, the browser's by npm's lock file into api/web/node_modules. Safe to run again: what is
# there and unchanged is left alone, so a second run takes a moment.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kind=${1:-runtime}
case $kind in
    runtime | dev) ;;
    *) die "usage: deploy/setup.sh [runtime|dev]" ;;
esac
readonly kind venv="$root/.venv" web="$root/api/web" locks="$root/deploy/locks"

# Two set-ups at once would write into each other's files; the second waits.
exec 9<"$root/deploy"
flock 9

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_be_root() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }

# Debian's name for the package of ensurepip, if the chosen Python came without it.
missing_venv_package() {
    local python
    python=$(find_python) || return 0
    "$python" -c 'import ensurepip' 2>/dev/null ||
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

# Without a broker or Python's venv nothing runs; a hall without the rest goes on and says what it lacks. Tests need all.
is_needed() {
    case $1 in
        mosquitto | *-venv) return 0 ;;
        *) [ "$kind" = dev ] ;;
    esac
}

set_up_system() {
    local packages=() needed=() package
    mapfile -t packages < <(missing_packages "$kind" && { [ -x "$venv/bin/pip" ] || missing_venv_package; })
    if [ "${#packages[@]}" -eq 0 ]; then
        say "[1/3] system packages: all there"
        return
    fi
    say "[1/3] system packages: ${packages[*]}"
    if may_be_root; then
        as_root bash "$root/deploy/packages.sh" "${packages[@]}"
        return
    fi
    for package in "${packages[@]}"; do
        if is_needed "$package"; then
            needed+=("$package")
        else
            warn "$package is not installed; without it, no $(purpose_of "$package")"
        fi
    done
    if [ "${#needed[@]}" -gt 0 ]; then
        say "This needs root once. Type this line, then run the same command again:"
        say "  sudo bash $(printf %q "$root/deploy/packages.sh") ${packages[*]}"
        exit 1
    fi
    say "      to have them: sudo bash $(printf %q "$root/deploy/packages.sh") ${packages[*]}"
}

set_up_python() {
    local stamp="$venv/.set-up" runtime_mark dev_mark mark lock="$locks/$kind.txt"
    runtime_mark="runtime $(stamp_of "$locks/runtime.txt" "$locks/build.txt" "$root/pyproject.toml")"
    dev_mark="dev $(stamp_of "$locks/dev.txt" "$locks/build.txt" "$root/pyproject.toml")"
    mark=$([ "$kind" = dev ] && echo "$dev_mark" || echo "$runtime_mark")
    # What is set up for work also serves to run a hall.
    if [ -x "$venv/bin/yichuang" ] && grep -qsxF -e "$mark" -e "$dev_mark" "$stamp"; then
        say "[2/3] Python packages: all there"
        return
    fi
    say "[2/3] Python packages, by deploy/locks/$kind.txt"
    make_environment "$venv"
    rm -f "$stamp"
    # What builds the project comes first: where both locks name a package, the one of the program wins.
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet \
        --require-hashes --no-deps --requirement "$locks/build.txt"
    install_lock "$venv" "$lock"
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet \
        --no-deps --no-build-isolation --editable "$root"
    "$venv/bin/python" -m pip check --disable-pip-version-check >/dev/null ||
        die "the lock does not fit this Python; run .venv/bin/python -m pip check"
    printf '%s\n' "$mark" >"$stamp"
}

set_up_web() {
    local stamp="$web/node_modules/.set-up" runtime_mark dev_mark mark omit=()
    runtime_mark="runtime $(stamp_of "$web/package.json" "$web/package-lock.json")"
    dev_mark="dev ${runtime_mark#runtime }"
    mark=$([ "$kind" = dev ] && echo "$dev_mark" || echo "$runtime_mark")
    if grep -qsxF -e "$mark" -e "$dev_mark" "$stamp"; then
        say "[3/3] browser packages: all there"
        return
    fi
    say "[3/3] browser packages, by api/web/package-lock.json"
    [ "$kind" = dev ] || omit=(--omit=dev)
    # npm starts `node` by name: the one of this environment, whatever else is on the machine.
    (cd "$web" && PATH="$venv/bin:$PATH" "$venv/bin/npm" ci --ignore-scripts --no-update-notifier --loglevel=error \
        ${omit[@]+"${omit[@]}"} >/dev/null)
    printf '%s\n' "$mark" >"$stamp"
}

set_up_system
set_up_python
set_up_web
say "set up for $kind"
