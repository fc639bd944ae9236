"""The samples and the page of settings name every setting that the server reads, and hold nothing that looks like a secret."""

import json
import re
import subprocess
import sys
import unittest

from bench.tools import ROOT, not_run, run
from bench.world import binary
from shiplib import drift

RENDER = ROOT / "deploy/env/render"
KINDS = {
    "local": ROOT / "deploy/env/local.sample",
    "production": ROOT / "deploy/env/production.sample",
    "page": ROOT / "docs/settings.md",
}


class Samples(unittest.TestCase):
    def setUp(self) -> None:
        if not binary().exists():
            not_run(f"{binary()} is not built")
        self.names = run(str(binary()), "config", "print", "--names", "--json")

    def test_they_are_what_the_server_lists(self) -> None:
        for kind, path in KINDS.items():
            made = run(sys.executable, str(RENDER), kind, input=self.names)
            kept = path.read_text().strip()
            self.assertEqual(
                kept,
                made,
                f"run: autorisen config print --names --json | deploy/env/render {kind} > {path.relative_to(ROOT)}",
            )
            for setting in json.loads(self.names)["settings"]:
                self.assertRegex(kept, rf"(?m)^(#?{setting['variables'][0]}=|\| `{setting['variables'][0]}`)")

    def test_a_sample_sets_nothing_secret(self) -> None:
        secret = {name for one in json.loads(self.names)["settings"] if one["secret"] for name in one["variables"]}
        for path in KINDS.values():
            for line in path.read_text().splitlines():
                name, _, value = line.lstrip("#").partition("=")
                if name in secret:
                    self.assertEqual(value, "", line)
                self.assertNotRegex(line, r"[A-Za-z0-9+/]{32,}")

    def test_every_secret_of_the_server_is_somebody_s_in_the_map(self) -> None:
        secret = {one["variables"][0] for one in json.loads(self.names)["settings"] if one["secret"]}
        self.assertEqual(secret - set(drift.load_map(ROOT / "deploy/secrets.toml")), set())

    def test_production_as_it_is_names_what_is_to_be_filled_in(self) -> None:
        text = KINDS["production"].read_text()
        variables = dict(re.findall(r"(?m)^([A-Z_]+)=(.+)$", text))
        ended = subprocess.run(
            [str(binary()), "config", "check"], env=variables, capture_output=True, text=True, check=False, cwd="/"
        )
        self.assertEqual(ended.returncode, 3)
        self.assertIn("SECRET_KEY", ended.stderr)

    def test_the_settings_that_people_know_are_there(self) -> None:
        kept = KINDS["production"].read_text()
        for name in (
            "CHATKIT_SIGNING_KEY",
            "CHATKIT_ISSUER",
            "CHATKIT_AUDIENCE",
            "CHATKIT_TOKEN_TTL_SECONDS",
            "SECRET_KEY",
        ):
            self.assertRegex(kept, rf"(?m)^#?{name}=")
