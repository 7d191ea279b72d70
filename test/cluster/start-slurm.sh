#!/usr/bin/env bash
# start-slurm.sh FOLDER: a Slurm cluster of two virtual nodes on this machine, on loopback alone, in FOLDER: munged, slurmctld and
# two slurmd, on free ports, with nothing of the system's own configuration. Needs Debian's packages slurm-wlm and munge, and root.
# Prints what to set to use it (SLURM_CONF=...), writes each daemon's process id to FOLDER/*.pid; stop-slurm.sh FOLDER ends them.
# Environment: PORT (slurmctld's; the nodes take the next two), CPUS (of each node), GPUS (imaginary ones, of each node).
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
port=${PORT:-$((20000 + RANDOM % 20000))}
cpus=${CPUS:-1}
gpus=${GPUS:-0}
host=$(hostname -s)
export PATH=$PATH:/usr/sbin:/sbin

for need in munged slurmctld slurmd sbatch; do
  command -v "$need" > /dev/null || { echo "there is no $need: install slurm-wlm and munge" >&2; exit 69; }
done
[ "$(id -u)" = 0 ] || { echo 'Slurm'"'"'s daemons must be started as root' >&2; exit 69; }

mkdir -p "$folder"/{munge,state,n1,n2,log}
chmod 755 "$folder"
head -c 1024 /dev/urandom > "$folder/munge/key"
chmod 600 "$folder/munge/key"
chmod 700 "$folder/munge"
mkdir -p "$folder/socket"
chmod 755 "$folder/socket"
munged --force --key-file="$folder/munge/key" --socket="$folder/socket/munge" --pid-file="$folder/munge.pid" \
  --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" --num-threads=2

gres=''
if [ "$gpus" -gt 0 ]; then
  gres=" Gres=gpu:$gpus"
  # Without devices of their own, GPUs are counted and named in CUDA_VISIBLE_DEVICES; files stand for them.
  : > "$folder/gres.conf"
  for node in n1 n2; do
    for gpu in $(seq 0 $((gpus - 1))); do
      : > "$folder/$node/gpu$gpu"
      echo "NodeName=$node Name=gpu File=$folder/$node/gpu$gpu" >> "$folder/gres.conf"
    done
  done
fi

cat > "$folder/slurm.conf" << CONF
ClusterName=acanet-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/socket/munge
CryptoType=crypto/munge
SlurmctldPort=$port
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd-%n
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
KillWait=5
SlurmdTimeout=10
InactiveLimit=0
MinJobAge=300
MaxArraySize=2001
${gres:+GresTypes=gpu}
NodeName=n1 NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$cpus RealMemory=8000$gres State=UNKNOWN
NodeName=n2 NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=$cpus RealMemory=8000$gres State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=24:00:00 DefaultTime=60 State=UP
PartitionName=short Nodes=n1,n2 MaxTime=00:02:00 State=UP
PartitionName=closed Nodes=n1,n2 State=DOWN
CONF

export SLURM_CONF=$folder/slurm.conf
slurmctld -f "$SLURM_CONF"
for node in n1 n2; do slurmd -f "$SLURM_CONF" -N "$node"; done
for _ in $(seq 300); do
  [ "$(sinfo --noheader --Node --partition=main --states=idle --format=%N 2> /dev/null | wc -l)" = 2 ] && break
  sleep 0.1
done
[ "$(sinfo --noheader --Node --partition=main --states=idle --format=%N | wc -l)" = 2 ] || {
  echo 'the nodes do not answer:' >&2
  tail -n 5 "$folder"/log/* >&2
  exit 1
}
echo "SLURM_CONF=$SLURM_CONF"
