"""What git knows."""

import re
from dataclasses import dataclass
from pathlib import Path

from .exits import Exit, Stop
from .process import attempt, output

RECORD = "docs/DEPLOYMENTS.md"
# The first line of a migration that takes something away; why follows. The tests of the tables see to it.
CONTRACT = "-- contract:"


@dataclass(frozen=True)
class Commit:
    """One commit and whose it is."""

    sha: str
    author: str
    committer: str
    subject: str
    with_them: tuple[str, ...] = ()  # Who else wrote it, by its trailers.

    @property
    def short(self) -> str:
        """The form that tags images."""
        return self.sha[:12]


class Git:
    """A repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: str) -> str:
        """What `git …` prints; ends the work when it fails."""
        return output(["git", *arguments], self.root, Exit.TREE)

    def asks(self, *arguments: str) -> bool:
        """Whether `git …` succeeds."""
        return attempt(["git", *arguments], self.root).returncode == 0

    def commit(self, name: str = "HEAD") -> Commit:
        """The commit of this name."""
        trailers = "%(trailers:key=Co-authored-by,valueonly)"
        said = self("show", "-s", f"--format=%H%n%ae%n%ce%n%s%n{trailers}", name).split("\n")
        return Commit(said[0], said[1], said[2], said[3], tuple(re.findall(r"<([^>]+)>", "\n".join(said[4:]))))

    def changes(self) -> str:
        """What is not committed, files that git does not know included."""
        return self("status", "--porcelain", "--untracked-files=all")

    def branch(self) -> str:
        """The branch that is checked out; nothing when none is."""
        return attempt(["git", "symbolic-ref", "--quiet", "--short", "HEAD"], self.root).stdout.strip()

    def at_remote(self, remote: str, ref: str) -> str:
        """The commit of a ref at the remote itself, not as it was at the last fetch; nothing when there is none."""
        return self("ls-remote", remote, ref).split("\t")[0]

    def file(self, commit: str, path: str) -> str | None:
        """A file as of a commit."""
        found = attempt(["git", "show", f"{commit}:{path}"], self.root)
        return found.stdout if found.returncode == 0 else None

    def same_product(self, one: str, other: str) -> bool:
        """Whether two commits differ in nothing but the record of releases."""
        if one == other:
            return True
        return self.knows(one) and self.asks("diff", "--quiet", one, other, "--", ".", f":(exclude){RECORD}")

    def knows(self, commit: str) -> bool:
        """Whether this commit is here."""
        return self.asks("cat-file", "-e", f"{commit}^{{commit}}")

    def contracts(self, since: str | None, commit: str) -> list[str]:
        """Migrations after `since` that take away what the build before may need, each with why it may.

        Where the build before is not known here, every migration counts.
        """
        pattern = "migrations/postgres/*/up.sql"
        if since and self.knows(since):
            names = self("diff", "--name-only", "--diff-filter=AM", since, commit, "--", pattern)
        else:
            names = self("ls-tree", "-r", "--name-only", commit, "--", "migrations/postgres")
        found = []
        for name in names.splitlines():
            first = (self.file(commit, name) or "").partition("\n")[0]
            if name.endswith("/up.sql") and first.startswith(CONTRACT):
                found.append(f"{name}: {first.removeprefix(CONTRACT).strip()}")
        return found


def find_root(start: Path) -> Path:
    """The top folder of the repository."""
    found = attempt(["git", "rev-parse", "--show-toplevel"], start)
    if found.returncode != 0:
        raise Stop(Exit.TREE, "this is no git repository")
    return Path(found.stdout.strip())
