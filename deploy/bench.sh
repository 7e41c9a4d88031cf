#!/usr/bin/env bash
# Sets up what is missing and measures everything beside its baseline: `bash deploy/bench.sh [--quick] [WORD…]` prints
# one table. It needs a quiet machine: whatever else runs there is measured too. Nothing is written but temporary files.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/setup.sh" dev
cd "$root"
exec "$root/.venv/bin/python" -m tests.benchmarks "$@"
