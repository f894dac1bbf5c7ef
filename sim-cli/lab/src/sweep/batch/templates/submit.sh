#!/bin/bash
# Submits the sweep {{NAME}} in {{PARTS}} parts, and the job that joins them.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p logs
array=$(sbatch --parsable sweep.sbatch)
array=${array%%;*} # after the semicolon stands the name of the cluster
# Parts that failed do not keep the others from being joined: merge says what is missing.
merge=$(sbatch --parsable --dependency="afterany:$array" merge.sbatch)
echo "submitted: {{PARTS}} parts as job $array, then merge as job ${merge%%;*}; the results will be in results/"
