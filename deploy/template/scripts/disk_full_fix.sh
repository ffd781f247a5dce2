#!/usr/bin/env bash
# Makes room on a full disk: removes rotated logs that are old, cuts the live one, and checks that there is room again.
#
# Here the disk is a scratch folder with a quota that this script fills itself, unless LOG_FOLDER names another one. For
# a real system: set LOG_FOLDER to where the service logs, KEEP_DAYS to how long rotated logs must stay, and measure with
# df in place of du; have the service reopen its log (copytruncate, or a signal) after the rotation.
#
# Exit codes: 0 there is room; 1 there is not.
set -euo pipefail

home=${MENDLINE_HOME:?MENDLINE_HOME must be a folder}
folder=${LOG_FOLDER:-$home/disk-full/log}
quota_kib=${QUOTA_KIB:-4096}
keep_days=${KEEP_DAYS:-7}
wanted=70 # percent that may be used afterwards

if [[ -z ${LOG_FOLDER:-} ]]; then
    echo "no LOG_FOLDER: filling a scratch folder of $quota_kib KiB"
    mkdir -p -- "$folder"
    for age in 30 21 14 9 3; do
        head -c $((quota_kib * 1024 / 6)) /dev/zero >"$folder/service.log.$age"
        touch -d "$age days ago" -- "$folder/service.log.$age"
    done
    yes 'a line of the live log' | head -c $((quota_kib * 1024 / 8)) >"$folder/service.log" || true
fi
if [[ ! -d $folder ]]; then
    echo "there is no folder $folder" >&2
    exit 1
fi

used_percent() {
    local kib
    kib=$(du -sk -- "$folder" | cut -f1)
    echo $((kib * 100 / quota_kib))
}

echo "$folder is $(used_percent)% full"
while IFS= read -r -d '' file; do
    echo "removing $(basename -- "$file"): older than $keep_days days, $(du -k -- "$file" | cut -f1) KiB"
    rm -f -- "$file"
done < <(find "$folder" -maxdepth 1 -type f -name '*.log.*' -mtime +"$keep_days" -print0)

for file in "$folder"/*.log; do
    [[ -e $file ]] || continue
    echo "rotating $(basename -- "$file"): keeping its last 200 lines"
    tail -n 200 -- "$file" >"$file.kept"
    # The live log keeps its inode: the service has it open.
    cat -- "$file.kept" >"$file"
    rm -f -- "$file.kept"
done

after=$(used_percent)
echo "$folder is $after% full now"
if ((after > wanted)); then
    echo "still more than $wanted% full: what is left is not logs, a person has to look" >&2
    exit 1
fi
echo "there is room again"
