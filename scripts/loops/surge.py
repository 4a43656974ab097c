#!/usr/bin/env python3
"""usage: surge.py [--events N] [--facilities N] [--rate READINGS_PER_SECOND] [--burst N] [--steady SECONDS] [--minutes N] [--seed N]
N demand-response events at once that overlap over N facilities, over real sockets and beside readings over MQTT and REST: none lost, 90 % worked within
60 s of their arrival (DR-23). Then a burst in which nobody waits: 429 and 503 carry Retry-After, and what was answered 202 is known. Then 100
notifications a second for a while: the webhook's latency. Memory stays flat."""
import argparse, concurrent.futures, http.client, json, os, random, time
from rig import Rig, acknowledged, fail, free_port, resident, same, stored, until

parser = argparse.ArgumentParser()
parser.add_argument("--events", type=int, default=500)
parser.add_argument("--facilities", type=int, default=128)
parser.add_argument("--rate", type=int, default=10_000)
parser.add_argument("--burst", type=int, default=1_000)
parser.add_argument("--steady", type=int, default=30)
parser.add_argument("--minutes", type=int, default=3)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
dice = random.Random(options.seed)
METERS = 2000
TOKEN = "token-of-the-loop"
os.environ["SWITCHYARD_WEBHOOK_TOKENS"] = f"loop={TOKEN}"  # never by flag: command lines show
OPTIONS = ["--set", "bms.allow=127.0.0.0/8", "--set", "webhook.utilities=loop", "--set", "webhook.unsigned=loop",
           "--set", "dr.approval=never",
           "--set", "plan.release_step=1s", "--set", "plan.release_spread=10s"]


class Sender:
    """One kept connection to the webhook."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def post(self, body):
        """(status, Retry-After, seconds)"""
        text = json.dumps(body)
        for attempt in range(3):
            try:
                self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
                began = time.perf_counter()
                self.connection.request("POST", "/webhooks/utility/dr-notification", text,
                                        {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"})
                answer = self.connection.getresponse()
                answer.read()
                took = time.perf_counter() - began
                if answer.getheader("connection") == "close":
                    self.close()
                return answer.status, answer.getheader("retry-after"), took
            except (OSError, http.client.HTTPException):
                self.close()
                if attempt == 2:
                    raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def event(name, facilities, starts_in=0, kilowatts=None):
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + starts_in))
    return {"operation": "create", "event_id": name, "program_id": "loop", "start": start, "duration": f"PT{options.minutes}M",
            "target_reduction_kw": kilowatts or dice.choice([5, 20, 60]), "facility_ids": facilities}


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def known(rig):
    return {row["id"]: row for row in json.loads(rig.run("events", "list", "--json", "--limit", "10000", "--data", rig.data))}


def steady(rig):
    """100 a second for a while, each another event of tomorrow, at their times whatever the answers take."""
    count, answers = 100 * options.steady, []
    bodies = [event(f"steady-{n}", dice.sample(rig.ids, 1), starts_in=86_400) for n in range(count)]
    senders = [Sender(rig.http) for _ in range(8)]
    begin = time.perf_counter() + 0.2

    def lane(index):
        took = []
        for n in range(index, count, len(senders)):
            due = begin + n / 100
            time.sleep(max(0, due - time.perf_counter()))
            status, _, _ = senders[index].post(bodies[n])
            took.append((status, time.perf_counter() - max(due, begin)))
        return took

    with concurrent.futures.ThreadPoolExecutor(len(senders)) as pool:
        for lane_answers in pool.map(lane, range(len(senders))):
            answers += lane_answers
    taken = [took for status, took in answers if status in (200, 202)]
    if len(taken) < 0.98 * count:
        fail(f"of {count} notifications at 100/s only {len(taken)} were taken: {sorted({s for s, _ in answers})}")
    print(f"webhook at 100/s for {options.steady} s beside {options.rate} readings/s: p50 {percentile(taken, 0.5) * 1000:.1f} ms, "
          f"p99 {percentile(taken, 0.99) * 1000:.1f} ms, {len(taken)} of {count} taken")

def surge(rig, count, prefix):
    """Sends them all as fast as they are taken, as a utility that heeds Retry-After; name -> when it was taken."""
    taken = {}

    def send(n):
        sender, name = Sender(rig.http), f"{prefix}-{n}"
        body = event(name, dice.sample(rig.ids, dice.randint(1, 4)))
        for _ in range(200):
            status, wait, _ = sender.post(body)
            if status in (200, 202):
                taken[name] = time.time()
                break
            if status not in (429, 503):
                fail(f"{name} was refused with {status}")
            if not wait:
                fail(f"a {status} without Retry-After")
            time.sleep(float(wait) + dice.random())
        sender.close()

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(send, range(count)))
    return taken


def burst(rig, count):
    """Nobody waits, nobody repeats."""
    tally, taken = {}, []

    def send(n):
        sender = Sender(rig.http)
        status, wait, _ = sender.post(event(f"burst-{n}", dice.sample(rig.ids, 1), starts_in=86_400))
        sender.close()
        if status in (429, 503) and not wait:
            fail(f"a {status} without Retry-After")
        return status, f"burst-{n}"

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for status, name in pool.map(send, range(count)):
            tally[status] = tally.get(status, 0) + 1
            if status in (200, 202):
                taken.append(name)
    strange = set(tally) - {200, 202, 429, 503}
    if strange:
        fail(f"a burst of {count} was answered {tally}")
    return tally, taken


with Rig("surge") as rig:
    bms = free_port()
    text = rig.run("simulate", "fleet", "--facilities", str(options.facilities), "--meters", str(METERS), "--buildings", f"http://127.0.0.1:{bms}")
    open(rig.path("fleet.yaml"), "w").write(text)
    rig.run("facilities", "import", rig.path("fleet.yaml"), "--data", rig.data)
    rig.ids = [row["id"] for row in json.loads(rig.run("facilities", "--data", rig.data, "--json"))]
    rig.broker()
    engine = rig.engine(*OPTIONS)
    half = options.rate // 2
    simulators = [
        rig.simulator("first", f"mqtt://127.0.0.1:{rig.mqtt}", half, options.facilities, METERS, "--only-meters", "1-1000", "--buildings", f"127.0.0.1:{bms}"),
        rig.simulator("second", f"http://127.0.0.1:{rig.http}", half, options.facilities, METERS, "--only-meters", "1001-2000"),
    ]
    until(lambda: (rig.status() or {}).get("freshMeters", 0) >= METERS * 0.99, 60, "fresh meters")
    before = resident(engine)
    peak = before
    began = time.time()
    taken = surge(rig, options.events, "surge")
    accepted_in = time.time() - began
    if len(taken) < options.events:
        fail(f"{options.events - len(taken)} events were never taken")
    deadline, worked = time.time() + 60 + options.events / 10, {}
    # Worked: planned, and dispatched unless another event still holds the building (then it is `scheduled` and says so).
    while time.time() < deadline and len(worked) < len(taken):
        peak = max(peak, resident(engine))
        now = time.time()
        for name, row in known(rig).items():
            if name in taken and name not in worked and row["status"] != "pending":
                worked[name] = now - taken[name]
        time.sleep(1)
    late = [name for name in taken if worked.get(name, 1e9) > 60]
    lost = [name for name in taken if name not in known(rig)]
    if lost:
        fail(f"{len(lost)} accepted events are not known, e.g. {lost[0]}")
    print(f"{options.events} events over {options.facilities} buildings: taken in {accepted_in:.1f} s, none lost, "
          f"{100 * (1 - len(late) / len(taken)):.1f} % worked within 60 s, p50 {percentile(list(worked.values()) or [0], 0.5):.1f} s, "
          f"p90 {percentile(list(worked.values()) or [0], 0.9):.1f} s")
    if len(late) > 0.1 * len(taken):
        fail(f"{len(late)} of {len(taken)} events took longer than 60 s, e.g. {late[:3]}")
    tally, taken = burst(rig, options.burst)
    until(lambda: all(name in known(rig) for name in taken) or (time.sleep(1) and None), 60 + options.burst / 8, "every event of the burst that was taken being known")
    peak = max(peak, resident(engine))
    print(f"a burst of {options.burst}: " + ", ".join(f"{count} answered {status}" for status, count in sorted(tally.items())) + ", every accepted one known")
    time.sleep(2)  # the sender's bucket fills again
    steady(rig)
    until(lambda: all(row["isSettled"] for row in known(rig).values() if row["id"].startswith("surge")) or (time.sleep(2) and None), 900, "every event ending")
    after = resident(engine)
    for simulator in simulators:
        rig.stop(simulator, 60)
    rig.drained(120)
    rig.stop(engine)
    truth = acknowledged(rig.path("first.acknowledged"), rig.path("second.acknowledged"))
    same(truth, stored(rig))
    print(f"{len(truth)} readings acknowledged meanwhile, 0 lost; memory {before:.0f} MB before, {peak:.0f} MB at most, {after:.0f} MB after")
    if peak > 400:
        fail("memory is above 400 MB")
