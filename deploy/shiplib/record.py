"""What is written down of a release: a row in docs/DEPLOYMENTS.md and a folder of evidence.

Every attempt that reached the platform gets its row, also one that failed. The row names the digest of the
folder's list of digests, so neither can be changed without the other.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .console import Console
from .exits import Exit, Stop
from .git import RECORD, Git

BEGIN, END = "<!-- releases: begin -->", "<!-- releases: end -->"
COLUMNS = (
    "UTC", "release", "target", "commit", "manifest digest", "web image id", "release image id", "result",
    "operator", "reviewer", "evidence",
)  # fmt: skip
LIVE = "ok"


@dataclass(frozen=True)
class Row:
    """One attempt."""

    utc: str
    release: str
    target: str
    commit: str
    manifest_digest: str
    web_image_id: str
    release_image_id: str
    result: str
    operator: str
    reviewer: str
    evidence: str

    @property
    def is_live(self) -> bool:
        """Whether this build was served and found good."""
        return self.result.split(":")[0].split(",")[0] == LIVE

    def line(self) -> str:
        """As it stands in the table. What would break the table is taken out."""
        cells = [_cell(str(getattr(self, name))) for name in self.__dataclass_fields__]
        return "| " + " | ".join(cells) + " |"

    @classmethod
    def parse(cls, line: str) -> "Row":
        """Reads a line of the table."""
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) != len(COLUMNS):
            raise Stop(Exit.USAGE, f"{RECORD} has a row that is none: {line}")
        return cls(*cells)


def _cell(text: str) -> str:
    # A reason is free text: it must close no cell, and no comment such as the markers of the table.
    return re.sub(r"[|\s]+", " ", text).replace("<", "&lt;").replace(">", "&gt;").strip() or "-"


def check(root: Path) -> None:
    """Whether a row can be added and every row be read; better known before a release than after it."""
    _parts(root)
    rows(root)


def rows(root: Path) -> list[Row]:
    """Every attempt on record, the newest first."""
    text = (root / RECORD).read_text() if (root / RECORD).is_file() else ""
    inside = text.partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in inside.splitlines() if line.startswith("| ")]
    return [Row.parse(line) for line in lines if not line.startswith("| UTC ")]


def add(root: Path, row: Row) -> None:
    """Puts a row on top."""
    head, inside, tail = _parts(root)
    old = [line for line in inside.splitlines() if line.startswith("| ") and not line.startswith("| UTC ")]
    table = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS), row.line(), *old]
    (root / RECORD).write_text(f"{head}{BEGIN}\n\n" + "\n".join(table) + f"\n\n{END}{tail}")


def _parts(root: Path) -> tuple[str, str, str]:
    path = root / RECORD
    if path.is_symlink():
        raise Stop(Exit.USAGE, f"{RECORD} is a link: what it points to is not written to")
    text = path.read_text() if path.is_file() else ""
    head, begin, rest = text.partition(BEGIN)
    inside, end, tail = rest.partition(END)
    if not (begin and end):
        raise Stop(Exit.USAGE, f"{RECORD} has lost its markers {BEGIN} and {END}")
    return head, inside, tail


def keep(git: Git, row: Row, console: Console, branch: str) -> None:
    """Puts a row on top and commits it. When that cannot be done the row is said: what was done is done."""
    try:
        add(git.root, row)
        commit(git, row, console, branch)
    except (Stop, OSError) as fault:
        console.say(f"the row could not be kept ({fault}); put it into {RECORD} by hand:\n{row.line()}")


def commit(git: Git, row: Row, console: Console, branch: str) -> None:
    """Commits the row where that is sure to commit nothing else; else says that it is to be done."""
    changed = {line.split()[-1] for line in git.changes().splitlines()}
    if git.branch() != branch or changed != {RECORD}:
        console.say(f"the row is in {RECORD}; it is yours to commit")
        return
    git(
        "commit",
        "--quiet",
        "--message",
        f"deploy: {row.target} {row.release}, {row.result.split(':')[0]}",
        "--",
        RECORD,
    )
    console.say(f"the row is committed; share it: git push origin {branch}")


class Evidence:
    """The folder of one attempt. That something cannot be kept is said, and ends nothing."""

    def __init__(self, root: Path, commit_short: str, console: Console) -> None:
        self.utc = now()
        self.name = f"{self.utc.replace(':', '').replace('-', '')}-{commit_short}"
        self.folder = root / "artifacts/releases" / self.name
        self.console = console

    def text(self, name: str, text: str) -> None:
        """Keeps a text, without secrets."""
        self._keep(name, self.console.redact(text).encode())

    def packed(self, name: str, text: str) -> None:
        """Keeps a long text, without secrets."""
        self._keep(name, gzip.compress(self.console.redact(text).encode(), mtime=0))

    def json(self, name: str, value: Any) -> None:
        """Keeps a value."""
        self.text(name, json.dumps(value, indent=2, sort_keys=True) + "\n")

    def seal(self) -> str:
        """Writes the digests of all files, and answers what the row says of the folder."""
        try:
            return f"{self.name} {seal(self.folder)}"
        except OSError as error:
            self.console.say(f"the evidence could not be kept: {error.strerror}")
            return "not kept"

    def _keep(self, name: str, content: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        except OSError as error:
            self.console.say(f"{name} could not be kept: {error.strerror}")


def now() -> str:
    """The time as it stands in the record."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seal(folder: Path) -> str:
    """Lists the digests of all files below a folder in SHA256SUMS, and answers the digest of that list."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    sums = "".join(lines)
    (folder / "SHA256SUMS").write_text(sums)
    return "sha256:" + hashlib.sha256(sums.encode()).hexdigest()
