#!/bin/bash
# slurm.sh FOLDER: the batch scripts under a real Slurm of one node (Debian: slurm-wlm, munge), run
# as root: a cohort as an array of two jobs, one of them requeued in its middle, and SRUN= inside
# an allocation, must end with the masks of a plain make; the folds of a cross-validation as an
# array, one of them requeued, with its tables.
set -eu -o pipefail
dir=$1
here=$(cd "$(dirname "$0")/.." && pwd)
for c in slurmctld slurmd sbatch munged; do
    command -v $c >/dev/null || { echo "slurm.sh: no $c: apt-get install slurm-wlm munge" >&2; exit 3; }
done
[ "$(id -u)" = 0 ] || { echo 'slurm.sh: Slurm must be started as root' >&2; exit 3; }
mkdir -p "$dir"/{state,spool,log}
cd "$dir"
fail() { echo "slurm.sh: $*" >&2; tail -5 log/*.log >&2; exit 1; }

# ---- one node ----
host=$(uname -n)
cat >slurm.conf <<C
ClusterName=dorg
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES State=UP
C
export SLURM_CONF=$dir/slurm.conf
munge=
if ! munge -n >/dev/null 2>&1; then
    mkdir -p /run/munge
    chown munge: /run/munge
    runuser -u munge -- munged --foreground >log/munged.log 2>&1 &
    munge=$!
    until munge -n >/dev/null 2>&1; do kill -0 $munge || fail 'munged did not start'; sleep 0.2; done
fi
slurmctld -D >/dev/null 2>&1 &
ctld=$!
slurmd -D >/dev/null 2>&1 &
slurmd=$!
stop() {
    kill $ctld $slurmd 2>/dev/null || :
    [ -z "$munge" ] || kill "$munge" || :
    wait || :
}
trap stop EXIT
until [ "$(sinfo -h -o %t 2>/dev/null)" = idle ]; do
    kill -0 $ctld || fail 'slurmctld did not start'
    kill -0 $slurmd || fail 'slurmd did not start'
    sleep 0.5
done

# ---- a cohort ----
"$here/test/cohort.sh" 6 "$dir/work" >/dev/null
cd work
args=("COHORT=$PWD/list.tsv" "SETTINGS=$PWD/scans/settings.mk" "MODELS=$PWD/train/models" FINAL=p0)
export PIPELINES=$here/pipelines
job=$(sbatch --parsable --array=1-2 -c 1 --mem=0 "$PIPELINES/slurm/cohort.sbatch" "${args[@]}" RUN="$PWD/array")
until [ -e array/log ] && grep -q 'done' array/log; do sleep 0.2; done
scontrol requeue "${job}_1" || :
until [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]; do sleep 0.5; done
srun -c 1 --mem=0 "$PIPELINES/run" cohort "${args[@]}" RUN="$PWD/steps" SRUN='srun -N1 -n1 --overlap' -j1 >steps.log 2>&1 || [ $? = 5 ]
for r in array steps; do
    for c in 1 4 6; do
        cmp "peace/cases/phantom$c/seg.nii.gz" "$r/cases/phantom$c/seg.nii.gz" || fail "$r: phantom$c"
    done
    make -s -C "$PIPELINES" status RUN="$PWD/$r" 2>/dev/null | tail -1 | grep -q ': 3 done, 3 failed, 0 running, 0 to do$' || fail "$r: status"
done
echo "an array of two jobs, one requeued, and a step a case: the same masks"

# ---- folds ----
make -s -C "$PIPELINES" phantom-cohort N=4 FIRST=11 SIZE=56,56,20 OUT=four >/dev/null
args=("COHORT=$PWD/four/cohort.tsv" FOLDS=2 "P_NET=$PWD/tiny.cfg" "R_NET=$PWD/tiny.cfg" K=20000 TREES=4 N_T=1 P_MAX=100 R_MAX=60 E_MAX=40
    SCALES=1 CUT_STEP=0.2 LAMBDAS=1 INNER=0 IN_SAMPLE= TRAINOPTS=-q)
run=$PWD/folds
words=$(printf '%q ' "${args[@]}")
a=$(sbatch --parsable -c 1 --mem=0 --wrap "make -C $PIPELINES -f cv.mk $words RUN=$run -j1 shared")
b=$(sbatch --parsable --dependency="afterok:$a" --array=1-2 --gres=none -c 1 --mem=0 "$PIPELINES/slurm/folds.sbatch" "${args[@]}" RUN="$run")
c=$(sbatch --parsable --dependency="afterany:$b" -c 1 --mem=0 -o tables.log --wrap "make -C $PIPELINES cv $words RUN=$run -j1")
until ls folds/fold1/models/*.forest >/dev/null 2>&1; do sleep 0.2; [ -n "$(squeue -h -j "$a,$b" 2>/dev/null)" ] || fail 'no fold was begun'; done
scontrol requeue "${b}_1" || :
until [ -z "$(squeue -h -j "$c" 2>/dev/null)" ]; do sleep 0.5; done
make -s -C "$PIPELINES" cv "${args[@]}" RUN="$PWD/plain" >plain.log 2>&1 || { tail -5 plain.log; fail 'the plain cross-validation'; }
cmp plain/results/test/table1.tsv folds/results/test/table1.tsv || { tail -5 tables.log; fail 'the tables differ'; }
[ "$(awk -F'\t' '$1 == "n" { print $2 }' folds/results/test/table1.tsv)" = 4 ] || fail 'not every case once'
echo "the folds of a cross-validation as an array, one requeued: the same table"
