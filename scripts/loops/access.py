#!/usr/bin/env python3
"""usage: access.py
Who may ask a real engine, and over which wire: tokens of an issuer whose keys are fetched over HTTP, and go on being used while it is away
(SEC-01); facilities and roles (SEC-02); keys of programs and meters (SEC-03); sessions over a kill -9 (SEC-04); the local token, new at each start;
TLS whose certificate is exchanged under way; no listening in the clear for other machines."""
import base64, http.server, json, os, ssl, subprocess, threading, time, urllib.error, urllib.request
from rig import SWITCHYARD, Rig, fail, free_port, until

VIEWER, METER = "a-viewers-key-for-the-loop", "a-meters-key-for-the-loop"


class Issuer(http.server.BaseHTTPRequestHandler):
    keys, asked = {}, 0

    def do_GET(self):
        Issuer.asked += 1
        body = json.dumps(Issuer.keys).encode()
        self.send_response(200 if Issuer.keys else 503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def openssl(rig, *words, data=None):
    done = subprocess.run(["openssl", *words], cwd=rig.directory, input=data, capture_output=True)
    if done.returncode != 0:
        fail(f"openssl {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout


def token(rig, **claims):
    now = int(time.time())
    claims = {"iss": "https://issuer.test", "aud": "switchyard", "sub": "ana", "exp": now + 600, "roles": ["operator"], "facility_ids": ["F-001"], **claims}
    signed = ".".join(text(json.dumps(part).encode()) for part in [{"alg": "RS256", "kid": "one", "typ": "JWT"}, claims])
    return signed + "." + text(openssl(rig, "dgst", "-sha256", "-sign", "issuer.key", data=signed.encode()))


def ask(rig, path, method="GET", bearer=None, key=None, body=None, scheme="http", context=None):
    headers = {"content-type": "application/json"} if body else {}
    if bearer:
        headers["authorization"] = "Bearer " + bearer
    if key:
        headers["x-api-key"] = key
    request = urllib.request.Request(f"{scheme}://localhost:{rig.http}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")
    except (urllib.error.URLError, OSError) as error:
        return 0, {"error": repr(error)}


def expect(what, found, status):
    if found[0] != status:
        fail(f"{what} was answered {found}, expected {status}")
    return found[1]


def certificate(rig, name):
    openssl(rig, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2", "-keyout", name + ".key", "-out", name + ".pem",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    os.chmod(rig.path(name + ".key"), 0o600)


def swap(rig, name):
    for kind in [".key", ".pem"]:
        subprocess.run(["install", "-m", "600", rig.path(name + kind), rig.path("live.new")], check=True)
        os.replace(rig.path("live.new"), rig.path("live" + kind))


def reading(rig, facility, meter):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"meter_id": meter, "facility_id": facility, "ts": stamp, "kw": 5}).encode()


def callers(rig, environment):
    """Returns a session and the local token."""
    engine = rig.engine(environment=environment)
    local = open(rig.path("data/operator.token")).read().strip()
    me = expect("a token", ask(rig, "/api/session", bearer=token(rig)), 200)
    if (me["name"], me["role"], me["facilities"]) != ("ana", "operator", ["F-001"]):
        fail(f"the token was taken for {me}")
    if Issuer.asked != 1:
        fail(f"the issuer was asked {Issuer.asked} times")
    keys, Issuer.keys = Issuer.keys, {}
    expect("a token while the issuer is away", ask(rig, "/api/session", bearer=token(rig, sub="ben")), 200)
    Issuer.keys = keys
    for what, bad, status in [("another audience", token(rig, aud="else"), 401), ("an expired token", token(rig, exp=int(time.time()) - 60), 401),
                              ("a token without a role", token(rig, roles=[]), 403), ("a changed token", token(rig)[:-8] + "AAAAAAAA", 401)]:
        expect(what, ask(rig, "/api/session", bearer=bad), status)
    expect("a viewer's key", ask(rig, "/api/session", key=VIEWER), 200)
    expect("a meter's key", ask(rig, "/api/session", key=METER), 403)
    expect("the local token", ask(rig, "/api/session", bearer=local), 200)
    expect("readings without a key", ask(rig, "/api/ingest/readings", "POST", body=reading(rig, "F-001", "M-00001")), 401)
    expect("readings with a viewer's key", ask(rig, "/api/ingest/readings", "POST", key=VIEWER, body=reading(rig, "F-001", "M-00001")), 403)
    expect("readings with a meter's key", ask(rig, "/api/ingest/readings", "POST", key=METER, body=reading(rig, "F-001", "M-00001")), 202)
    foreign = expect("readings of another facility", ask(rig, "/api/ingest/readings", "POST", key=METER, body=reading(rig, "F-002", "M-00003")), 400)
    if foreign["accepted"] != 0:
        fail(f"a meter brought readings of another facility: {foreign}")
    session = expect("a new session", ask(rig, "/api/session", "POST", bearer=token(rig)), 201)
    expect("the session", ask(rig, "/api/session", bearer=session["token"]), 200)
    engine.kill()
    engine.wait()
    return session["token"], local


def restarted(rig, environment, session, local):
    engine = rig.engine(environment=environment)
    me = expect("the session after a kill", ask(rig, "/api/session", bearer=session), 200)
    if me["name"] != "ana" or me["facilities"] != ["F-001"] or not me["is_session"]:
        fail(f"the session was taken for {me}")
    expect("the local token of the last start", ask(rig, "/api/session", bearer=local), 401)
    expect("the end of the session", ask(rig, "/api/session", "DELETE", bearer=session), 204)
    expect("the ended session", ask(rig, "/api/session", bearer=session), 401)
    rig.stop(engine)


def encrypted(rig, environment):
    for name in ["first", "second"]:
        certificate(rig, name)
    swap(rig, "first")
    environment = {**environment, "SWITCHYARD_HTTP_TLS_CERTIFICATE": rig.path("live.pem"), "SWITCHYARD_HTTP_TLS_KEY": rig.path("live.key"),
                   "SWITCHYARD_HTTP_TLS_RELOAD": "200ms"}
    engine = rig.engine(environment=environment, wait=False)
    trust = {name: ssl.create_default_context(cafile=rig.path(name + ".pem")) for name in ["first", "second"]}
    healthy = lambda name: ask(rig, "/healthz", scheme="https", context=trust[name])[0] == 200
    until(lambda: engine.poll() is not None or healthy("first"), 30, "an answer over TLS")
    expect("a token over TLS", ask(rig, "/api/session", bearer=token(rig), scheme="https", context=trust["first"]), 200)
    if healthy("second") or ask(rig, "/healthz")[0] == 200:
        fail("an unknown certificate was believed, or the gateway answered in the clear")
    open(rig.path("live.pem"), "w").write("broken")
    until(lambda: "are not usable" in open(rig.path("data/switchyard.log")).read(), 15, "a word about the broken certificate")
    if not healthy("first"):
        fail("the old certificate was let go for a broken one")
    swap(rig, "second")
    until(lambda: healthy("second"), 15, "the new certificate")
    rig.stop(engine)


def open_house(rig):
    done = subprocess.run([SWITCHYARD, "engine", "--data", rig.path("other"), "--http", f"0.0.0.0:{free_port()}"], capture_output=True, timeout=60)
    if done.returncode == 0 or b"http.plain" not in done.stderr:
        fail(f"listening in the clear ended with {done.returncode}: {done.stderr.decode()}")


with Rig("access") as rig:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    openssl(rig, "genrsa", "-out", "issuer.key", "2048")
    modulus = openssl(rig, "rsa", "-in", "issuer.key", "-noout", "-modulus").decode().strip().split("=")[1]
    Issuer.keys = {"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "n": text(bytes.fromhex(modulus)), "e": "AQAB"}]}
    rig.fleet(2, 4)
    rig.broker()
    environment = {
        "SWITCHYARD_AUTH_JWT_ISSUER": "https://issuer.test", "SWITCHYARD_AUTH_JWT_AUDIENCE": "switchyard",
        "SWITCHYARD_AUTH_JWT_KEYS_URL": f"http://127.0.0.1:{server.server_port}/keys", "SWITCHYARD_AUTH_JWT_ALLOW": "127.0.0.0/8",
        "SWITCHYARD_AUTH_KEYS": f"dashboard={VIEWER},meter={METER}", "SWITCHYARD_AUTH_KEY_RIGHTS": "meter=meter",
        "SWITCHYARD_AUTH_KEY_FACILITIES": "meter=F-001"}
    session, local = callers(rig, environment)
    restarted(rig, environment, session, local)
    encrypted(rig, environment)
    open_house(rig)
    server.shutdown()
    print("tokens, keys, a session over a kill, the local token and an exchanged certificate: each caller got what is theirs")
