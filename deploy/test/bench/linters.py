"""The linters, in an environment of their own below target/."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .tools import ROOT, not_run

ENVIRONMENT = ROOT / "target/deploy-lints"
REQUIREMENTS = ROOT / "deploy/test/requirements.txt"
# Tags of CloudFormation are read as the text that they are.
READ_YAML = """
import json, sys, yaml
yaml.SafeLoader.add_multi_constructor("!", lambda loader, tag, node: f"!{tag} {loader.construct_scalar(node)}")
print(json.dumps(yaml.safe_load(sys.stdin)))
"""


def install() -> None:
    """Makes the environment, once for each list of requirements."""
    stamp = ENVIRONMENT / "requirements.txt"
    if stamp.is_file() and stamp.read_text() == REQUIREMENTS.read_text():
        return
    pip = [str(ENVIRONMENT / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
        [*pip, "--only-binary", ":all:", "-r", str(REQUIREMENTS)],
    ):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            not_run("the linters cannot be installed here")
    stamp.write_text(REQUIREMENTS.read_text())


def lint(
    tool: str, *arguments: str, cwd: Path = ROOT, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs one of them."""
    install()
    environment = os.environ | {"PATH": f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}"} | variables
    command = [str(ENVIRONMENT / "bin" / tool), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, check=False)


def read_yaml(path: Path) -> Any:
    """What a file of YAML says; this Python itself cannot read it."""
    ended = lint("python", "-c", READ_YAML, stdin=path.read_text())
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
