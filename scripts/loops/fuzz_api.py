#!/usr/bin/env python3
"""usage: fuzz_api.py [--seconds N]
Lets schemathesis loose on the REST surface of a running engine, by the document that the engine serves: whatever it makes up must be answered
as the document says, never with a 500, and bad input must be refused (ledger API-01..17, SEC-06). The engine must be well afterwards."""
import argparse, json, os, re, subprocess, sys, tempfile, time, urllib.request
from rig import Rig, fail

VERSION = "4.32.5"
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method", "ignored_auth"]


def schemathesis():
    """In an environment of its own, made once."""
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "switchyard-fuzz")
    program = os.path.join(folder, "bin", "schemathesis")
    if not os.path.exists(program):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        made = subprocess.run([os.path.join(folder, "bin", "pip"), "install", "--quiet", f"schemathesis=={VERSION}"])
        if made.returncode != 0:
            print("SKIPPED: schemathesis cannot be installed here", file=sys.stderr)
            sys.exit(0)
    return program


def readings(rig, token):
    now = int(time.time()) // 15 * 15
    lines = "".join(json.dumps({"meter_id": f"M-0000{meter}", "facility_id": f"F-00{1 + (meter - 1) // 2}", "kw": 5.5 + meter, "kwh": 100 + slot,
                                "ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 15 * slot))}) + "\n"
                    for slot in range(100) for meter in range(1, 5))
    request = urllib.request.Request(f"http://127.0.0.1:{rig.http}/api/ingest/readings", lines.encode(),
                                     {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        if answer.status != 202:
            fail(f"readings were answered {answer.status}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=40)
    seconds = parser.parse_args().seconds
    program = schemathesis()
    with Rig("fuzz") as rig:
        rig.broker()
        rig.fleet(2, 4)
        engine = rig.engine()
        token = open(os.path.join(rig.data, "operator.token")).read().strip()
        readings(rig, token)
        base = f"http://127.0.0.1:{rig.http}"
        # The stream never ends, consoles speak the engine's own form, the webhook knows nobody here, and a session would be ended.
        command = [program, "run", base + "/api/openapi.json", "-H", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS),
                   "--max-time", str(seconds), "--phases", "coverage,fuzzing", "--seed", "7", "--workers", "2", "--request-timeout", "15",
                   "--continue-on-failure", "--suppress-health-check", "all", "--exclude-path", "/api/stream",
                   "--exclude-path-regex", "^/(api/operator/|webhooks/)", "--exclude-path", "/api/session", "--no-color"]
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=rig.directory, timeout=seconds * 4 + 120)
            output.seek(0)
            text = output.read()
        if engine.poll() is not None:
            fail(f"the engine ended with {engine.returncode} under the fuzzer")
        for path in ("/healthz", "/startup"):
            if rig.get(path)[0] != 200:
                fail(f"{path} answers {rig.get(path)} after the fuzzer")
        cases = re.search(r"(\d+) generated, (\d+) passed.*", text)
        # Faults of the fuzzer itself (Hypothesis reading its own source) end a phase early and are none of ours.
        if not cases or int(cases.group(2)) < 300 or "failed" in cases.group(0) or "\nFailures:" in text:
            print(text[-20000:], file=sys.stderr)
            fail("the fuzzer found something, or tried too little")
        print(cases.group(0))


main()
