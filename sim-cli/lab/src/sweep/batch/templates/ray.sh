#!/bin/bash
# Makes the sweep {{NAME}} on Ray. Options go to ray_sweep.py: --address of a running cluster, for example.
set -euo pipefail
cd "$(dirname "$0")"
exec python3 ray_sweep.py "{{PLAN}}" --program ./sim-cli --parts {{PARTS}} --out results "$@" -- {{OPTIONS}}
