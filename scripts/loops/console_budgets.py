#!/usr/bin/env python3
"""usage: console_budgets.py [--facilities 1000] [--seconds 60]
The budgets of the console (CONSOLE.md §7) with the real binary in a pseudo-terminal of 120x40 on a live fleet. Memory is the console's
share: the console with its engine, less the headless engine under the same load. CPU is that of the console alone in a process, on
snapshots made beforehand: as a difference of two engines it drowns in their noise. Exit code 0 when all was measured."""
import argparse, json, os, shutil, statistics, subprocess, sys, time
from pseudo_terminal import PseudoTerminal
from rig import SWITCHYARD, Rig, fail, resident, until

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--facilities", type=int, default=1000)
parser.add_argument("--seconds", type=float, default=60, help="how long each quiet spell is watched")
options = parser.parse_args()
METERS, KEYS, STARTS = options.facilities * 2, 300, 5
FRAME_END = b"\x1b[?2026l"
rows = []


class Pid:
    def __init__(self, pid):
        self.pid = pid


def row(what, value, unit, budget, digits=1):
    rows.append((what, f"{value:.{digits}f} {unit}", f"≤ {budget} {unit}", "met" if value <= budget else "NOT MET"))
    print(f"{what}: {value:.{digits}f} {unit}", file=sys.stderr)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rank(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def console(rig):
    os.makedirs(rig.path("home"), exist_ok=True)
    return PseudoTerminal(
        [SWITCHYARD, "--data", rig.data, "--http", f"127.0.0.1:{rig.http}", "--mqtt", f"mqtt://127.0.0.1:{rig.mqtt}"],
        environment={"XDG_CONFIG_HOME": rig.path("home"), "XDG_STATE_HOME": rig.path("home")})


def live(rig, terminal, part):
    if not terminal.until(lambda: part in terminal.text, 60):
        print(terminal.text, file=sys.stderr)
        fail(f"{part!r} did not show within 60 s")


def leave(terminal):
    terminal.send("qq")
    if not terminal.until(lambda: terminal.status is not None, 60):
        fail("the console did not end within 60 s of q")


def first_frame(rig):
    """From exec to the end of the first frame, which says what is under way, and to the first live fleet."""
    spans, lives = [], []
    for _ in range(STARTS):
        with console(rig) as terminal:
            end = time.monotonic() + 60
            while FRAME_END not in terminal.written and time.monotonic() < end:
                terminal.show(terminal.read(0.05))
            if FRAME_END not in terminal.written:
                fail("no frame within 60 s")
            spans.append((time.monotonic() - terminal.began) * 1000)
            live(rig, terminal, f"{options.facilities:,} facilities")
            lives.append((time.monotonic() - terminal.began) * 1000)
            leave(terminal)
    row(f"first frame, embedded, median of {STARTS} (first fleet after {statistics.median(lives):.0f} ms)", statistics.median(spans), "ms", 100)


def watch(terminal, seconds):
    """(bytes, CPU seconds, median bytes a second) while nobody types; the screen is not interpreted, which costs CPU here."""
    began, cpu, each = len(terminal.written), cpu_seconds(terminal.pid), []
    end = time.monotonic() + seconds
    mark, at = len(terminal.written), time.monotonic() + 1
    while time.monotonic() < end:
        terminal.show(terminal.read(min(0.2, max(0, at - time.monotonic()))))
        if time.monotonic() >= at:
            each.append(len(terminal.written) - mark)
            mark, at = len(terminal.written), at + 1
    return (len(terminal.written) - began) / seconds, cpu_seconds(terminal.pid) - cpu, statistics.median(each)


def clock_only(rig):
    """A described fleet of which nothing was ever heard: only the clock in the header moves."""
    with console(rig) as terminal:
        live(rig, terminal, f"{options.facilities:,} facilities")
        terminal.pump(12)
        _, _, bytes_each = watch(terminal, 15)
        row("bytes a second when only the clock moved", bytes_each, "B", 60, 0)
        leave(terminal)


def key_to_paint(terminal):
    """From the key's write to the end of the next frame; j and k move the selection, so every key draws one."""
    spans = []
    for number in range(KEYS):
        terminal.settle(0.04, 2)
        mark = len(terminal.written)
        began = time.monotonic()
        terminal.key("j" if number // 50 % 2 == 0 else "k")
        while terminal.written.find(FRAME_END, mark) < 0:
            if time.monotonic() - began > 5:
                fail(f"key {number} drew nothing within 5 s")
            terminal.read(0.02)
        spans.append((time.monotonic() - began) * 1000)
    row(f"key to paint p99 of {KEYS} (p50 {rank(spans, 0.5):.1f} ms)", rank(spans, 0.99), "ms", 16)


def view_and_diff():
    done = subprocess.run([SWITCHYARD, "bench", "console", "--facilities", str(options.facilities)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return print(f"switchyard bench console ended with {done.returncode}: {done.stderr.strip()[:200]}", file=sys.stderr)
    decoder, rest, screens = json.JSONDecoder(), done.stdout.strip(), []
    while rest:
        screen, at = decoder.raw_decode(rest)
        screens.append(screen)
        rest = rest[at:].lstrip()
    for screen in screens:
        row(f"view + diff p99, {screen['screen']} (p50 {screen['viewAndDiffP50']:.2f} ms)", screen["viewAndDiffP99"], "ms", 2, 2)
    return screens


def peers(seconds=20):
    """Bytes and CPU of btop and htop in the same terminal, where they are installed."""
    for command in (["btop", "--utf-force"], ["htop"]):
        if not shutil.which(command[0]):
            continue
        with PseudoTerminal(command) as terminal:
            terminal.pump(3)
            each_second, cpu, _ = watch(terminal, seconds)
            rows.append((f"beside it: {command[0]}", f"{each_second:.0f} B a second", f"{cpu * 60 / seconds:.2f} CPU s a minute", ""))


def idle(rig):
    """CPU of a process that holds nothing but the console: real terminal, one snapshot a second, nobody types."""
    report = rig.path("idle.json")
    with PseudoTerminal([SWITCHYARD, "bench", "idle", "--facilities", str(options.facilities), "--seconds", str(int(options.seconds)), "--report", report]) as terminal:
        if not terminal.until(lambda: terminal.status is not None, options.seconds + 30):
            fail("bench idle did not end")
    row("idle CPU a minute", json.load(open(report))["cpuSecondsPerMinute"], "s", 0.3, 2)


def shares(rig, engine_memory):
    with console(rig) as terminal:
        live(rig, terminal, f"Meters {METERS:,} of {METERS:,} fresh")
        terminal.pump(20)
        each_second, _, _ = watch(terminal, options.seconds)
        memory = resident(Pid(terminal.pid))
        row("bytes written a second at 1 Hz", each_second, "B", 2000, 0)
        row(f"memory (console with engine {memory:.0f} MB, engine alone {engine_memory:.0f} MB)", memory - engine_memory, "MB", 25)
        key_to_paint(terminal)
        leave(terminal)


with Rig("budgets") as rig:
    rig.fleet(options.facilities, METERS)
    rig.broker()
    first_frame(rig)
    clock_only(rig)
    simulator = rig.simulator("meters", f"mqtt://127.0.0.1:{rig.mqtt}", METERS // 15, options.facilities, METERS)
    engine = rig.engine()
    until(lambda: (rig.status() or {}).get("freshMeters", 0) >= METERS, 90, f"{METERS:,} fresh meters")
    time.sleep(20 + options.seconds)
    engine_memory = resident(engine)
    rig.stop(engine)
    shares(rig, engine_memory)
    rig.stop(simulator, 30)
    idle(rig)
    measured = view_and_diff()
    peers()

print(f"\nThe console at 120x40 with {options.facilities:,} facilities and {METERS:,} meters live")
widths = [max(len(line[column]) for line in rows) for column in range(3)]
for what, value, budget, met in rows:
    print(f"  {what:<{widths[0]}}  {value:>{widths[1]}}  {budget:>{widths[2]}}  {met}".rstrip())
if not measured:
    fail("view + diff could not be measured")
