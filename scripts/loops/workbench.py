#!/usr/bin/env python3
"""usage: workbench.py [--rate LETTERS_PER_SECOND]
A thousand mixed dead letters, made over MQTT and the webhook, worked with `switchyard dlq` beside a running engine: edited, tried,
redriven at a capped rate, paused, the engine killed with SIGKILL twice, resumed, replayed again. In the end the readings in the
store are compared with those that should be there: each applied once (ledger DLQ-06, DLQ-08)."""
import argparse, datetime, json, os, subprocess, time, urllib.error, urllib.request
from rig import Rig, fail, invariants, stored, until

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=int, default=150)
options = parser.parse_args()
TOKEN = "token-of-the-loop"
os.environ["SWITCHYARD_WEBHOOK_TOKENS"] = f"loop={TOKEN}"  # never by flag: command lines show
WEBHOOK = ["--set", "webhook.utilities=loop", "--set", "webhook.unsigned=loop"]
EARLY, CUT_OFF, STRANGE, NOTICES, EDITED = 600, 240, 100, 60, 20
METER, FACILITY = "M-00001", "F-001"


def text(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def milliseconds(stamp):
    return round(datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() * 1000)


def reading(at, kilowatts, meter=METER, facility=FACILITY):
    return json.dumps({"meter_id": meter, "facility_id": facility, "ts": text(at), "kw": kilowatts})


def publish(rig, topic, lines):
    subprocess.run(["mosquitto_pub", "-p", str(rig.mqtt), "-q", "1", "-t", topic, "-l"], input="".join(line + "\n" for line in lines).encode(),
                   check=True, timeout=30)


def notify(rig, body):
    """A body that is no event is answered with 400, and kept."""
    url = f"http://127.0.0.1:{rig.http}/webhooks/utility/dr-notification"

    def answered():
        request = urllib.request.Request(url, data=body.encode(), headers={"content-type": "application/json", "authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                fail(f"{body} was taken with {answer.status}")
        except urllib.error.HTTPError as error:
            if error.code not in (400, 429, 503):
                fail(f"{body} was answered with {error.code}")
            return error.code == 400
        except OSError:
            return False

    until(answered, 20, "the answer to a broken notification")


class Letters:
    def __init__(self, rig):
        self.rig = rig

    def run(self, *words):
        return self.rig.run("dlq", *words, "--data", self.rig.data)

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def newest(self):
        return self.json("redrives")[0]

    def done(self, redrive):
        return redrive["replayed"] + redrive["failed"] + redrive["passedOver"]

    def expect(self, redrive, **figures):
        wrong = {name: redrive[name] for name, figure in figures.items() if redrive[name] != figure}
        if wrong:
            fail(f"a redrive has {wrong}, expected {figures}: {redrive}")


with Rig("workbench") as rig:
    rig.fleet(4, 8)
    rig.broker()
    # Readings ahead of the clock are dead letters of this engine and good ones of the next, which has the usual limit.
    engine = rig.engine("--set", "ingest.future_limit=1s", *WEBHOOK)
    letters, now = Letters(rig), int(time.time()) * 1000
    early = {now + 25_000 + 400 * index: 1000.5 + index for index in range(EARLY)}
    cut_off = {now - 15_000 * (index + 1): 1.25 + index for index in range(CUT_OFF)}
    own = f"energy/{FACILITY}/{METER}/readings"
    publish(rig, own, [reading(at, kilowatts) for at, kilowatts in early.items()])
    publish(rig, own, [reading(at, kilowatts)[:-1] for at, kilowatts in cut_off.items()])
    publish(rig, "energy/F-999/M-99999/readings", [reading(now - index, 1, "M-99999", "F-999") for index in range(STRANGE)])
    for index in range(NOTICES):
        notify(rig, json.dumps({"event_id": f"E-{index}", "start": "yesterday"}))
    total = EARLY + CUT_OFF + STRANGE + NOTICES
    until(lambda: letters.json("list", "--limit", "1")["matching"] == total, 20, f"{total} dead letters")
    rig.stop(engine)
    engine = rig.engine(*WEBHOOK)

    edited = {}
    broken = letters.json("list", "--reason", "malformed_json", "--topic", "sensor-readings-dlt", "--limit", str(EDITED))["letters"]
    for letter in broken:
        payload = bytes(letter["payload"]) + b"}"
        open(rig.path("mended.json"), "wb").write(payload)
        said = letters.run("edit", str(letter["number"]), "--file", rig.path("mended.json"), "--because", "the brace was missing")
        if "would be taken" not in said:
            fail(f"the edit of {letter['number']} said {said!r}")
        value = json.loads(payload)
        edited[milliseconds(value["ts"])] = value["kw"]
    good, bad = EARLY + EDITED, total - EARLY - EDITED
    dry = letters.json("dry-run", "--all")
    taken = sum(row["count"] for row in dry["rows"] if "reason" not in row)
    if (dry["matching"], dry["examined"], taken) != (total, total, good):
        fail(f"the dry run says {dry}, expected {good} of {total} taken")

    began = time.monotonic()
    letters.run("redrive", "--all", "--rate", str(options.rate), "--because", "the loop")
    redrive = until(lambda: (lambda found: found if letters.done(found) >= 200 else None)(letters.newest()), 20, "200 letters dealt with")
    elapsed = time.monotonic() - began
    if letters.done(redrive) > options.rate * (elapsed + 1):
        fail(f"{letters.done(redrive)} letters in {elapsed:.1f} s is faster than {options.rate} a second")
    key = redrive["id"]
    letters.run("pause", key[:13])
    time.sleep(1)
    paused = letters.newest()
    engine.kill()
    engine.wait()
    engine = rig.engine(*WEBHOOK)
    time.sleep(1.5)
    letters.expect(letters.newest(), state="paused", replayed=paused["replayed"], failed=paused["failed"])
    letters.run("resume", key)
    until(lambda: letters.done(letters.newest()) >= letters.done(paused) + 100, 20, "the redrive going on after its resumption")
    engine.kill()
    engine.wait()
    engine = rig.engine(*WEBHOOK)
    done = until(lambda: (lambda found: found if found["state"] == "done" else None)(letters.newest()), 30, "the redrive's end after a kill")
    letters.expect(done, total=total, replayed=good, failed=bad, passedOver=0)

    letters.run("redrive", "--all", "--rate", "1000", "--because", "once more")
    again = until(lambda: (lambda found: found if found["state"] == "done" else None)(letters.newest()), 20, "the second redrive's end")
    letters.expect(again, total=bad, replayed=0, failed=bad)
    replayed = [str(letter["number"]) for letter in letters.json("list", "--state", "replayed", "--limit", "50")["letters"]]
    if letters.json("replay", *replayed, "--because", "once more")["affected"] != "0":
        fail("letters that had been replayed were sent again")
    for form in ["json", "ndjson", "csv"]:
        rows = letters.run("export", "--state", "replayed", "--format", form)
        count = len(json.loads(rows)) if form == "json" else len(rows.splitlines()) - (form == "csv")
        if count != good:
            fail(f"the export as {form} has {count} letters, expected {good}")

    until(lambda: (rig.status() or {}).get("lag") == 0, 30, "every reading aggregated")
    rig.stop(engine)
    truth = {**early, **edited}
    seen = {milliseconds(stamp): kilowatts for (meter, stamp), (kilowatts, _) in stored(rig).items() if meter == METER}
    if seen != truth:
        lost, strange = sorted(set(truth) - set(seen)), sorted(set(seen) - set(truth))
        fail(f"{len(lost)} readings are missing ({lost[:3]}), {len(strange)} should not be there ({strange[:3]})")
    invariants(rig)
    print(f"{total} dead letters: {EDITED} edited, {good} replayed at {options.rate}/s over a pause and two kills, {bad} failed; "
          f"{len(seen)} readings stored, each once")
