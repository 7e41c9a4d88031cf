#!/usr/bin/env bash
# Takes a picture of every page at its real sizes, in both languages, from a running demo hall, and writes an index to
# leaf through them: `bash deploy/gallery.sh [FOLDER [WORD…]]`; without a folder `dist/gallery/`, which git ignores; with
# words only the pictures whose names hold one of them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/setup.sh" dev
cd "$root"
exec "$root/.venv/bin/python" -m tests.support.gallery "$@"
