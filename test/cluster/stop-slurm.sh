#!/usr/bin/env bash
# stop-slurm.sh FOLDER: ends the daemons that start-slurm.sh FOLDER has started, and what runs in jobs of them.
set -uo pipefail
folder=$(cd "$1" && pwd)
export SLURM_CONF=$folder/slurm.conf
scancel --user="$(id -un)" 2> /dev/null
for name in slurmd-n1 slurmd-n2 slurmctld munge; do
  [ -f "$folder/$name.pid" ] && kill "$(cat "$folder/$name.pid")" 2> /dev/null
done
exit 0
