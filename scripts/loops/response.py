#!/usr/bin/env python3
"""usage: response.py [--kills N] [--facilities N] [--seed N]
Demand response over real sockets: simulated buildings that fault, events that are created, changed and cancelled by notification, and
the engine killed with SIGKILL at random moments. In the end every building's own ledger is asked: each key acted once (I5), and
nothing is left reduced (I6); every event is settled, and the chain of participation reports holds as far as it is written by then."""
import argparse, json, os, random, time, urllib.error, urllib.request
from rig import SWITCHYARD, Rig, fail, free_port, until

parser = argparse.ArgumentParser()
parser.add_argument("--kills", type=int, default=50)
parser.add_argument("--facilities", type=int, default=12)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
dice = random.Random(options.seed)
METERS = options.facilities * 4
TOKEN = "token-of-the-loop"
os.environ["SWITCHYARD_WEBHOOK_TOKENS"] = f"loop={TOKEN}"  # never by flag: command lines show
QUICK = ["--set", "bms.allow=127.0.0.0/8", "--set", "webhook.utilities=loop", "--set", "webhook.unsigned=loop",
         "--set", "plan.release_step=200ms", "--set", "plan.release_spread=3s", "--set", "plan.relay_hold=1s", "--set", "plan.stage_hold=1s",
         "--set", "saga.late_arrival=2s", "--set", "saga.release_tier_1=2s", "--set", "saga.release_tier_2=4s", "--set", "saga.release_tier_3=6s",
         "--set", "plan.expiry_grace=1m", "--set", "dr.lease=2s", "--set", "dr.lease_renewal=500ms", "--set", "bms.breaker_cooldown=1s",
         "--set", "bms.breaker_cooldown_limit=4s", "--set", "dr.approval=never", "--set", "dr.intake_rate=100"]
FAULTS = [{}, {}, {}, {"rules": [{"fault": "answer_lost", "share": 0.2}]}, {"rules": [{"fault": "status", "share": 0.2}]},
          {"rules": [{"fault": "reset", "share": 0.2}]}, {"apply_seconds": [0.2, 1.5]}]


def call(url, body=None, headers=None, timeout=10):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Utility:
    """Sends plain notifications until they are taken, as a utility does."""

    def __init__(self, rig):
        self.rig, self.number, self.versions, self.sent = rig, 0, {}, 0

    def notify(self, body):
        url = f"http://127.0.0.1:{self.rig.http}/webhooks/utility/dr-notification"
        def taken():
            status, text = call(url, body, {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}, 5)
            if status in (400, 401, 404, 413, 415):
                fail(f"a notification was refused with {status}: {text}")
            return 200 <= status < 300 or (time.sleep(0.2) and None)
        until(taken, 60, "a notification being taken")
        self.sent += 1

    def create(self):
        self.number += 1
        event = f"loop-{options.seed}-{self.number}"
        self.versions[event] = 1
        self.notify(self.body(event, dice.choice([20, 60, 200])))
        return event

    def body(self, event, kilowatts, operation="create"):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{self.versions[event]:03d}Z"
        return {"operation": operation, "event_id": event, "program_id": "loop", "start": "0001-01-01T00:00:00", "duration": f"PT{dice.choice([6, 10, 15])}S",
                "target_reduction_kw": kilowatts, "modified_at": stamp, "facility_ids": dice.sample(self.rig.facilities, dice.randint(1, 6))}

    def change(self, event):
        self.versions[event] += 1
        time.sleep(1.1)
        if dice.random() < 0.5:
            self.notify({**self.body(event, 0.1), "operation": "cancel"})
        else:
            self.notify(self.body(event, dice.choice([10, 100]), "update"))


with Rig("response") as rig:
    bms = free_port()
    base = f"http://127.0.0.1:{bms}"
    text = rig.run("simulate", "fleet", "--facilities", str(options.facilities), "--meters", str(METERS), "--buildings", base)
    open(rig.path("fleet.yaml"), "w").write(text)
    rig.run("facilities", "import", rig.path("fleet.yaml"), "--data", rig.data)
    rig.facilities = [row["id"] for row in json.loads(rig.run("facilities", "--data", rig.data, "--json"))]
    rig.broker()
    engine = rig.engine(*QUICK)
    simulator = rig.simulator("meters", f"mqtt://127.0.0.1:{rig.mqtt}", METERS, options.facilities, METERS, "--buildings", f"127.0.0.1:{bms}")
    until(lambda: call(f"{base}/bms")[0] == 200, 20, "the buildings listening")
    for facility, faults in zip(rig.facilities, FAULTS):
        if faults and call(f"{base}/bms/{facility}/faults", faults, {"content-type": "application/json"})[0] not in (200, 204):
            fail(f"the faults {faults} were not taken: {call(f'{base}/bms/{facility}/faults', faults)}")
    utility, events = Utility(rig), []
    for kill in range(options.kills):
        events.append(utility.create())
        if dice.random() < 0.4:
            utility.change(dice.choice(events[-3:]))
        time.sleep(dice.uniform(0.05, 2.0))
        engine.kill()
        engine.wait()
        engine = rig.engine(*QUICK)
    call(f"{base}/bms/*/faults", {}, {"content-type": "application/json"})
    until(lambda: json.loads(rig.run("events", "list", "--open", "--json", "--limit", "1000", "--data", rig.data)) == [] or (time.sleep(1) and None),
          240, "every event being settled")
    known = {event["id"] for event in json.loads(rig.run("events", "list", "--json", "--limit", "10000", "--data", rig.data))}
    lost = [event for event in events if event not in known]
    if lost:
        fail(f"{len(lost)} of {len(events)} accepted events are not known, e.g. {lost[0]}")
    effects = 0
    for facility in rig.facilities:
        status, text = call(f"{base}/bms/{facility}/ledger")
        if status != 200:
            fail(f"the ledger of {facility} answered {status}")
        ledger = json.loads(text)
        effects += len(ledger["effects"])
        if ledger["forgotten"]:
            fail(f"the ledger of {facility} has forgotten {ledger['forgotten']} entries: run with fewer kills")
        if ledger["doubled"]:
            fail(f"I5: in {facility} these keys acted more than once: {ledger['doubled'][:5]}")
        if ledger["reduced"]:
            fail(f"I6: in {facility} these points are still reduced: {ledger['reduced'][:5]}")
    print(rig.run("report", "verify", "--data", rig.data).strip())
    if effects == 0:
        fail("no building was commanded, so nothing was tested")
    print(f"{options.kills} kills, {len(events)} events, {utility.sent} notifications, {effects} effects in {options.facilities} buildings: "
          "each key acted once, nothing is left reduced")
