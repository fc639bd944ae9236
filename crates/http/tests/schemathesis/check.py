"""Holds a server to the document of its interface: check.py BINARY [SECONDS]

The document must be one of OpenAPI 3.1. Then the server is asked whatever the document allows and more, first by
nobody, then by people who are signed in, where it is for administrators by one: each route by the examples and at
the edges of its schemas, and for so many seconds by chance. No answer may be a server error, or outside the document.
"""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

HERE = Path(__file__).parent
# What a schema allows may still be refused: no schema says which passwords are common. And what it does not name
# is ignored, which the document says.
UNFIT_CHECKS = "negative_data_rejection,positive_data_acceptance"
SETTINGS = {
    "SECRET_KEY": "a secret key that is only for tests, and long",
    "PORT": "0",
    "LOG_FORMAT": "json",
    # Limits are tried elsewhere; here they would hide everything behind 429.
    "RATE_LIMIT_PER_MIN": "0",
    "AUTORISEN__AUTH__BCRYPT_COST": "4",
    "AUTORISEN__AUTH__PBKDF2_HASHES": "false",
    "AUTORISEN__SERVER__WORKERS": "2",
    "AUTORISEN__SERVER__HOST": "127.0.0.1",
}
ADMINISTRATOR = {"email": "administrator@example.org", "password": "a password of somebody who may"}


def main(binary, seconds):
    with tempfile.TemporaryDirectory() as folder:
        settings = SETTINGS | {"DATABASE_URL": f"sqlite://{folder}/test.db"}
        with open(f"{folder}/log", "w") as log:
            server = subprocess.Popen(
                [binary, "serve", "--migrate"], cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            base = address(server)
            # Nobody else reads what it writes; its pipe must not fill.
            drain = subprocess.Popen(["cat"], stdin=server.stdout, stdout=subprocess.DEVNULL)
            with urllib.request.urlopen(f"{base}/api/openapi.json") as answer:
                OpenAPIV31SpecValidator(json.load(answer)).validate()
            make_administrator(binary, folder, settings)
            phases = (["--phases", "examples,coverage"], ["--phases", "fuzzing", "--max-time", str(seconds)])
            ended = [run(base, folder, phase, hooks) for hooks in (None, "signed_in") for phase in phases]
            if not has_let_administrator_in(folder):
                sys.exit("the administrator was not let in")
            if server.poll() is not None:
                sys.exit("the server has ended")
        finally:
            server.kill()
            server.wait()
            drain.wait()
    sys.exit(max(ended))


def make_administrator(binary, folder, settings):
    email = ADMINISTRATOR["email"]
    person = ["--email", email, "--first-name", "Ada", "--last-name", "Example", "--role", "Developer"]
    for arguments in (["create", *person, "--password-stdin"], ["set-administrator", email]):
        command = [binary, "user", *arguments]
        password = ADMINISTRATOR["password"]
        subprocess.run(
            command, cwd=folder, env=settings, input=password, stdout=subprocess.DEVNULL, text=True, check=True
        )


def has_let_administrator_in(folder):
    """Each look of an administrator leaves a row in the audit."""
    with contextlib.closing(sqlite3.connect(f"{folder}/test.db")) as database:
        looks = "SELECT count(*) FROM audit_log WHERE action LIKE 'administrator.looked.%'"
        return database.execute(looks).fetchone()[0] > 0


def address(server):
    """Where it serves; its log says so."""
    for line in server.stdout:
        record = json.loads(line)
        if record["event"] == "server.start":
            return record["url"]
    sys.exit("the server did not start")


def run(base, folder, phase, hooks):
    """Asks, and gives what the program ended with."""
    command = [
        Path(sys.executable).parent / "schemathesis", "run", f"{base}/api/openapi.json",
        "--checks", "all", "--exclude-checks", UNFIT_CHECKS,
        *phase, "--max-examples", "25",
        "--seed", "20260131", "--generation-database", "none", "--warnings", "off", "--no-color",
    ]  # fmt: skip
    variables = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "AUTORISEN_BASE": base}
    variables["AUTORISEN_ADMINISTRATOR"] = json.dumps(ADMINISTRATOR)
    if hooks:
        variables |= {"SCHEMATHESIS_HOOKS": hooks, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    print(f"asked by {'who is signed in' if hooks else 'nobody'}", flush=True)
    return subprocess.run(command, cwd=folder, env=variables).returncode


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
