"""What the tests need of the machine. As root on Debian it is installed; else what is missing is named."""

import fcntl
import os
import shutil
import subprocess
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "target/deploy-test"
EXITS = "AUTORISEN_SHIP_EXITS"
# A test that did not run may be the one that would have provoked an exit code; those of --long provoke none of their own.
NOT_RUN, ONLY_LONG = "not-run", "only with --long"
IN_CI = os.environ.get("CI") == "true"
PACKAGES = {
    "buildah": "buildah", "docker-registry": "docker-registry", "mmdebstrap": "mmdebstrap",
    "git": "git", "cargo": "cargo",
    "ssh-keygen": "openssh-client", "dockerd": "docker.io", "runc": "runc", "strip": "binutils", "objcopy": "binutils", "psql": "postgresql-client",
}  # fmt: skip
_missing: dict[str, str] = {}


def need(*tools: str) -> None:
    """Goes on only when these are there. In CI one that is missing is a failure, elsewhere a skip."""
    for tool in tools:
        if find(tool):
            continue
        with alone():
            if not (find(tool) or _install(tool)):
                not_run(f"{tool} cannot be had here")


@contextmanager
def alone() -> Iterator[None]:
    """While this lasts no other part of the tests installs or makes what all of them use."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def note_exit(code: int | str) -> None:
    """Keeps that `ship` ended so, for the count of all tests together."""
    if path := os.environ.get(EXITS):
        with open(path, "a") as file:
            file.write(f"{code}\n")


def not_run(why: str) -> None:
    """Says that something is not run."""
    if IN_CI:
        raise AssertionError(f"not run, and in CI that is a failure: {why}")
    raise unittest.SkipTest(why)


def find(tool: str) -> str | None:
    """Where a program is; those of PostgreSQL are not in the search path of Debian."""
    found = shutil.which(tool)
    if not found and tool == "psql":
        places = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
        found = str(places[-1]) if places else None
    return found


def run(*argv: str, **options: object) -> str:
    """Runs a program that must succeed, and answers what it printed."""
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if ended.returncode:
        raise AssertionError(f"{' '.join(argv)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return str(ended.stdout).strip()


def _install(tool: str) -> bool:
    if tool in _missing or os.getuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if not _missing:
        subprocess.run(["apt-get", "update"], stdout=subprocess.DEVNULL, env=environment, check=False)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", PACKAGES[tool]]
    subprocess.run(install, stdout=subprocess.DEVNULL, env=environment, check=False)
    _missing.setdefault(tool, "looked for")
    return find(tool) is not None
