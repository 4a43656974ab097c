"""What the loops share: a private broker, an engine and simulators on free ports, and a comparison of truth with store."""
import contextlib, json, os, random, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SWITCHYARD = os.environ.get("SWITCHYARD_BINARY") or os.path.join(ROOT, ".build", "release", "switchyard")
os.environ.pop("SWITCHYARD_BINARY", None)
os.environ["SWIFT_BACKTRACE"] = "enable=no"


def fail(message):
    print(f"FAILED: {message}", file=sys.stderr)
    sys.exit(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds, what):
    """Polls until the condition holds; the deadline is a failure that says what was awaited."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    fail(f"{what} did not happen within {seconds} s")


class Rig:
    """A scratch directory with everything in it; all processes end with the `with` block."""

    def __init__(self, name, keep=False):
        self.directory = tempfile.mkdtemp(prefix=f"switchyard-{name}-")
        self.data = os.path.join(self.directory, "data")
        self.http = free_port()
        self.mqtt = free_port()
        self.keep = keep
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        if kind is None and not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"left for inspection: {self.directory}", file=sys.stderr)

    def path(self, name):
        return os.path.join(self.directory, name)

    def spawn(self, name, command, **options):
        log = open(self.path(name + ".log"), "ab")
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def broker(self):
        template = open(os.path.join(ROOT, "scripts", "mosquitto.conf.in")).read()
        os.makedirs(self.path("broker"), exist_ok=True)
        text = template.replace("@PORT@", str(self.mqtt)).replace("@DIRECTORY@", self.path("broker") + "/")
        open(self.path("mosquitto.conf"), "w").write(text)
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        process = self.spawn("mosquitto", [binary, "-c", self.path("mosquitto.conf")])
        until(lambda: self.listens(self.mqtt), 10, "the broker listening")
        return process

    def fleet(self, facilities, meters):
        text = self.run("simulate", "fleet", "--facilities", str(facilities), "--meters", str(meters))
        open(self.path("fleet.yaml"), "w").write(text)
        self.run("facilities", "import", self.path("fleet.yaml"), "--data", self.data)

    def engine(self, *options, environment=None, wait=True):
        command = [SWITCHYARD, "engine", "--data", self.data, "--http", f"127.0.0.1:{self.http}",
                   "--mqtt", f"mqtt://127.0.0.1:{self.mqtt}", *options]
        started = time.monotonic()
        process = self.spawn("engine", command, env={**os.environ, **(environment or {})})
        if wait:
            until(lambda: process.poll() is not None or self.get("/startup")[0] == 200, 30, "the engine's start")
            if process.poll() is not None:
                fail(f"the engine ended at its start with {process.returncode}; see {self.path('engine.log')}")
        process.started_in = time.monotonic() - started
        return process

    def simulator(self, name, to, rate, facilities, meters, *options):
        return self.spawn(name, [
            SWITCHYARD, "simulate", "meters", "--facilities", str(facilities), "--meters", str(meters), "--rate", str(rate),
            "--to", to, "--acknowledged", self.path(name + ".acknowledged"), *options])

    def run(self, *arguments, check=True):
        done = subprocess.run([SWITCHYARD, *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
        if check and done.returncode != 0:
            fail(f"switchyard {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()

    def status(self):
        text = self.run("status", "--data", self.data, "--json", check=False)
        return json.loads(text) if text else None

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, TimeoutError):
            return 0, ""

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def drained(self, seconds):
        """Waits until the feeds have taken all the broker holds and aggregation has stored all the log holds."""
        steady = {"since": time.monotonic(), "received": None}

        def quiet():
            status = self.status()
            if not status or status["lag"] != 0 or any(feed["state"] != "live" for feed in status["feeds"]):
                steady["since"] = time.monotonic()
                return False
            received = [feed["received"] for feed in status["feeds"]]
            if received != steady["received"]:
                steady.update(received=received, since=time.monotonic())
                return False
            return time.monotonic() - steady["since"] > 5

        until(quiet, seconds, "lag 0 with nothing more arriving")

    @staticmethod
    def stop(process, seconds=8):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            fail(f"process {process.args[:3]} did not stop within {seconds} s")


def resident(process):
    """Resident megabytes of a process, 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in open(f"/proc/{process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0


def acknowledged(*paths):
    """(meter, ts) -> (kw, kwh) of every reading that a simulator was told is safe. A line cut short was not promised."""
    truth = {}
    for path in paths:
        with open(path, "rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    reading = json.loads(line)
                    truth[reading["meter"], reading["ts"].replace(".000Z", "Z")] = (reading.get("kw"), reading.get("kwh"))
    return truth


def stored(rig):
    """The same from the store; a (meter, ts) that stands twice is a failure."""
    seen = {}
    command = [SWITCHYARD, "readings", "export", "--from", "30d", "--to", "2100-01-01", "--data", rig.data]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as export:
        for line in export.stdout:
            reading = json.loads(line)
            key = reading["meter_id"], reading["ts"]
            if key in seen:
                fail(f"{key} is stored twice")
            seen[key] = (reading.get("kw"), reading.get("kwh"))
        if export.wait() != 0:
            fail(f"readings export ended with {export.returncode}")
    return seen


def same(truth, seen):
    lost = [key for key in truth if key not in seen]
    if lost:
        fail(f"{len(lost)} of {len(truth)} acknowledged readings are lost, the first {min(lost, key=lambda k: k[1])}")
    changed = [key for key in truth if truth[key] != seen[key]]
    if changed:
        fail(f"{len(changed)} readings changed, e.g. {changed[0]}: {truth[changed[0]]} became {seen[changed[0]]}")


def invariants(rig):
    print(rig.run("doctor", "--invariants", "--data", rig.data).strip())
