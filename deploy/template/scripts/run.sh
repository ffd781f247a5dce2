#!/usr/bin/env bash
# Runs the remediation script of a workspace, once.
#
# This is what the template's agent starts. A pod that is made anew starts it again on the same disk; a remediation that
# was begun is not begun a second time then, because nobody knows how far it came.
#
# Environment, from the workspace's parameters:
#   INCIDENT_ID           the incident, for the log
#   PLAYBOOK              which script: high-cpu runs high_cpu_fix.sh, restart-service runs restart_service.sh
#   SERVICE_NAME          the service in trouble
#   TARGET_SERVICE_TOKEN  a token for it; never printed
#   MENDLINE_HOME         a folder on the workspace's persistent disk (default: $HOME)
#
# Exit codes:
#   0   the remediation succeeded
#   64  called wrongly: no PLAYBOOK, no folder, or a playbook that there is no script for
#   73  the mark could not be made: nothing was done
#   75  interrupted: the remediation was begun before and is not begun again; look at the system
#   *   the script's own
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
home=${MENDLINE_HOME:-${HOME:-}}
playbook=${PLAYBOOK:-}

if [[ -z $playbook ]]; then
    echo "run.sh: PLAYBOOK is not set; the workspace's parameter playbook names the remediation to run" >&2
    exit 64
fi
# A name is all that a playbook may be: it becomes part of a path.
if [[ ! $playbook =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then
    echo "run.sh: the playbook's name may have letters, digits, - and _ only" >&2
    exit 64
fi
if [[ -z $home || ! -d $home ]]; then
    echo "run.sh: MENDLINE_HOME is no folder; it must be on the workspace's persistent disk" >&2
    exit 64
fi

name=${playbook//-/_}
script=
for candidate in "${name}_fix.sh" "$name.sh"; do
    if [[ $candidate != run.sh && -f $here/$candidate ]]; then
        script=$here/$candidate
        break
    fi
done
if [[ -z $script ]]; then
    known=$(cd -- "$here" && for file in *.sh; do [[ $file == run.sh ]] || echo -n " ${file%.sh}"; done)
    echo "run.sh: there is no script for the playbook $playbook; there are:$known" >&2
    exit 64
fi

# The mark: made in one step, so that of two runs one wins, and on the disk before the first action.
mark=$home/.remediation-begun
if ! mkdir -- "$mark" 2>/dev/null; then
    if [[ -d $mark ]]; then
        echo "interrupted: this remediation was begun before ($(cat -- "$mark/when" 2>/dev/null || echo 'time unknown'))" \
            "and is not begun again; check the service by hand" >&2
        exit 75
    fi
    echo "run.sh: the mark $mark cannot be made; nothing was done" >&2
    exit 73
fi
date -u +%Y-%m-%dT%H:%M:%SZ >"$mark/when"
if ! sync -f -- "$mark/when"; then
    echo "run.sh: the mark $mark cannot be written to the disk; nothing was done" >&2
    exit 73
fi

echo "incident ${INCIDENT_ID:-unknown}: running $(basename -- "$script") for service ${SERVICE_NAME:-unknown}"
export MENDLINE_HOME=$home
code=0
bash -- "$script" || code=$?
echo "$(basename -- "$script") ended with exit code $code"
exit "$code"
