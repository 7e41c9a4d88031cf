#!/usr/bin/env bash
# Takes the README's pictures anew from a running demo hall: `bash deploy/pictures.sh [FOLDER]`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/setup.sh" dev
cd "$root"
exec "$root/.venv/bin/python" -m tests.support.pictures "$@"
