#!/usr/bin/env bash
# Makes the hash-pinned locks anew from the ranges in pyproject.toml: `bash deploy/lock.sh` after a dependency changed
# (what is pinned stays where it fits), `bash deploy/lock.sh --upgrade` to take up new versions. Needs uv.
# The locks name packages, versions and hashes, never a download address.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(uv pip compile --quiet "$@" --generate-hashes --no-emit-index-url --no-header
         --python-platform linux --python-version 3.11 --custom-compile-command deploy/lock.sh)
"${compile[@]}" pyproject.toml --group web --output-file deploy/locks/runtime.txt
"${compile[@]}" pyproject.toml --group web --group dev --output-file deploy/locks/dev.txt
"${compile[@]}" --group firmware --output-file deploy/locks/firmware.txt
# What builds the project itself: the build system's own requirements, and what hatchling adds for an editable install.
python3 -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["build-system"]["requires"], "editables>=0.5,<1", sep="\n")' |
    "${compile[@]}" --output-file deploy/locks/build.txt -
