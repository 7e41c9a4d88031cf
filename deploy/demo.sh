#!/usr/bin/env bash
# Sets up what is missing and opens a living demo hall: `bash deploy/demo.sh [--speed 10] …`; Ctrl-C closes it.
# Everything given is handed on to `yichuang demo`, whose --help tells more.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/setup.sh" runtime
cd "$root"
exec "$root/.venv/bin/yichuang" demo "$@"
