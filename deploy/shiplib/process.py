"""Running other programs."""

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .exits import Exit, Stop

# What no builder is told: it runs what the commit says.
SECRET = re.compile(
    r"HEROKU_\w+|SHIP_SMOKE_\w+|SLACK_WEBHOOK_URL|GITHUB_TOKEN|GH_TOKEN|SOURCE_\w+|AWS_\w+|ACTIONS_\w+|GIT_CONFIG_\w+"
)
PATIENCE_SECONDS = 10


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
        return subprocess.run(
            argv, cwd=cwd, input=stdin or "", capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]}: {error.strerror}")


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for programs that need no secret."""
    return {name: value for name, value in environment.items() if not SECRET.fullmatch(name)}


def logged(
    argv: Sequence[str], log: list[str], tell: Callable[[str], None], env: Mapping[str, str], stdin: str | None = None
) -> int:
    """Runs the program, tells its output line by line, keeps it in `log`, and answers the exit code."""
    try:
        child = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace",
        )  # fmt: skip
    except OSError as error:
        log.append(f"{argv[0]}: {error.strerror}\n")
        return 127
    with child:
        assert child.stdin and child.stdout
        try:
            with suppress(BrokenPipeError):
                child.stdin.write(stdin or "")
                child.stdin.close()
            for line in child.stdout:
                log.append(line)
                tell(line.rstrip("\n"))
            return child.wait()
        except BaseException:
            _end(child)
            raise


def _end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
