"""One release at a time from this clone. From others the platform's release numbers keep us apart."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exits import Exit, Stop
from .git import Git


@contextmanager
def locked(git: Git, target: str) -> Iterator[None]:
    """Holds the lock of a target."""
    path = Path(git("rev-parse", "--path-format=absolute", "--git-common-dir"), f"ship-{target}.lock")
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Stop(Exit.RACED, f"another release to {target} is under way from this clone") from error
        yield
