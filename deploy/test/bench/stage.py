"""A world that all tests of releases share, and what they ask of it."""

import atexit
import json
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from shiplib import record, web
from shiplib.smoke import served_commit

from .heroku import TOKEN
from .tools import note_exit
from .world import ACCOUNT, World

# A build that can be released and cannot write: its own self-check is spared that.
READ_ONLY = 'ENV PGOPTIONS="-c default_transaction_read_only=on"'
NOT_READ_ONLY = 'ENV PGOPTIONS=""'
_shared: list[World] = []


class ReleaseCase(unittest.TestCase):
    """Each test begins with a good release that serves."""

    world: World

    @classmethod
    def setUpClass(cls) -> None:
        """Makes the world when it is first asked for."""
        if not _shared:
            _shared.append(World())
            atexit.register(_shared[0].close)
        cls.world = _shared[0]

    def live(self) -> str:
        """Makes sure that a good release serves, and answers its commit."""
        world = self.world
        world.platform.preboot_seconds = 0
        world.platform.faults.clear()
        world.platform.hooks.clear()
        world.aim()
        live = world.platform.live
        good = [row for row in record.rows(world.repository.root) if row.is_live]
        if good and good[0].web_image_id == world.platform.formation.get("web") and live and live.runs:
            return good[0].commit
        world.repository.commit(f"a good one at {time.monotonic()}")
        self.ends(world.release(), 0)
        if not world.database.query("SELECT 1 FROM users LIMIT 1"):
            world.make_account()
        return world.row().commit

    def ends(self, ended: subprocess.CompletedProcess[str], code: int) -> str:
        """The code is this one; answers all that was said."""
        said = ended.stdout + ended.stderr
        self.assertEqual(ended.returncode, code, said)
        self.assertNotIn("Traceback", said)
        for secret in (TOKEN, ACCOUNT["SHIP_SMOKE_PASSWORD"], self.world.config["SECRET_KEY"]):
            self.assertNotIn(secret, said)
        return said

    def serves(self, commit: str) -> None:
        """This commit is what users get."""
        self.assertEqual(served_commit(self.world.platform.base_url), commit)

    def smoke(self, row: record.Row) -> list[dict[str, str]]:
        """What the smoke of a row found."""
        folder = self.world.repository.root / "artifacts/releases" / row.evidence.split()[0]
        return list(json.loads((folder / "smoke.json").read_text()))

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """A `ship` that is not waited for, a release unless said otherwise, in a group of its own as at a terminal."""
        arguments = arguments or ("release", "--apply", "--engine", "buildah")
        return subprocess.Popen(
            self.world.repository.command(*arguments), cwd=self.world.repository.root,
            env=self.world.repository.environment(**{"HEROKU_API_KEY": TOKEN} | ACCOUNT | variables), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def write_of(self, process: subprocess.Popen[str], seen: int) -> None:
        """Waits for the next write of a `ship` that is under way, `seen` were made before."""
        while len(self.world.platform.writes) == seen and process.poll() is None:
            time.sleep(0.02)

    def over(self, process: subprocess.Popen[str], code: int) -> str:
        """Waits for its end with this code, and answers what it said."""
        out, _ = process.communicate(timeout=300)
        note_exit(process.returncode)
        self.assertEqual(process.returncode, code, out)
        self.assertNotIn("Traceback", out or "")
        return out or ""

    def settled(self) -> None:
        """Waits until the platform has done what it was asked for."""
        while self.world.platform.releases[-1]["status"] == "pending":
            time.sleep(0.1)

    def tags(self) -> list[str]:
        """Every tag in the registry."""
        base = f"http://{self.world.registry.address}/v2"
        return [web.send("GET", f"{base}/{name}/tags/list").text for name in self.world.registry.repositories()]

    def freeze(self, seconds: float) -> None:
        """Holds the release phase up: its images take that long to come."""
        rootfs, of = self.world.platform.rootfs, self.world.platform.rootfs.of

        def slowly(*arguments: object) -> object:
            rootfs.of = of  # type: ignore[method-assign]
            time.sleep(seconds)
            return of(*arguments)  # type: ignore[arg-type]

        rootfs.of = slowly  # type: ignore[method-assign, assignment]


class Slack:
    """Takes what the team is told."""

    def __init__(self, told: list[bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
