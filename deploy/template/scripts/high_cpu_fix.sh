#!/usr/bin/env bash
# Finds the worker that burns a CPU, ends it, and checks that it is gone.
#
# Here the runaway worker is a stand-in that this script starts itself, unless a pid file names a process already.
# For a real system: let PID_FILE name the worker's pid file (or find it with pgrep or by the service manager), set
# THRESHOLD to what is normal for it, and have the service manager start a fresh one at the end. Run it where the
# process is: in the workspace, or through the access that TARGET_SERVICE_TOKEN gives.
#
# Exit codes: 0 the worker is gone; 1 it could not be ended; 2 there is no runaway worker.
set -euo pipefail

folder=${MENDLINE_HOME:?MENDLINE_HOME must be a folder}/high-cpu
pid_file=${PID_FILE:-$folder/worker.pid}
threshold=${THRESHOLD:-20} # percent of one CPU
mkdir -p -- "$folder"

# CPU time used by a process so far, in clock ticks: user and system time of /proc/PID/stat. The command's name may hold
# blanks, so fields are counted from behind its bracket.
ticks() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    echo $((fields[11] + fields[12]))
}

# Gone, or dead and only waiting for its parent to notice.
is_gone() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    [[ ${stat##*) } == Z* ]]
}

if [[ ! -s $pid_file ]]; then
    echo "no pid file at $pid_file: starting a stand-in for a runaway worker"
    nice -n 10 bash -c 'while :; do :; done' >/dev/null 2>&1 &
    disown
    echo $! >"$pid_file"
fi
pid=$(<"$pid_file")
if [[ ! $pid =~ ^[0-9]+$ ]] || is_gone "$pid"; then
    echo "the worker of $pid_file is not running: nothing to do" >&2
    exit 2
fi

echo "sampling the CPU use of process $pid"
per_second=$(getconf CLK_TCK)
usage=0
for sample in 1 2 3 4 5 6 7 8; do
    before=$(ticks "$pid") || break
    sleep 0.25
    after=$(ticks "$pid") || break
    usage=$(((after - before) * 400 / per_second))
    echo "sample $sample: process $pid uses $usage% of a CPU"
    if ((usage >= threshold)); then break; fi
done
if ((usage < threshold)); then
    echo "process $pid stays below $threshold%: it is not the cause, leaving it alone" >&2
    exit 2
fi

echo "process $pid is over $threshold%: ending it"
kill -TERM "$pid" 2>/dev/null || true
for _ in {1..20}; do
    if is_gone "$pid"; then break; fi
    sleep 0.05
done
if ! is_gone "$pid"; then
    echo "process $pid ignores SIGTERM: killing it"
    kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
fi
if ! is_gone "$pid"; then
    echo "process $pid could not be ended" >&2
    exit 1
fi
rm -f -- "$pid_file"
echo "process $pid is gone; the load average is $(cut -d' ' -f1 /proc/loadavg)"
