#!/usr/bin/env python3
"""usage: console.py
The real console in a pseudo-terminal on live readings: screens and keys, resize, paste, hostile dead letters, signals. What it
writes may hold no escape sequence but the console's own, and every way out leaves the terminal as it was found."""
import os, re, signal, subprocess, time
from pseudo_terminal import PseudoTerminal
from rig import SWITCHYARD, Rig, fail

HOSTILE = ["\x1b]0;owned\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b[2J\x1b[31mowned", "\x1b[?1049lowned", "\x1b[6n", "\x1bP1;2|x\x1b\\", "\x1bc", "\u009b31m",
           "\u009d0;owned\u009c", "a\rb\bc\nd\te", "\u202eevil\u2069", "zero\u200bwidth", "tag\U000e0041", "e" + "\u0301" * 1000, "宽" * 200,
           "nul\x00end", "\x0eshift", "=cmd()|' /C calc'!A0"]
POISON = [text.encode() for text in HOSTILE] + [b"\x9b31m\xff\xfe", b"\xc2", b"\xed\xa0\x80", b"\xe2\x80", b"\xf0\x9f\x92"] + [
    b'{"meter_id":"%s","facility_id":"F-001","ts":"%s","kw":1}' % (text.encode(), text.encode()) for text in HOSTILE]

# What ncurses draws with for xterm-256color, and the modes that the console itself sets and resets.
OWN = re.compile(
    rb"[\x20-\x7e\r\n\x08]"
    rb"|\x1b\[[0-9;]*m|\x1b\[(?:\d+(?:;\d+)?)?H|\x1b\[\d*[ABCDGXdJKLMPSTb@]|\x1b\[\d+;\d+r|\x1b\[4[hl]"
    rb"|\x1b\[2[23];0;0t|\x1b\[\?(?:1|7|12|25|1002|1006|1049|2004|2026)[hl]|\x1b\[\?12;25[hl]"
    rb"|\x1b\(B|\x1b[78=>M]|\x1b\[!p|\x1b\[\?3;4l|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\]104\x07")
HIDDEN = re.compile("[\x80-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
TEXT = re.compile(rb"[\x80-\xff]+")
FRAME_END = b"\x1b[?2026l"
RESTORED = [rb"\x1b[?1049l", rb"\x1b[?25h", rb"\x1b[?2004l", rb"\x1b[?1006l", rb"\x1b[?1002l"]
SET = [rb"\x1b[?1049h", rb"\x1b[?25l", rb"\x1b[?2004h", rb"\x1b[?1006h", rb"\x1b[?1002h"]
# A deadline matters only when something is wrong; a busy machine may be slow.
DEADLINE = 60
passed = 0


def check(terminal, condition, what, seconds=DEADLINE):
    """Waits until the condition holds. One line for each check; a failure says which, then shows what the screen holds."""
    if not terminal.until(condition, seconds):
        broken(terminal, f"{what}: not within {seconds} s")
    count(what)


def holds(terminal, condition, what):
    """For what is decided already, whatever may still be drawn."""
    if not condition:
        broken(terminal, what)
    count(what)


def count(what):
    global passed
    passed += 1
    print(f"ok  {what}", flush=True)


def broken(terminal, what):
    print(f"NOT {what}")
    for number, line in enumerate(terminal.text.splitlines()):
        if line.strip():
            print(f"{number:3} {line}")
    fail(what)


def shows(terminal, *parts):
    return lambda: all(part in terminal.text for part in parts)


def open_screen(terminal, key, *parts):
    terminal.key(key)
    check(terminal, shows(terminal, *parts), f"{key} shows {', '.join(parts)}")


def foreign(written):
    """What stands in the stream that is not the console's own, with what is near it; None when all is well."""
    at = 0
    while at < len(written):
        match = OWN.match(written, at) or TEXT.match(written, at)
        if not match:
            return f"{written[at:at + 24]!r} after {written[max(0, at - 40):at]!r}"
        if written[at] >= 0x80:
            try:
                found = HIDDEN.search(match.group().decode())
            except UnicodeDecodeError:
                return f"bytes that are not UTF-8: {match.group()[:24]!r}"
            if found:
                return f"U+{ord(found.group()):04X} in {match.group()[:24]!r}"
        at = match.end()
    return None


def own_bytes_only(terminal, what):
    """All that was written, while the program runs up to the end of a frame: a read may end inside a sequence."""
    written = bytes(terminal.written)
    if terminal.status is None:
        written = written[:written.rfind(FRAME_END) + len(FRAME_END)]
    found = foreign(written)
    holds(terminal, found is None, f"{what}: {len(written)} bytes, {found or 'none of them foreign'}")


def restored(terminal, what):
    """The terminal's settings are as before, and each mode that was set was reset after it."""
    check(terminal, lambda: terminal.status is not None, f"{what} ends the console")
    terminal.drain()
    holds(terminal, terminal.settings == terminal.before, f"{what} leaves the terminal's settings as they were")
    late = [off for on, off in zip(SET, RESTORED) if terminal.written.rfind(off) < terminal.written.rfind(on)]
    holds(terminal, not late, f"{what} leaves the alternate screen and all modes{late or ''}")


def console(rig):
    os.makedirs(rig.path("home"), exist_ok=True)
    return PseudoTerminal(
        [SWITCHYARD, "--data", rig.data, "--http", f"127.0.0.1:{rig.http}", "--mqtt", f"mqtt://127.0.0.1:{rig.mqtt}"],
        environment={"XDG_CONFIG_HOME": rig.path("home"), "XDG_STATE_HOME": rig.path("home")})


def publish(rig, payload):
    subprocess.run(["mosquitto_pub", "-p", str(rig.mqtt), "-q", "1", "-t", "energy/F-001/M-00001/readings", "-s"],
                   input=payload, check=True, timeout=DEADLINE)


def live(terminal):
    check(terminal, shows(terminal, "SWITCHYARD", "● live"), "the overview opens with a live link")
    check(terminal, shows(terminal, "6 facilities", "Meters 24 of 24 fresh"), "every meter is fresh")
    check(terminal, lambda: not re.search(r"\bno data\b", terminal.text), "no facility is without a number")
    before = loads(terminal)
    check(terminal, lambda: loads(terminal) != before, "the numbers move by themselves")


def loads(terminal):
    """The kilowatts of the overview's rows, without what moves because time passes."""
    return re.findall(r" ([\d,]+\.\d)[ ~○] ", terminal.text)


def screens(terminal):
    open_screen(terminal, "2", "Load, 6 hours", "METER")
    open_screen(terminal, "5", "No dead letters")
    open_screen(terminal, "8", "Dependencies", "Breakers", "series-store")
    open_screen(terminal, "9", "WHO", "facilities")
    open_screen(terminal, "1", "6 facilities", "FACILITY")
    terminal.key("Enter")
    check(terminal, shows(terminal, "METER", "REGISTER kWh"), "Enter goes down to the facility")
    terminal.key("Esc")
    check(terminal, shows(terminal, "6 facilities"), "Esc goes up again")


def layers(terminal):
    terminal.key("?")
    check(terminal, shows(terminal, "Help", "Search all keys"), "? opens the help")
    terminal.send("quit")
    check(terminal, shows(terminal, "asks when that stops the engine"), "the help is searched by word")
    terminal.key("Esc")
    check(terminal, lambda: "Search all keys" not in terminal.text and "─ Help ─" not in terminal.text, "Esc closes it")
    terminal.key(":")
    check(terminal, shows(terminal, "Tab completes"), ": opens the palette")
    terminal.send("hea")
    check(terminal, shows(terminal, ":hea"), "the palette takes letters")
    terminal.send("lth\r")
    check(terminal, shows(terminal, "Dependencies"), ":health goes there")
    terminal.key("1")
    check(terminal, shows(terminal, "6 facilities"), "1 goes back to the overview")
    check(terminal, shows(terminal, "Old Mill Hospital"), "with every facility")
    terminal.send("/kind:school\r")
    check(terminal, lambda: "filter kind:school" in terminal.text and "Canal School" in terminal.text and "Old Mill Hospital" not in terminal.text,
          "/ filters the rows")
    terminal.key("Esc")
    check(terminal, lambda: "Old Mill Hospital" in terminal.text and "filter kind" not in terminal.text, "Esc takes the filter away")


def sizes(terminal):
    terminal.resize(60, 20)
    check(terminal, shows(terminal, "too small: 80x24 needed, 60x20 here"), "60x20 is said to be too small")
    terminal.resize(80, 24)
    check(terminal, shows(terminal, "SWITCHYARD", "Old Mill Hospital", "UTC"), "80x24 is enough")
    terminal.resize(120, 40)
    check(terminal, shows(terminal, "SWITCHYARD", "Old Mill Hospital", "LAST HOUR", "FORECAST PEAK"), "120x40 is drawn whole again")


def pastes(terminal):
    """Letters that are keys, an Enter, and a key that quits: as a paste they do nothing."""
    terminal.send("\x1b[200~q5?:9\rDRTx|zq\x03\x1b[201~")
    check(terminal, shows(terminal, "Pasted text is not taken for keys"), "a paste is named and not taken for keys")
    terminal.send(":")
    check(terminal, shows(terminal, "Tab completes"), "the palette opens")
    holds(terminal, terminal.status is None and "6 facilities" in terminal.text and "Quitting" not in terminal.text, "nothing in it was a key")
    terminal.send("\x1b[200~journal\x1b[201~")
    check(terminal, shows(terminal, ":journal"), "a paste goes into an open field")
    terminal.key("Esc")
    check(terminal, lambda: "Tab completes" not in terminal.text, "and is left by Esc")


def hostile(rig, terminal):
    for payload in POISON:
        publish(rig, payload)
    total = len(POISON)
    terminal.key("5")
    listed = f"{total} of {total}, newest first"
    check(terminal, shows(terminal, f" {total} pending", listed), f"{total} hostile messages are dead letters, all of them listed")
    terminal.key("g")
    terminal.settle()
    seen, title = set(), re.compile(r"─ Dead letter (\d+) ")
    for number in range(total):
        terminal.key("Enter")
        opened = terminal.until(lambda: "Headers" in terminal.text and title.search(terminal.text), DEADLINE)
        if not opened:
            broken(terminal, f"dead letter {number} from the top opens")
        seen.add(opened.group(1))
        terminal.settle(0.05)
        terminal.key("Esc")
        if not terminal.until(lambda: listed in terminal.text and not title.search(terminal.text), DEADLINE):
            broken(terminal, f"Esc goes back from dead letter {opened.group(1)} to the list")
        terminal.key("j")
    holds(terminal, len(seen) == total, f"{len(seen)} of {total} were opened and closed")
    open_screen(terminal, "9", "WHO")
    open_screen(terminal, "1", "6 facilities", "SWITCHYARD", "● live")
    own_bytes_only(terminal, "hostile text in lists and details")
    passing = [text for text in HOSTILE if not text.isprintable() and text.encode() in terminal.written]
    holds(terminal, not passing, f"no hostile text came through as it was sent{passing or ''}")
    holds(terminal, terminal.screen.title == "", "nobody named the window")


def stopped(terminal):
    terminal.signal(signal.SIGTSTP)
    check(terminal, lambda: terminal.stops == 1, "SIGTSTP stops the console")
    terminal.drain()
    holds(terminal, terminal.settings == terminal.before, "the shell finds its settings again")
    holds(terminal, terminal.written.rfind(b"\x1b[?1049l") > terminal.written.rfind(b"\x1b[?1049h"), "and its own screen")
    terminal.screen.reset()
    terminal.signal(signal.SIGCONT)
    check(terminal, shows(terminal, "SWITCHYARD", "6 facilities", "Old Mill Hospital", "Enter open"), "SIGCONT draws the whole screen again")
    check(terminal, lambda: terminal.settings != terminal.before, "with the console's settings")


def ways_out(rig):
    for number in (signal.SIGTERM, signal.SIGHUP):
        with console(rig) as terminal:
            check(terminal, shows(terminal, "● live"), f"a console for {number.name}")
            terminal.signal(number)
            restored(terminal, number.name)
            own_bytes_only(terminal, number.name)
    with console(rig) as terminal:
        check(terminal, shows(terminal, "● live"), "a console for SIGSEGV")
        terminal.signal(signal.SIGSEGV)
        restored(terminal, "SIGSEGV")
        holds(terminal, terminal.status == -signal.SIGSEGV, f"its end is told as the crash that it is: {terminal.status}")
        own_bytes_only(terminal, "SIGSEGV")


with Rig("console") as rig:
    began = time.monotonic()
    rig.fleet(6, 24)
    rig.broker()
    with console(rig) as terminal:
        simulator = rig.simulator("meters", f"mqtt://127.0.0.1:{rig.mqtt}", 12, 6, 24)
        live(terminal)
        screens(terminal)
        layers(terminal)
        sizes(terminal)
        pastes(terminal)
        hostile(rig, terminal)
        stopped(terminal)
        terminal.key("q")
        check(terminal, shows(terminal, "Quitting stops the embedded engine"), "one q asks, since the engine would stop")
        # twice: on a machine that stood still the question may have lapsed
        terminal.send("qq")
        restored(terminal, "q")
        holds(terminal, terminal.status == 0, "its end is told as a success")
        own_bytes_only(terminal, "the whole session")
    ways_out(rig)
    rig.stop(simulator)
    print(f"{passed} checks of the console passed in {time.monotonic() - began:.0f} s")
