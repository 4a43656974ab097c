#!/usr/bin/env python3
"""usage: by_hand.py
What a stranger does first: one reading with mosquitto_pub shows within a second, a malformed one lies in the dead letters with its
bytes intact, and nothing an outsider sends reaches a terminal raw (RELIABILITY.md §4)."""
import json, re, subprocess, time
from rig import Rig, fail, until

HOSTILE = ["\x1b]0;owned\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b[2J\x1b[31m", "\x1bP1;2|x\x1b\\", "\u009b31m", "a\rb\bc\nd\te",
           "\u202eevil\u2069", "zero\u200bwidth", "tag\U000e0041", "e" + "\u0301" * 1000, "宽" * 200, "nul\x00end", "=cmd()|' /C calc'!A0"]
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def publish(rig, topic, payload):
    how = ["-s"] if payload else ["-n"]
    subprocess.run(["mosquitto_pub", "-p", str(rig.mqtt), "-q", "1", "-t", topic, *how], input=payload, check=True, timeout=10)


def clean(what, text):
    found = FORBIDDEN.search(text)
    if found:
        fail(f"{what} prints {found.group().encode('unicode_escape').decode()} raw")


with Rig("hand") as rig:
    rig.fleet(4, 8)
    rig.broker()
    engine = rig.engine()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    reading = {"meter_id": "M-00001", "facility_id": "F-001", "ts": now, "kw": 123.25, "kwh": 5000.5, "voltage": 230}
    publish(rig, "energy/F-001/M-00001/readings", json.dumps(reading).encode())
    began = time.monotonic()

    def shown():
        rows = json.loads(rig.run("facilities", "--data", rig.data, "--json"))
        return any(row["id"] == "F-001" and (row.get("load") or {}).get("kilowatts") == 123.25 for row in rows)

    until(shown, 2, "the reading's way to the facilities list")
    took = time.monotonic() - began

    poison = [b'{"meter_id":"M-00001","ts":', b"\xff\xfe\x00binary", b"", b'{"kw":1e999}'] + [
        json.dumps({**reading, "quality": text}, ensure_ascii=False).encode("utf-8", "surrogatepass") for text in HOSTILE]
    for payload in poison:
        publish(rig, "energy/F-001/M-00001/readings", payload)
    letters = until(lambda: (lambda page: page if page["matching"] >= len(poison) else None)(
        json.loads(rig.run("dlq", "list", "--data", rig.data, "--json", "--limit", "100"))), 10, "the dead letters")
    kept = {bytes(letter["payload"]) for letter in letters["letters"]}
    for payload in poison:
        if payload not in kept:
            fail(f"the bytes of {payload!r} were changed")
    status, _ = rig.get("/ready")
    if status != 200 or engine.poll() is not None:
        fail(f"bad input stopped something: /ready says {status}")
    numbers = [str(letter["number"]) for letter in letters["letters"]]
    for command in [["dlq"], ["journal"], ["status"], ["facilities"], *(["dlq", "show", number] for number in numbers)]:
        for form in [[], ["--json"]]:
            clean("switchyard " + " ".join(command + form), rig.run(*command, *form, "--data", rig.data))
    clean("the engine's log", open(rig.path("data/switchyard.log"), encoding="utf-8", errors="surrogateescape").read())
    done = rig.run("dlq", "discard", numbers[0], "--because", "seen by hand", "--data", rig.data)
    if "1" not in done:
        fail(f"discard said {done!r}")
    rig.stop(engine)
    print(f"a reading by hand shows after {took:.2f} s; {len(poison)} malformed ones kept byte for byte; nothing raw in "
          f"{9 + 2 * len(numbers)} outputs")
