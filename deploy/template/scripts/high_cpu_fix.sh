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
threshold=${THRESHOLD:-80} # percent of one CPU that the process uses or waits for
mkdir -p -- "$folder"

# CPU time in microseconds that a process has had or has waited for while it could have run: /proc/PID/schedstat, and
# where the kernel has none the time used, from /proc/PID/stat. With the waiting a runaway worker is known on a busy
# machine too, where it gets only a small share.
demand() {
    local first second stat fields
    if read -r first second _ 2>/dev/null <"/proc/$1/schedstat"; then
        echo $(((first + second) / 1000))
        return
    fi
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The command's name may hold blanks, so fields are counted from behind its bracket.
    read -ra fields <<<"${stat##*) }"
    echo $(((fields[11] + fields[12]) * 1000000 / $(getconf CLK_TCK)))
}

# Microseconds on the wall clock.
clock() { echo "${EPOCHREALTIME/[.,]/}"; }

# Whether a process runs or waits for a CPU.
could_run() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    [[ ${stat##*) } == R* ]]
}

# Gone, or dead and only waiting for its parent to notice.
is_gone() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    [[ ${stat##*) } == Z* ]]
}

if [[ ! -s $pid_file ]]; then
    echo "no pid file at $pid_file: starting a stand-in for a runaway worker"
    nice -n 19 bash -c 'while :; do :; done' >/dev/null 2>&1 &
    stand_in=$!
    disown
    # However this script ends, its own stand-in ends with it.
    trap 'kill -KILL "$stand_in" 2>/dev/null || true; rm -f -- "$pid_file"' EXIT
    echo "$stand_in" >"$pid_file"
fi
pid=$(<"$pid_file")
if [[ ! $pid =~ ^[0-9]+$ ]] || is_gone "$pid"; then
    echo "the worker of $pid_file is not running: nothing to do" >&2
    exit 2
fi

echo "sampling the CPU use of process $pid"
usage=0
calm=0
for sample in {1..50}; do
    from=$(clock)
    before=$(demand "$pid") || break
    sleep 0.2
    after=$(demand "$pid") || break
    usage=$(((after - before) * 100 / ($(clock) - from)))
    echo "sample $sample: process $pid uses or waits for $usage% of a CPU"
    if ((usage >= threshold)); then break; fi
    # Time that it waits is counted when it gets the CPU next: while it could run, a low figure says nothing yet.
    if ! could_run "$pid"; then calm=$((calm + 1)); fi
    if ((calm >= 8)); then break; fi
done
if ((usage < threshold)); then
    echo "process $pid stays below $threshold%: it is not the cause, leaving it alone" >&2
    exit 2
fi

echo "process $pid is over $threshold%: ending it"
kill -TERM "$pid" 2>/dev/null || true
# A process dies when it is next given the CPU, which takes a while on a busy machine.
wait_for_end() {
    for _ in {1..100}; do
        if is_gone "$pid"; then return; fi
        sleep 0.05
    done
}
wait_for_end
if ! is_gone "$pid"; then
    echo "process $pid ignores SIGTERM: killing it"
    kill -KILL "$pid" 2>/dev/null || true
    wait_for_end
fi
if ! is_gone "$pid"; then
    echo "process $pid could not be ended" >&2
    exit 1
fi
rm -f -- "$pid_file"
echo "process $pid is gone; the load average is $(cut -d' ' -f1 /proc/loadavg)"
