#!/usr/bin/env bash
# Restarts a service and checks that it is healthy. Says so honestly where it is not.
#
# Here the service is a stand-in of this script's own: a small process with a configuration file, a pid file and a
# heartbeat. A service whose name begins with "broken-" gets a configuration that it cannot start with. For a real
# system: put the service manager in place of start and stop (systemctl restart, kubectl rollout restart, an API call
# with TARGET_SERVICE_TOKEN), and the service's own health check in place of is_healthy.
#
# Exit codes: 0 it is healthy; 3 it does not come back.
set -euo pipefail

service=${SERVICE_NAME:-service}
folder=${MENDLINE_HOME:?MENDLINE_HOME must be a folder}/restart-service
config=$folder/service.conf
pid_file=$folder/service.pid
heartbeat=$folder/heartbeat
log=$folder/service.log
mkdir -p -- "$folder"

if [[ ! -e $config ]]; then
    if [[ $service == broken-* ]]; then
        printf 'workers=none\n' >"$config"
    else
        printf 'workers=2\n' >"$config"
    fi
fi

# The stand-in: it reads its configuration, refuses a bad one, and beats.
# shellcheck disable=SC2016  # these variables are the stand-in's own
service_main='
    set -eu
    workers=$(sed -n "s/^workers=//p" "$1")
    case $workers in
    "" | *[!0-9]* | 0) echo "invalid configuration: workers=$workers is no number of workers" >&2; exit 1 ;;
    esac
    while :; do date +%s%N >"$2.new" && mv "$2.new" "$2"; sleep 0.1; done
'

start() {
    rm -f -- "$heartbeat"
    bash -c "$service_main" "$service" "$config" "$heartbeat" >"$log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    disown
}

stop() {
    local pid
    pid=$(cat -- "$pid_file" 2>/dev/null) || return 0
    if [[ $pid =~ ^[0-9]+$ ]] && kill -TERM "$pid" 2>/dev/null; then
        for _ in {1..20}; do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f -- "$pid_file"
}

# Healthy: its process is there and its heart beats anew.
is_healthy() {
    local pid first second
    pid=$(cat -- "$pid_file" 2>/dev/null) && kill -0 "$pid" 2>/dev/null || return 1
    first=$(cat -- "$heartbeat" 2>/dev/null) || return 1
    for _ in {1..20}; do
        sleep 0.05
        second=$(cat -- "$heartbeat" 2>/dev/null) || continue
        [[ $second == "$first" ]] || return 0
    done
    return 1
}

for attempt in 1 2 3; do
    echo "attempt $attempt: stopping $service"
    stop
    echo "attempt $attempt: starting $service"
    start
    for _ in 1 2 3; do
        sleep 0.1
        if is_healthy; then
            echo "$service is healthy: process $(<"$pid_file")"
            # The stand-in has served its purpose; a real service stays.
            stop
            exit 0
        fi
    done
    echo "attempt $attempt: $service is not healthy: $(tail -n 1 -- "$log" 2>/dev/null || echo 'it said nothing')" >&2
done
stop
echo "$service does not come back after 3 attempts; its configuration is $config" >&2
exit 3
