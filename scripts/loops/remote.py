#!/usr/bin/env python3
"""usage: remote.py [--notes N]
Two consoles on one engine over the gateway, one of them through a network that delays, slices, cuts and resets. What one does the
other shows within 300 ms, the same target is armed once, and a killed engine is a banner at once and live again within 2 s of
its return. Commands typed into the bad network, and into the killed engine, are carried out once or not at all."""
import argparse, json, random, socket, struct, subprocess, threading, time
from pseudo_terminal import PseudoTerminal
from rig import SWITCHYARD, Rig, fail, free_port, until

options = argparse.ArgumentParser()
options.add_argument("--notes", type=int, default=12)
notes = options.parse_args().notes
# A deadline of the machine's, not of the product's.
PATIENCE = 60


class Proxy:
    """Between a client and the engine. `mode` may change while connections are open."""

    def __init__(self, port):
        self.to, self.port, self.mode, self.cut = port, free_port(), "pass", 0
        self.random = random.Random(7)
        self.open = set()
        self.door = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.door.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.to), timeout=5)
            except OSError:
                near.close()
                continue
            pair = (near, far)
            self.open.add(pair)
            for ends in (pair, pair[::-1]):
                threading.Thread(target=self.carry, args=(*ends, pair), daemon=True).start()

    def carry(self, source, target, pair):
        try:
            while data := source.recv(65536):
                if self.mode == "delay":
                    time.sleep(0.08)
                if self.mode == "cut" and self.random.random() < 0.3:
                    target.sendall(data[:self.random.randrange(len(data))])
                    self.cut += 1
                    break
                if self.mode == "reset" and self.random.random() < 0.3:
                    for end in pair:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.cut += 1
                    break
                if self.mode == "slice":
                    for at in range(0, len(data), 7):
                        target.sendall(data[at:at + 7])
                else:
                    target.sendall(data)
        except OSError:
            pass
        self.end(pair)

    def end(self, pair):
        self.open.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def broken(terminal, what):
    print("\n".join(f"{number:3} {line}" for number, line in enumerate(terminal.text.splitlines()) if line.strip()))
    fail(what)


def check(terminal, part, what, seconds=PATIENCE):
    """Seconds until the screen shows the part."""
    began = time.monotonic()
    if not terminal.until(lambda: part in terminal.text, seconds):
        broken(terminal, f"{what}: {part!r} not within {seconds} s")
    took = time.monotonic() - began
    print(f"ok  {what}, {took * 1000:.0f} ms", flush=True)
    return took


def gone(terminal, part, what, seconds=PATIENCE):
    began = time.monotonic()
    if not terminal.until(lambda: part not in terminal.text, seconds):
        broken(terminal, f"{what}: {part!r} still there after {seconds} s")
    return time.monotonic() - began


def note(rig, url, text):
    return subprocess.Popen([SWITCHYARD, "journal", "note", text, "--connect", url, "--data", rig.data],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def written(rig, prefix):
    entries = json.loads(rig.run("journal", "list", "--kind", "note", "--text", prefix, "--limit", "5000", "--json", "--data", rig.data))
    return [entry["text"] for entry in entries]


with Rig("remote") as rig:
    rig.fleet(8, 64)
    rig.broker()
    engine = rig.engine()
    rig.simulator("meters", f"mqtt://127.0.0.1:{rig.mqtt}", 400, 8, 64)
    proxy = Proxy(rig.http)
    near, far = f"http://127.0.0.1:{rig.http}", f"http://127.0.0.1:{proxy.port}"
    until(lambda: "F-001" in rig.run("facilities", "--connect", near, "--data", rig.data), 30, "the facilities over the gateway")

    with PseudoTerminal([SWITCHYARD, "--connect", near, "--data", rig.data]) as ana, \
            PseudoTerminal([SWITCHYARD, "--connect", far, "--data", rig.data]) as ben:
        for terminal, who in ((ana, "ana"), (ben, "ben")):
            check(terminal, "● live", f"{who}'s console is live")
            check(terminal, "supervisor", f"{who}'s role is known")

        # One acts, the other sees it.
        for terminal in (ana, ben):
            terminal.key("8")
            check(terminal, "event-log", "Health shows the breakers")
        rig.spawn("note", [SWITCHYARD, "journal", "note", "seen by both", "--connect", near, "--data", rig.data])
        ana.key("9")
        ben.key("9")
        check(ana, "seen by both", "a note of a third is on ana's journal")
        check(ben, "seen by both", "a note of a third is on ben's journal")

        # A network that delays and slices changes nothing but the distance.
        for mode in ("delay", "slice"):
            proxy.mode = mode
            time.sleep(2)
            check(ben, "● live", f"ben is live through a network that {mode}s")
        proxy.mode = "pass"

        # A cut is a banner at once; the data stays.
        ben.key("1")
        check(ben, "OF CONTRACT", "ben sees the overview")
        for pair in list(proxy.open):
            proxy.end(pair)
        ben.until(lambda: "LINK LOST" in ben.text, 1)
        check(ben, "● live", "ben is live again after a cut", 10)

        # The engine dies under both.
        ana.key("1")
        check(ana, "OF CONTRACT", "ana sees the overview")
        engine.kill()
        engine.wait()
        for terminal, who in ((ana, "ana"), (ben, "ben")):
            if check(terminal, "LINK LOST", f"{who} is told that the link is lost") > 2:
                broken(terminal, "the banner took longer than 2 s")
            if "OF CONTRACT" not in terminal.text:
                broken(terminal, "the data is gone from the screen")
        pending = [note(rig, near, f"through-death-{number}") for number in range(4)]
        time.sleep(1)
        engine = rig.engine()
        for terminal, who in ((ana, "ana"), (ben, "ben")):
            took = gone(terminal, "LINK LOST", f"{who} is back")
            print(f"ok  {who} is live {took * 1000:.0f} ms after the engine said it had started", flush=True)
            if took > 2:
                broken(terminal, "resuming took longer than 2 s")
        outcomes = {f"through-death-{number}": process.wait(timeout=PATIENCE) for number, process in enumerate(pending)}

        # Commands through a network that cuts and resets: each once, or not at all and said so.
        for mode in ("cut", "reset"):
            proxy.mode = mode
            for number in range(notes):
                text = f"through-{mode}-{number}"
                outcomes[text] = note(rig, far, text).wait(timeout=PATIENCE)
        proxy.mode = "pass"
        done = written(rig, "through-")
        for text, status in outcomes.items():
            count = sum(entry.startswith(text) and not entry[len(text):len(text) + 1].isdigit() for entry in done)
            if count > 1 or status == 0 and count != 1:
                fail(f"{text} ended with {status} and was written {count} times")
        well = sum(status == 0 for status in outcomes.values())
        print(f"ok  {len(outcomes)} commands, {proxy.cut} connections cut under them: {well} done, each once", flush=True)
        if well == 0 or proxy.cut == 0:
            fail("the bad network was none, or let nothing pass: this proves nothing")
        for terminal in (ana, ben):
            check(terminal, "● live", "still live at the end")
