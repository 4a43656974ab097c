#!/usr/bin/env python3
"""usage: run_stop.py
scripts/run leaves nothing behind, however it ends: by SIGTERM, SIGHUP or SIGINT, or by kill -9. Wants the binary in
SWITCHYARD_BINARY."""
import os, pty, signal, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def left_behind(state):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            with open(f"/proc/{pid}/environ", "rb") as file:
                ours = f"XDG_STATE_HOME={state}".encode() in file.read().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if ours and words:
            found.append(f"{pid} {words}")
    return found


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def run(how):
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "XDG_STATE_HOME": state, "TERM": "xterm-256color"}
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(os.path.join(ROOT, "scripts/run"), ["run", "--facilities", "4", "--meters", "8"], environment)
        os.set_blocking(terminal, False)

        def drain():
            try:
                while os.read(terminal, 1 << 16):
                    pass
            except OSError:
                pass
            return True

        started = lambda: drain() and sum(w in p for p in left_behind(state) for w in ("mosquitto -c", "simulate meters", "--http")) >= 3
        if not wait_for(started, 60):
            sys.exit(f"FAULT {how.name}: scripts/run did not start: {left_behind(state)}")
        time.sleep(1)
        os.kill(pid, how)
        if how == signal.SIGKILL:
            os.waitpid(pid, 0)
        if not wait_for(lambda: drain() and not left_behind(state), 15):
            sys.exit(f"FAULT {how.name}: left behind {left_behind(state)}")
        if how != signal.SIGKILL:
            os.waitpid(pid, 0)
        os.close(terminal)
    print(f"ok {how.name}: nothing left behind")


for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
    run(how)
