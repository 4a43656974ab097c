#!/usr/bin/env bash
# usage: run-peers.sh WORK-DIRECTORY [READINGS.ndjson]
# Runs the peers of the ingest bench one after another on the same readings, with fsync probes around them; one JSON line
# each. The work directory (outside the repository) keeps the Python environment and the readings for the next run.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
readings=${2:-$work/readings.ndjson}
python=$work/venv/bin/python

if [ ! -x "$python" ]; then python3 -m venv "$work/venv"; fi
"$python" -c "import duckdb, bytewax, orjson" 2>/dev/null || "$work/venv/bin/pip" install --quiet duckdb bytewax orjson ||
    echo "run-peers: not every package could be installed; its peers will say so below" >&2
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
    "$python" "$here/peer-$peer.py" "$readings" || { echo "run-peers: $peer failed" >&2; failed=1; }
done
"$python" "$here/fsync-probe.py" "$work"
exit $failed
