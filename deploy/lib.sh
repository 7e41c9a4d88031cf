#!/usr/bin/env bash
# What the set-up scripts share: messages, the Python to use, Debian's packages and how to tell that they are there.
# To be sourced.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

# Debian package | how to tell that it is there | what is missing without it
# The first word of the second column is a shell function below.
readonly PACKAGES_RUNTIME=(
    "mosquitto|has_program mosquitto|managed MQTT broker"
    "espeak-ng|has_program espeak-ng|voice: call-outs are shown but not spoken"
    "unifont|has_file /usr/share/unifont/unifont.hex /usr/share/unifont/unifont.hex.gz|glyphs for LED signs: a board has its text but no bitmap"
    "fonts-noto-cjk|has_file /usr/share/fonts/*/noto/NotoSansCJK*|rare characters of names on paper, and Chinese text of pages in a browser here"
)
readonly PACKAGES_DEV=(
    "chromium|has_program chromium chromium-browser google-chrome|browser tests"
    "sox|has_program sox|tests that listen to the voice"
    "postgresql|has_file /usr/lib/postgresql/*/bin/initdb|tests on PostgreSQL"
    "prometheus|has_program promtool|tests of the alert rules"
    "fonts-unifont|has_file /usr/share/fonts/opentype/unifont/unifont.otf|font for the LED sign's firmware"
    "g++|has_program g++|tests of the firmware's own code"
    "shellcheck|has_program shellcheck|check of these scripts"
)

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

has_program() {
    local name
    for name in "$@"; do
        PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_file() {
    local path
    for path in "$@"; do
        [ -e "$path" ] && return 0
    done
    return 1
}

# Prints the names of the packages that are missing for $1, `runtime` or `dev`.
missing_packages() {
    local row name probe
    local rows=("${PACKAGES_RUNTIME[@]}")
    [ "$1" = dev ] && rows+=("${PACKAGES_DEV[@]}")
    for row in "${rows[@]}"; do
        IFS='|' read -r name probe _ <<<"$row"
        # Ubuntu's name for it.
        [ "$name" = chromium ] && grep -qs '^ID=ubuntu' /etc/os-release && name=chromium-browser
        # The words of the probe are meant to be split, and its patterns to be matched.
        # shellcheck disable=SC2086
        $probe || printf '%s\n' "$name"
    done
}

# Prints what is missing without the package $1.
purpose_of() {
    local row name purpose
    for row in "${PACKAGES_RUNTIME[@]}" "${PACKAGES_DEV[@]}"; do
        IFS='|' read -r name _ purpose <<<"$row"
        [ "$name" = "$1" ] && printf '%s' "$purpose"
    done
    return 0
}

# Prints the path of a Python that the locks fit; YICHUANG_PYTHON names another one.
find_python() {
    local name
    for name in ${YICHUANG_PYTHON:+"$YICHUANG_PYTHON"} python3.11 python3 python3.12 python3.13; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

# A short hash of the files given and of where the project lies: programs in a .venv name its path.
stamp_of() {
    { printf '%s\n' "$root" && sha256sum "$@"; } | sha256sum | cut -c 1-32
}

# Reads pip's output and shows how far it has come: $1 packages in all.
show_progress() {
    awk -v total="$1" -v tty="$([ -t 1 ] && echo 1)" '
        /^Collecting |^Requirement already satisfied: / {
            name = $1 == "Collecting" ? $2 : $4
            sub(/[=<>!~;[].*/, "", name)
            done++
            if (tty) printf "\r\033[K      %d/%d %s", done, total, name
            else if (done % 25 == 0 || done == total) printf "      %d/%d\n", done, total
            fflush()
        }
        /^Installing collected packages/ {
            if (tty) printf "\r\033[K"
            print "      writing files"
            fflush()
        }'
}

# Installs the hash-pinned lock $2 into the environment $1, and nothing that the lock does not name.
install_lock() {
    local environment=$1 lock=$2 log status=0
    log=$(mktemp)
    "$environment/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --require-hashes --no-deps --requirement "$lock" 2>&1 | tee "$log" |
        show_progress "$(grep -c '^[a-z0-9].*==' "$lock")" || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "pip could not install ${lock#"$root"/}"
    fi
    rm -f "$log"
}

# Makes the environment $1 unless it is there and works.
make_environment() {
    local environment=$1 python
    "$environment/bin/python" -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
        2>/dev/null && return 0
    python=$(find_python) || die "Python 3.11, 3.12 or 3.13 is needed; on Debian 12 and later: sudo apt-get install python3"
    "$python" -m venv --clear "$environment" || die "$python could not make ${environment#"$root"/}"
}
