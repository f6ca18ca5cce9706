#!/bin/bash
# sbatch --array=1-7 slurm-array.sh, in the folder that the plan was made in. To send two tasks again: sbatch --array=3,5 slurm-array.sh
#SBATCH --job-name=harden-image-fleet
#SBATCH --requeue
# The nodes that have an engine; without proofs none is needed.
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
# A worker that is killed begins again where it was; one that says why it cannot go on (2) does not.
for try in $(seq 12); do
  harden-image fleet run --plan plan.ndjson --shards 7 --results results
  code=$?
  [ $code -le 2 ] && exit $code
done
exit $code
