"""Drift is found and shown without a value; one write or none."""

import io
import secrets
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from bench.heroku import TOKEN, StandIn
from bench.repository import APP, Repository
from bench.stage import Slack
from bench.tools import ROOT, need
from shiplib import drift
from shiplib.console import Console
from shiplib.guards import RESERVED
from shiplib.platform import Platform
from shiplib.target import Target


def canary() -> str:
    """A value that must be seen nowhere."""
    return f"canary-{secrets.token_hex(24)}"


class Case(unittest.TestCase):
    """A repository with a map, and a platform whose settings are canaries."""

    def setUp(self) -> None:
        need("git", "ssh-keygen")
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.repository = Repository(Path(place.name))
        self.values = {name: canary() for name in ("SECRET_KEY", "OPENAI_API_KEY", "CHATKIT_SIGNING_KEY")}
        self.password = canary()
        self.platform = StandIn(
            APP, None, Path(place.name), {"DATABASE_URL": f"postgres://u:{self.password}@db/x"} | self.values
        )  # type: ignore[arg-type]
        self.addCleanup(self.platform.close)
        self.repository.target(api=self.platform.url, registry="127.0.0.1:1", bin_from="x", runtime="y")

    def ship(self, *arguments: str, **source: str) -> subprocess.CompletedProcess[str]:
        named = {f"SOURCE_{name}": value for name, value in source.items()}
        named["SLACK_WEBHOOK_URL"] = named.pop("SOURCE_SLACK", "")
        ended = self.repository.ship(*arguments, HEROKU_API_KEY=TOKEN, **named)
        said = ended.stdout + ended.stderr
        self.assertNotIn("Traceback", said)
        for value in (*self.values.values(), *source.values(), self.password, TOKEN):
            if len(value) > 8:
                self.assertNotIn(value, said)
                self.assertNotIn(value[:16], said)
        return ended


class Drift(Case):
    def states(self, text: str) -> dict[str, str]:
        return {line.split()[0]: line[57:] for line in text.splitlines()[1:] if len(line) > 57}

    def test_what_is_the_same_is_no_drift(self) -> None:
        ended = self.ship("secrets", "check", **self.values)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        states = self.states(ended.stdout)
        self.assertEqual((states["SECRET_KEY"], states["DATABASE_URL"]), ("same", "addon"))
        self.assertEqual(states["RECAPTCHA_SECRET"], "unset at both")

    def test_each_kind_of_drift_has_its_name(self) -> None:
        self.platform.config |= {"NOTE": canary(), "APP_VERSION": "v0"}
        source = self.values | {"SECRET_KEY": canary(), "RECAPTCHA_SECRET": canary()}
        del source["OPENAI_API_KEY"]
        ended = self.ship("secrets", "check", **source)
        self.assertEqual(ended.returncode, 50, ended.stderr)
        expected = {
            "SECRET_KEY": "differs", "RECAPTCHA_SECRET": "missing at the platform", "OPENAI_API_KEY": "missing at the source",
            "NOTE": "unmanaged", "APP_VERSION": "reserved", "DATABASE_URL": "addon", "CHATKIT_SIGNING_KEY": "same",
        }  # fmt: skip
        states = self.states(ended.stdout)
        self.assertEqual({name: states[name] for name in expected}, expected)
        self.assertEqual(self.platform.writes, [])

    def test_drift_is_told_to_the_team(self) -> None:
        told: list[bytes] = []
        with Slack(told) as url:
            self.ship("secrets", "check", SLACK=url, **self.values | {"SECRET_KEY": canary()})
        self.assertIn(b"SECRET_KEY differs", told[0])

    def test_fingerprints_are_of_one_run_alone(self) -> None:
        prints = {
            self.ship("secrets", "check", **self.values).stdout.split("SECRET_KEY", 1)[1].split()[0] for _ in range(2)
        }
        self.assertEqual(len(prints), 2)

    def test_a_value_that_is_short_or_empty_stops_everything(self) -> None:
        for wrong in ("short", "", f" {canary()}"):
            ended = self.ship("secrets", "sync", "--apply", **self.values | {"SECRET_KEY": wrong})
            self.assertEqual(ended.returncode, 51, ended.stdout)
            self.assertIn("SECRET_KEY", ended.stderr)
        self.assertEqual(self.platform.requests, [], "nothing was even asked")

    def test_a_plan_writes_nothing_and_shows_no_value(self) -> None:
        source = self.values | {"SECRET_KEY": canary()}
        del source["OPENAI_API_KEY"]
        for arguments in (("secrets", "plan"), ("secrets", "sync")):
            ended = self.ship(*arguments, **source)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertIn('{"SECRET_KEY": "[value]"}', ended.stdout)
            self.assertIn("left alone without --prune: OPENAI_API_KEY", ended.stdout)
            self.assertIn("DRY RUN", ended.stdout)
        self.assertIn('"OPENAI_API_KEY": null', self.ship("secrets", "plan", "--prune", **source).stdout)
        self.assertEqual(self.platform.writes, [])

    def test_a_write_is_one_and_touches_what_is_managed_alone(self) -> None:
        self.platform.config["NOTE"] = "somebody's"
        new = self.values | {"SECRET_KEY": canary(), "CHATKIT_SIGNING_KEY": canary()}
        del new["OPENAI_API_KEY"]
        ended = self.ship("secrets", "sync", "--prune", "--apply", **new)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn("nothing is released yet", ended.stdout)
        self.assertEqual([one for one in self.platform.writes], [("PATCH", f"/apps/{APP}/config-vars")])
        url = self.platform.config.pop("DATABASE_URL")
        self.assertIn(self.password, url)
        self.assertEqual(self.platform.config, new | {"NOTE": "somebody's"})

    def test_the_password_within_an_address_is_masked_by_itself(self) -> None:
        out = io.StringIO()
        with mock.patch.dict("os.environ", HEROKU_API_KEY=TOKEN):
            console = Console(False, out)
            target = Target("t", APP, api=self.platform.url, registry="127.0.0.1:1")
            Platform(target, console).config()
        console.say(f"wrong password: {self.password}")
        self.assertEqual(out.getvalue(), "wrong password: [redacted]\n")


class Audit(Case):
    """An audit of an app with secrets all over the place."""

    def test_no_secret_is_in_any_file(self) -> None:
        self.platform.config |= {"NOTE": canary(), "APP_VERSION": canary()}
        ended = self.ship("audit")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        [folder] = (self.repository.root / "artifacts/live-audit").iterdir()
        kept = "".join(path.read_text() for path in folder.iterdir())
        for value in self.platform.config.values():
            self.assertNotIn(value, kept)
        self.assertIn("the setting APP_VERSION: reserved", kept)
        self.assertIn("nothing is released", kept)
        self.assertEqual(self.platform.writes, [])

    def test_what_cannot_be_read_makes_it_incomplete(self) -> None:
        self.platform.faults.append(("GET", "/domains", 503))
        ended = self.ship("audit")
        self.assertEqual(ended.returncode, 60, ended.stdout)
        self.assertIn("not read: domains", ended.stdout)


class Map(unittest.TestCase):
    def test_the_map_is_in_order_and_names_nothing_reserved(self) -> None:
        entries = drift.load_map(ROOT / "deploy/secrets.toml")
        self.assertTrue(entries["SECRET_KEY"].required)
        self.assertFalse(set(entries) & set(RESERVED))

    def test_what_to_do_for_each_secret_is_written_down(self) -> None:
        import tomllib

        runbook = (ROOT / "deploy/README.md").read_text()
        for name, one in tomllib.loads((ROOT / "deploy/secrets.toml").read_text()).items():
            self.assertIn(f"### {one['rotate']}\n", runbook, name)
