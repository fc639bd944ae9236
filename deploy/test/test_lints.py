"""Linters over everything that no compiler sees: Python, the Dockerfile, workflows, shell, templates."""

import re
import tomllib
import unittest
from pathlib import Path

from bench.linters import lint, read_yaml
from bench.tools import ROOT

PYTHON = [
    "deploy/shiplib",
    "deploy/test",
    "deploy/ship",
    "deploy/test/run",
    "deploy/test/try",
    "deploy/env/render",
    "deploy/aws/render",
]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


class Lints(unittest.TestCase):
    def clean(self, tool: str, *arguments: str, cwd: Path = ROOT, **variables: str) -> None:
        ended = lint(tool, *arguments, cwd=cwd, **variables)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_python_is_laid_out_and_clean(self) -> None:
        self.clean("ruff", "format", "--check", "--no-cache", "--config", "deploy/ruff.toml", *PYTHON)
        self.clean("ruff", "check", "--no-cache", "--config", "deploy/ruff.toml", *PYTHON)

    def test_python_has_types(self) -> None:
        common = ["--strict", "--python-version", "3.11", "--cache-dir", str(ROOT / "target/mypy")]
        self.clean("mypy", *common, "shiplib", cwd=ROOT / "deploy")
        self.clean("mypy", *common, "bench", cwd=ROOT / "deploy/test", MYPYPATH=str(ROOT / "deploy"))

    def test_the_dockerfile_is_clean(self) -> None:
        self.clean("hadolint", "deploy/Dockerfile")
        self.assertNotEqual(lint("hadolint", "-", stdin="FROM debian:latest\nCMD sh -c x\n").returncode, 0)

    def test_workflows_and_the_shell_in_them_are_clean(self) -> None:
        self.clean("actionlint", *map(str, WORKFLOWS))
        self.clean("zizmor", "--offline", "--no-progress", ".github/workflows")

    def test_shell_is_clean(self) -> None:
        self.clean("shellcheck", ".ci/run")

    def test_templates_are_clean(self) -> None:
        self.clean("cfn-lint", "deploy/aws/role.json")

    def test_the_composition_reaches_out_by_the_proxy_alone(self) -> None:
        services = read_yaml(ROOT / "deploy/compose.yaml")["services"]
        self.assertEqual([name for name, one in services.items() if one.get("ports")], ["proxy"])
        for name in ("release", "server"):
            one = services[name]
            self.assertTrue(one["read_only"] and one["cap_drop"] == ["ALL"] and one["user"] == "65532:65532", name)
        self.assertEqual((services["release"]["command"], services["server"]["command"]), (["release"], ["serve"]))
        self.assertIn("release", services["server"]["depends_on"])

    def test_a_planted_fault_is_found(self) -> None:
        bad = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.event.issue.title }} $x\n"
        self.assertNotEqual(lint("actionlint", "-", stdin=bad).returncode, 0)


class Workflows(unittest.TestCase):
    texts = {path.name: path.read_text() for path in WORKFLOWS}

    def test_every_action_is_pinned_by_commit_and_nothing_is_permitted_by_default(self) -> None:
        for name, text in self.texts.items():
            for used in re.findall(r"uses: (\S+)", text):
                self.assertRegex(used, r"@[0-9a-f]{40}$", name)
            self.assertIn("\npermissions: {}\n", text, name)
            self.assertIn("timeout-minutes:", text, name)

    def test_nothing_is_released_by_a_push_and_no_release_is_cut_off(self) -> None:
        for name in ("release.yml", "secrets.yml", "ecr.yml", "audit.yml"):
            self.assertIn("workflow_dispatch:", self.texts[name])
            self.assertNotRegex(self.texts[name], r"(?m)^  (push|pull_request)")
            self.assertIn("cancel-in-progress: false", self.texts[name])

    def test_inputs_reach_shell_by_the_environment_alone(self) -> None:
        for name, text in self.texts.items():
            for block in re.findall(r"run: \|\n((?: {10,}.*\n|\n)+)", text):
                self.assertNotIn("${{", block, name)

    def test_the_secrets_that_are_mapped_are_those_of_the_map(self) -> None:
        entries = tomllib.loads((ROOT / "deploy/secrets.toml").read_text())
        managed = sorted(name for name, one in entries.items() if one["class"] == "managed")
        mapped = re.findall(r"SOURCE_(\w+): \$\{\{ secrets\.(\w+) \}\}", self.texts["secrets.yml"])
        self.assertEqual(sorted(mapped), [(name, name) for name in managed])

    def test_the_check_that_releases_ask_for_is_the_name_of_a_job(self) -> None:
        target = tomllib.loads((ROOT / "deploy/targets/production.toml").read_text())
        for name in target["required_checks"]:
            self.assertIn(f"    name: {name}\n", self.texts["ci.yml"])
