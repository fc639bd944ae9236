"""Running other programs."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .exits import Exit, Stop


def output(
    argv: Sequence[str], cwd: Path | None = None, code: Exit = Exit.PREREQUISITE, stdin: str | None = None
) -> str:
    """What the program printed; ends with `code` when it fails or is not there."""
    ended = attempt(argv, cwd, stdin)
    if ended.returncode != 0:
        raise Stop(code, f"{argv[0]} {argv[1] if len(argv) > 1 else ''} failed: {ended.stderr.strip()}")
    return ended.stdout.strip()


def attempt(argv: Sequence[str], cwd: Path | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the program and looks at nothing."""
    try:
        return subprocess.run(argv, cwd=cwd, input=stdin or "", capture_output=True, text=True, check=False)
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]}: {error.strerror}")


def logged(argv: Sequence[str], log: list[str], env: Mapping[str, str] | None = None, stdin: str | None = None) -> int:
    """Runs the program with all its output put into `log`, and answers its exit code."""
    try:
        ended = subprocess.run(
            argv, env=env, input=stdin or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except OSError as error:
        log.append(f"{argv[0]}: {error.strerror}\n")
        return 127
    log.append(ended.stdout)
    return ended.returncode
