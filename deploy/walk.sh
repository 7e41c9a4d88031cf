#!/usr/bin/env bash
# Walks through the demo as docs/walk.md tells and takes its pictures anew: `bash deploy/walk.sh [FOLDER]`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/setup.sh" dev
cd "$root"
exec "$root/.venv/bin/python" -m tests.support.walk "$@"
