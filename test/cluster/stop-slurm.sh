#!/usr/bin/env bash
# stop-slurm.sh FOLDER: ends the daemons that start-slurm.sh FOLDER has started, and what runs in jobs of them.
set -uo pipefail
folder=$(cd "$1" && pwd)
export SLURM_CONF=$folder/slurm.conf
scancel --user="$(id -un)" 2> /dev/null
pids=
for name in slurmd-n1 slurmd-n2 slurmctld munge; do
  [ -f "$folder/$name.pid" ] && pids="$pids $(cat "$folder/$name.pid")"
done
# shellcheck disable=SC2086 # each number is a word
kill $pids 2> /dev/null
# They write their state when they end.
for pid in $pids; do
  for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null && sleep 0.1 || break; done
done
exit 0
