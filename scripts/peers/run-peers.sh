#!/usr/bin/env bash
# usage: run-peers.sh WORK-DIRECTORY [READINGS.ndjson]
# Runs the peers of the ingest bench one after another on the same readings, with fsync probes around them; one JSON line
# each, and the reason from one that cannot be measured. The work directory (outside the repository) keeps the Python
# environment and the readings for the next run.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
readings=${2:-$work/readings.ndjson}
python=$work/venv/bin/python

if [ ! -x "$python" ]; then python3 -m venv "$work/venv"; fi
# One by one: a package that has no build for this Python must not take the others with it.
for package in orjson duckdb bytewax; do
    "$python" -c "import $package" 2>/dev/null || "$work/venv/bin/pip" install --quiet "$package" ||
        echo "run-peers: $package could not be installed; its peers will say so below" >&2
done
if [ ! -f "$readings" ]; then
    "$python" "$here/make-readings.py" "$readings.part"
    mv "$readings.part" "$readings"
fi

export PEER_WORK=$work
# Peers write no bytecode into the repository.
export PYTHONDONTWRITEBYTECODE=1
failed=0
"$python" "$here/fsync-probe.py" "$work"
for peer in duckdb sqlite influxdb bytewax; do
    status=0
    timeout --foreground 900 "$python" "$here/peer-$peer.py" "$readings" 2> "$work/$peer.err" || status=$?
    [ "$status" -eq 0 ] && continue
    cat "$work/$peer.err" >&2
    why="exit code $status"
    [ "$status" -eq 124 ] && why="not done after 900 s"
    "$python" -c 'import json, sys; print(json.dumps({"missing": sys.argv[1], "why": sys.argv[2]}))' \
        "$peer" "$why: $(grep -v '^ *$' "$work/$peer.err" | tail -n 1)"
    failed=1
done
"$python" "$here/fsync-probe.py" "$work"
exit $failed
