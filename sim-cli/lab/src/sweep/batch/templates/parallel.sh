#!/bin/bash
# Makes the {{PARTS}} parts of the sweep {{NAME}} with GNU parallel, and joins them.
# Options go to parallel: for example ./run.sh --jobs 8, or ./run.sh --sshloginfile machines if all see this folder.
# Called again after an interruption, it makes what is missing.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p logs
# The parts are numbered by parallel itself; a part that fails is tried twice more.
seq {{PARTS}} | parallel --retries 3 --workdir "$PWD" "$@" \
    './sim-cli sweep {{QUOTED_PLAN}} {{OPTIONS}} --progress plain --partition {}/{{PARTS}} --out parts/{} >>logs/part-{}.log 2>&1' || {
    echo "some parts failed: logs/part-K.log says why; called again, this makes what is missing" >&2
    exit 1
}
exec ./sim-cli merge parts/* --out results{{LOOK}}
