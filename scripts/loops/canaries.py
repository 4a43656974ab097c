#!/usr/bin/env python3
"""usage: canaries.py
Every secret that the configuration can hold is a canary, once by file and once by environment, and so are those that strangers send. Then all that
could spill one: good and bad notifications, brokers, buildings, a utility and a person on call that refuse (and send back whatever they got), dead
letters, reports, every command that shows something, mistakes in the configuration, a kill. Afterwards no canary may stand anywhere: logs, both outputs, SQLite files
and their backup, HTTP answers, command lines (SEC-07, RELIABILITY §4). Canaries put there on purpose must be found, so that the sweep can fail."""
import base64, contextlib, getpass, hashlib, hmac, http.server, json, os, random, sqlite3, subprocess, threading, time, urllib.error, urllib.parse, urllib.request
from rig import SWITCHYARD, Rig, fail, free_port, until

dice = random.SystemRandom()
WHSEC = ["webhook.secrets", "webhook.secrets.old", "callback.secret", "escalation.secret", "report.keys"]
PLAIN = ["mqtt.password", "mqtt.urls", "webhook.tokens", "callback.url", "escalation.url", "vtn.token", "vtn.client_secret", "the token we fetched", "auth.keys",
         "a stranger's token", "a reader's token", "a building's password", "a broken configuration", "a nameless token"]


PASSWORD = "a building's password"


def word():
    return "".join(dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789") for _ in range(24))


class Canaries:
    """Name -> the texts and bytes by which it would be known."""

    def __init__(self):
        self.text, self.forms = {}, {}
        for name in PLAIN:
            self.add(name, word(), lambda text: text.encode())
        for name in WHSEC:
            self.add(name, base64.b64encode(word().encode() + word().encode()[:12]).decode(), base64.b64decode)
        self.control = word()

    def add(self, name, text, key):
        raw = key(text)
        forms = {text.encode(), raw, raw.hex().encode(), raw.hex().upper().encode()}
        # As part of longer base64, `Basic …` say: the middle is the same whatever stands around, at each of three places.
        for shift in range(3):
            whole = base64.b64encode(b"x" * shift + raw)
            forms.add(whole[4 if shift else 0:len(whole) - 8])
        self.text[name], self.forms[name] = text, sorted(forms)

    def found(self, data):
        return [name for name, forms in self.forms.items() if any(form in data for form in forms)]


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # an engine that is killed hangs up


class Peer(http.server.BaseHTTPRequestHandler):
    """Utility and person on call: they refuse for a while, and send everything back in status line, headers and body."""
    protocol_version = "HTTP/1.1"
    kind, refusals, seen, canaries = "ok", 0, [], None

    def do_GET(self):
        """Weather, say: with its key in the address."""
        Peer.seen.append((self.path.split("?")[0], dict(self.headers), self.path.encode()))
        self.answer(403, self.path[:200], self.path + str(dict(self.headers)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.split("?")[0]
        Peer.seen.append((path, dict(self.headers), body))
        echo = " ".join([self.headers.get("authorization", ""), self.headers.get("webhook-signature", ""), self.path, body.decode(errors="replace")])
        if path.endswith("/auth/token") and Peer.seen_of("/auth/token") > 2:
            text = json.dumps({"access_token": Peer.canaries.text["the token we fetched"], "token_type": "Bearer", "expires_in": 3600})
            return self.answer(200, "OK", text)
        if Peer.seen_of(path) <= 2 or path.startswith("/oncall"):
            return self.answer(dice.choice([401, 403]) if path.endswith("token") else 503, echo.replace("\n", " ")[:400], echo)
        self.answer(201, "Created", json.dumps({"id": f"r-{len(Peer.seen)}"}))

    @staticmethod
    def seen_of(path):
        return sum(1 for seen, _, _ in Peer.seen if seen.endswith(path))

    def answer(self, status, phrase, text):
        self.send_response(status, phrase.encode("latin-1", "replace").decode("latin-1"))
        self.send_header("x-echo", text.replace("\n", " ").replace("\r", " ").encode("latin-1", "replace").decode("latin-1")[:1000])
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def signed(canaries, body, secret="webhook.secrets", identity=None):
    identity, stamp = identity or word(), str(int(time.time()))
    code = hmac.new(base64.b64decode(canaries.text[secret]), f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": "v1," + base64.b64encode(code).decode()}


class Sweep:
    """Keeps all that came out, and looks through it and through what lies on the disk."""

    def __init__(self, rig, canaries, label):
        self.rig, self.canaries, self.label = rig, canaries, label
        self.texts, self.lines, self.checked = [], [], 0
        self.running = True
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        """Command lines of everything of ours that runs."""
        while self.running:
            for pid in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    line = open(f"/proc/{pid}/cmdline", "rb").read()
                    if SWITCHYARD.encode() in line:
                        self.lines.append(line)
            time.sleep(0.03)

    def command(self, *arguments, expect=None):
        done = subprocess.run([SWITCHYARD, *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        self.texts.append((" ".join(arguments), done.stdout + b"\n" + done.stderr))
        if expect is not None and done.returncode != expect:
            fail(f"switchyard {' '.join(arguments)} ended with {done.returncode}, expected {expect}: {done.stderr.decode(errors='replace')[:500]}")
        return done.stdout.decode(errors="replace")

    def http(self, path, body=None, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.rig.http}{path}", data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, text = answer.status, answer.read()
                head = str(answer.headers)
        except urllib.error.HTTPError as error:
            status, text, head = error.code, error.read(), str(error.headers)
        except OSError:
            return 0
        self.texts.append((f"the answer of {path}", head.encode() + text))
        return status

    def files(self):
        """Each file's bytes, and each value of each table: a value may lie on several pages."""
        for folder, _, names in os.walk(self.rig.directory):
            if folder.startswith(self.rig.path("secret")):
                continue  # where they were given
            for name in names:
                path = os.path.join(folder, name)
                if name == "operator.token":
                    continue
                yield path, open(path, "rb").read()
                if name.endswith(".sqlite"):
                    yield path + " (values)", b"\n".join(self.values(path))

    @staticmethod
    def values(path):
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        with contextlib.closing(base):
            base.text_factory = bytes
            tables = [row[0].decode() for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in base.execute(f'SELECT * FROM "{table}"'):
                    yield from (value for value in row if isinstance(value, bytes))

    def finish(self, wanted):
        self.running = False
        self.thread.join()
        places = self.texts + [("a command line", line) for line in set(self.lines)] + list(self.files())
        hits = [(name, place) for place, data in places for name in self.canaries.found(data)]
        if hits:
            for name, place in sorted(set(hits))[:20]:
                print(f"  {name} stands in {place}")
            fail(f"{len(set(hits))} leaks of secrets given by {self.label}")
        control = [place for place, data in places if self.canaries.control.encode() in data]
        missing = [part for part in wanted if not any(part in place for place in control)]
        if missing or not self.lines:
            fail(f"the control was not found in {missing or 'a command line'}: the sweep is blind there")
        self.checked = len(places)


def configuration(rig, canaries, ports, fetches):
    """Key -> value. `fetches`: the utility's server is spoken to by client credentials instead of a fixed token. Secrets of which this loop
    knows no more than that they are some have a canary all the same."""
    rows = json.loads(rig.run("config", "show", "--json"))
    for row in rows:
        if "0600" in row["allowed"] and row["key"] not in canaries.text and row["key"] not in ["webhook.secrets", "webhook.tokens"]:
            canaries.add(row["key"], word(), lambda text: text.encode())
    known = {row["key"] for row in rows}
    text = canaries.text
    base = f"http://127.0.0.1:{ports['peer']}"
    settings = {
        "mqtt.urls": f"mqtt://meter:{text['mqtt.urls']}@127.0.0.1:{ports['closed']},mqtt://meter@127.0.0.1:{ports['open']}",
        "mqtt.password": text["mqtt.password"], "webhook.utilities": "acme", "webhook.tokens": f"acme={text['webhook.tokens']}",
        "auth.keys": f"program={text['auth.keys']}", "auth.key_rights": "program=operator",
        "webhook.secrets": f"acme=whsec_{text['webhook.secrets']},acme=whsec_{text['webhook.secrets.old']}",
        "callback.url": f"{base}/callback?key={text['callback.url']}", "callback.secret": f"whsec_{text['callback.secret']}",
        "callback.allow": "127.0.0.0/8", "escalation.url": f"{base}/oncall/{text['escalation.url']}",
        "escalation.secret": f"whsec_{text['escalation.secret']}", "escalation.allow": "127.0.0.0/8",
        "report.keys": f"acme=whsec_{text['report.keys']}", "vtn.url": f"{base}/openadr", "vtn.allow": "127.0.0.0/8",
        "bms.allow": "127.0.0.0/8", "saga.first_delay": "200ms", "saga.longest_delay": "300ms",
        "dr.approval": "never", "dr.notice_first_delay": "100ms", "dr.notice_longest_delay": "500ms", "dr.notice_interval": "200ms",
        "plan.release_step": "100ms", "plan.release_spread": "1s", "plan.relay_hold": "1s", "plan.stage_hold": "1s", "saga.late_arrival": "1s", "saga.release_tier_1": "500ms", "saga.release_tier_2": "1s", "saga.release_tier_3": "2s", "plan.expiry_grace": "1m",
        "report.data_wait": "1s", "log.level": "debug", "mqtt.reconnect_first": "100ms", "mqtt.reconnect_limit": "500ms", "dr.client_name": canaries.control}
    for key in canaries.text:
        if key in known and key not in settings and not key.startswith("vtn."):
            settings[key] = text[key]
    weather = {"weather.providers": "weatherapi,openweathermap", "weather.weatherapi_url": base + "/weatherapi", "weather.openweathermap_url": base + "/owm",
               "weather.allow": "127.0.0.0/8"}
    settings.update({key: value for key, value in weather.items() if key in known})
    if fetches:
        settings.update({"vtn.client_id": "loop", "vtn.client_secret": text["vtn.client_secret"], "vtn.token_url": f"{base}/auth/token"})
    else:
        settings["vtn.token"] = text["vtn.token"]
    return settings


def hand_over(rig, settings, by_file):
    """By environment, or by a file of mode 0600 which names further files for some."""
    for name in [name for name in os.environ if name.startswith("SWITCHYARD_")]:
        del os.environ[name]
    folder = rig.path("secret")
    os.makedirs(os.path.join(folder, "switchyard"), exist_ok=True)
    os.environ["XDG_CONFIG_HOME"] = folder
    path = os.path.join(folder, "switchyard", "config.yaml")
    if not by_file:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        os.environ.update({"SWITCHYARD_" + key.upper().replace(".", "_"): value for key, value in settings.items()})
        return
    for key in ["mqtt.password", "webhook.secrets", "report.keys"] if settings else []:
        with open(os.open(os.path.join(folder, key), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(settings[key] + "\n")
        settings[key] = "file:" + os.path.join(folder, key)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        # JSON is YAML.
        file.write("\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in nested(settings)))


def nested(settings):
    groups = {}
    for key, value in settings.items():
        groups.setdefault(key.split(".")[0], {})[key.split(".", 1)[1]] = value
    return groups.items()


def brokers(rig, ports, canaries):
    """One that knows nobody's password, and one that asks for none."""
    folder = rig.path("secret")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mosquitto_passwd", "-b", "-c", os.path.join(folder, "passwords"), "meter", word()], check=True, capture_output=True)
    os.chmod(os.path.join(folder, "passwords"), 0o644)
    for name, rule in [("closed", f"allow_anonymous false\npassword_file {folder}/passwords\n"), ("open", "allow_anonymous true\n")]:
        path = os.path.join(folder, name + ".conf")
        open(path, "w").write(f"user {getpass.getuser()}\nlistener {ports[name]} 127.0.0.1\n{rule}")
        rig.spawn(name + "-broker", ["mosquitto", "-c", path])
        until(lambda: rig.listens(ports[name]), 10, f"the {name} broker listening")


def event(name, facilities, seconds=6):
    return json.dumps({"id": name, "objectType": "EVENT", "programID": "loop", "createdDateTime": "2026-01-01T00:00:00Z",
                       "modificationDateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "targets": facilities,
                       "intervalPeriod": {"start": "0001-01-01T00:00:00", "duration": f"PT{seconds}S"},
                       "payloadDescriptors": [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "DISPATCH_SETPOINT_RELATIVE", "units": "KW"}],
                       "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [2]}]}]})


def provoke(rig, sweep, canaries, ids, ports):
    hook, text = "/webhooks/utility/dr-notification", canaries.text
    right = {"content-type": "application/json", "authorization": f"Bearer {text['webhook.tokens']}"}
    strange = {"content-type": "application/json", "authorization": "Bearer " + text["a stranger's token"]}

    def notify(body, headers, secret="webhook.secrets", **more):
        data = body.encode()
        return sweep.http(hook, data, {**headers, **signed(canaries, data, secret), **more})

    good = json.dumps({"objectType": "EVENT", "operation": "CREATE", "object": json.loads(event(f"evt-{word()}", ids))})
    expected = [
        (202, notify(good, right)), (401, notify(good, strange)), (401, sweep.http(hook, good.encode(), right)),
        (401, notify(good, right, **{"webhook-signature": "v1," + text["webhook.secrets"]})),
        (401, notify(good, {**right, "authorization": f"Basic {base64.b64encode(('acme:' + text['webhook.tokens']).encode()).decode()}"})),
        (400, notify(json.dumps({"event_id": "broken", "start": "yesterday"}), right)), (400, notify("{", right)),
        (413, notify("x" * (2 << 20), right)), (202, notify(json.dumps({"challenge": "x"}), right, "webhook.secrets.old"))]
    wrong = [(want, got) for want, got in expected[:-1] if want != got]
    if wrong:
        fail(f"notifications were answered otherwise than meant (expected, got): {wrong}")
    own, strange = {"x-api-key": text["auth.keys"]}, {"x-api-key": text["a stranger's token"]}
    expected = [(200, sweep.http("/api/session", headers=own)), (401, sweep.http("/api/session", headers=strange)),
                (401, sweep.http("/api/session", headers={"authorization": "Bearer " + text["auth.keys"]})), (401, sweep.http("/api/session", headers={**own, **right}))]
    wrong = [(want, got) for want, got in expected if want != got]
    if wrong:
        fail(f"credentials were answered otherwise than meant (expected, got): {wrong}")
    session(rig, sweep, canaries, own)
    sweep.http("/api/ingest/readings?token=" + urllib.parse.quote(text["a reader's token"]), b"[{]", {"authorization": "Bearer " + text["a reader's token"]})
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    subprocess.run(["mosquitto_pub", "-p", str(ports["open"]), "-q", "1", "-t", f"energy/{ids[0]}/M-00001/readings", "-m", f'{{"ts": "{stamp}", "kw": "much"}}'],
                   check=True, timeout=10)


def session(rig, sweep, canaries, own):
    """Whoever begins a session is told its token; from then on nobody is. The local token stands in its file alone."""
    base = f"http://127.0.0.1:{rig.http}/api/session"
    with urllib.request.urlopen(urllib.request.Request(base, b"", own), timeout=10) as answer:
        canaries.add("a session's token", json.load(answer)["token"], lambda text: text.encode())
    path = os.path.join(rig.data, "operator.token")
    if os.stat(path).st_mode & 0o777 != 0o600:
        fail(f"{path} can be read by others")
    canaries.add("the local token", open(path).read().strip(), lambda text: text.encode())
    for name in ["a session's token", "the local token"]:
        if sweep.http("/api/session", headers={"authorization": "Bearer " + canaries.text[name]}) != 200:
            fail(f"{name} was not taken")


def look(rig, sweep, canaries, event_id, facility, by_file):
    everything = [
        ["status", "--json"], ["journal", "--json", "--limit", "1000"], ["audit", "--json"], ["config", "show"], ["config", "show", "--json"],
        ["config", "check"], ["report", "export", event_id, "--format", "json"], ["report", "verify", "--signed", "--json"]]
    if by_file:
        everything += [
            ["status"], ["journal", "--limit", "1000"], ["dlq", "list", "--json"], ["dlq", "export", "--format", "json"], ["dlq", "export", "--format", "csv"],
            ["dlq", "dry-run", "--all"], ["dlq", "show", "1"], ["dlq", "check", "1"], ["events", "list", "--json"], ["events", "show", event_id, "--json"],
            ["report", "show", event_id], ["report", "export", event_id, "--format", "csv"], ["report", "export", event_id, "--format", "espi"],
            ["facilities", "--json"], ["override", "show", facility, "--json"], ["doctor", "--invariants"]]
    for words in everything:
        sweep.command(*words, "--data", rig.data)
    for words in [["--help"], ["engine", "--help"], ["help", "report"], ["man"], ["keys"], ["doctor", "--timeouts"]] if by_file else []:
        sweep.command(*words)
    for path in ["/metrics", "/startup", "/healthz", "/ready", "/nowhere", "/" + canaries.control]:
        sweep.http(path)


def mistakes(rig, sweep, canaries):
    """What a person may get wrong about secrets: each is refused, and none shows in the refusal."""
    text, folder = canaries.text, rig.path("secret")
    nameless = base64.b64encode(text["a nameless token"].encode() + b"x").decode()
    canaries.add("a nameless token", nameless, lambda text: text.encode())
    cases = {
        "nameless": f"webhook:\n  utilities: acme\n  tokens: {nameless}\n", "unclosed": f'callback:\n  secret: "{text["a broken configuration"]}\nmqtt: [\n',
        "misspelt": f"callback:\n  secrets: {text['a broken configuration']}\n", "no secret": f"callback:\n  url: http://x\n  secret: {text['a broken configuration']}\n",
        "mapping": f"callback:\n  secret:\n    {text['a broken configuration']}: 1\n", "password": f"mqtt:\n  urls: mqtt://a:{text['a broken configuration']}/b@x\n"}
    for name, body in cases.items():
        path = os.path.join(folder, name.replace(" ", "-") + ".yaml")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(body)
        for words in [["config", "show"], ["doctor", "--data", rig.path("other")]]:
            sweep.command(*words, "--config", path)
        sweep.command("config", "check", "--config", path, expect=1)
    path = rig.path("secret") + "/fleet.yaml"
    with open(path, "w") as file:
        file.write(f"facilities:\n  - id: F-901\n    bms_endpoint: http://ops:{text[PASSWORD]}@127.0.0.1:9/bms\n")
    sweep.command("facilities", "import", path, "--data", rig.data, expect=2)
    path = os.path.join(folder, "open.yaml")
    with open(path, "w") as file:
        file.write(f"callback:\n  secret: whsec_{text['callback.secret']}\n")
    os.chmod(path, 0o644)
    sweep.command("config", "check", "--config", path, expect=1)


def run(by_file):
    label = "file" if by_file else "environment"
    canaries = Canaries()
    with Rig("secrets-" + label) as rig:
        ports = {name: free_port() for name in ["closed", "open", "peer", "bms"]}
        Peer.canaries, Peer.seen = canaries, []
        server = Server(("127.0.0.1", ports["peer"]), Peer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        brokers(rig, ports, canaries)
        hand_over(rig, {}, by_file)
        settings = configuration(rig, canaries, ports, fetches=not by_file)
        hand_over(rig, dict(settings), by_file)
        empty = [row["key"] for row in json.loads(rig.run("config", "show", "--json")) if "0600" in row["allowed"] and row["value"] == ""]
        if empty != ["vtn.client_secret" if by_file else "vtn.token"]:
            fail(f"no canary was given to {empty}")
        sweep = Sweep(rig, canaries, label)
        base = f"http://127.0.0.1:{ports['bms']}"
        fleet = rig.run("simulate", "fleet", "--facilities", "3", "--meters", "6", "--buildings", base)
        open(rig.path("fleet.yaml"), "w").write(fleet)
        rig.run("facilities", "import", rig.path("fleet.yaml"), "--data", rig.data)
        ids = sorted(row["id"] for row in json.loads(rig.run("facilities", "--data", rig.data, "--json")))
        command = [SWITCHYARD, "engine", "--data", rig.data, "--http", f"127.0.0.1:{rig.http}", "--set", f"console.operator={canaries.control[:8]}"]

        def engine():
            process = rig.spawn("engine", command)
            until(lambda: process.poll() is not None or rig.get("/startup")[0] == 200, 30, "the engine's start")
            if process.poll() is not None:
                fail(f"the engine ended at its start; see {rig.path('engine.log')}")
            return process

        process = engine()
        rig.simulator("meters", f"http://127.0.0.1:{rig.http}", 6, 3, 6, "--buildings", f"127.0.0.1:{ports['bms']}")
        until(lambda: (rig.status() or {}).get("freshMeters", 0) >= 6, 30, "fresh meters")
        for building, fault in zip(ids, [{"fault": "item_rejection"}, {"fault": "status", "status": 401, "times": 2}]):
            faults = json.dumps({"rules": [{**fault, "operations": ["execute"]}]}).encode()
            urllib.request.urlopen(urllib.request.Request(f"{base}/bms/{building}/faults", faults, {"content-type": "application/json"}), timeout=5).close()
        provoke(rig, sweep, canaries, ids, ports)
        events = until(lambda: json.loads(rig.run("events", "list", "--json", "--data", rig.data)), 15, "the event being known")
        name = events[0]["id"]
        until(lambda: [letter for letter in json.loads(rig.run("dlq", "list", "--json", "--data", rig.data))["letters"] if letter["topic"] == "bms-failures"], 20,
              "a failed command's dead letter")
        process.kill()
        process.wait()
        process = engine()
        sweep.command("dlq", "discard", "1", "--because", f"control {canaries.control}", "--data", rig.data, expect=0)
        until(lambda: "reportVersion" in rig.run("report", "show", name, "--json", "--data", rig.data, check=False), 40, "the event's report")
        until(lambda: any(path.endswith("/reports") and Peer.seen_of("/reports") > 2 for path, _, _ in Peer.seen), 20, "the report being posted after refusals")
        until(lambda: Peer.seen_of("/callback") > 2, 20, "callbacks after refusals")
        look(rig, sweep, canaries, name, ids[1], by_file)
        if by_file:
            mistakes(rig, sweep, canaries)
        sweep.command("backup", rig.path("backup"), "--data", rig.data, expect=0)
        rig.stop(process)
        server.shutdown()
        sweep.finish(["records.sqlite", os.path.join("backup", "records.sqlite"), "records.sqlite (values)", "audit --json", "journal", "a command line"])
        heard = b" ".join(json.dumps(headers).encode() + body for _, headers, body in Peer.seen)
        meant = ["the token we fetched", "vtn.client_secret"] if not by_file else ["vtn.token"]
        if any(name not in canaries.found(heard) for name in meant):
            fail("the utility's server did not get the secrets that are meant for it, so nothing was tested")
        print(f"secrets by {label}: {len(canaries.forms)} canaries, {sweep.checked} outputs, files and command lines, 0 hits; the control was found")


run(by_file=True)
run(by_file=False)
