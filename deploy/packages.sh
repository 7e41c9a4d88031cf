#!/usr/bin/env bash
# Installs Debian packages without letting their services start: `sudo bash deploy/packages.sh mosquitto unifont`.
#
# Mosquitto, PostgreSQL and Prometheus from Debian start a server of their own when they are installed, and again at
# each start of the machine; theirs would take the port that the managed broker wants. So while packages are
# installed, /usr/sbin/policy-rc.d (Debian's own switch for this) says no to every start, and services that come with
# a package that was not there before are taken out of the machine's start. A service that was there stays as it is.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly POLICY=/usr/sbin/policy-rc.d
declare -rA SERVICES=(
    [mosquitto]="mosquitto"
    [postgresql]="postgresql"
    [prometheus]="prometheus"
)

[ $# -gt 0 ] || die "name at least one package"
[ "$(id -u)" -eq 0 ] || die "needs root: sudo bash deploy/packages.sh $*"
command -v apt-get >/dev/null || die "apt-get is not here; install by hand what stands for: $*"

if [ ! -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
}

# A list of packages that is old or was never fetched fails at once; then it is fetched, once.
log=$(mktemp)
if ! install "$@" >"$log" 2>&1; then
    say "      fetching the list of packages"
    apt-get update --quiet=2 -o DPkg::Lock::Timeout=300 >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        die "apt-get update failed"
    }
    install "$@" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        die "apt-get could not install: $*"
    }
fi
rm -f "$log"

if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        for service in ${SERVICES[$package]:-}; do
            systemctl disable --quiet "$service" || warn "could not take $service out of the machine's start"
        done
    done
fi
