"""A repository to release from, with a remote, people and keys. What is in it is what a release needs."""

import os
import shutil
import subprocess
from pathlib import Path

from .tools import ROOT, note_exit, run

AUTHOR, REVIEWER, STRANGER = "author@example.org", "reviewer@example.org", "stranger@example.org"
APP = "autorisen-trial"
# A build that was not told its commit tells its version instead; the images of tests hold such a build.
TELL_COMMIT = "ENV APP_VERSION=$AUTORISEN_COMMIT\nENTRYPOINT "
TARGET = """\
app = "{app}"
production = {production}
api = "{api}"
registry = "{registry}"
bin_from = "{bin_from}"
runtime = "{runtime}"
preboot_seconds = {preboot}
deadline_seconds = 25
release_phase_seconds = 60
poll_seconds = 0.2
"""


class Repository:
    """A clone on its branch, in step with its remote."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.remote = folder, folder / "clone", folder / "remote.git"
        self.keys = {name: self._key(name) for name in (AUTHOR, REVIEWER, STRANGER)}
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        run("git", "init", "--quiet", "--initial-branch=main", str(self.root))
        for name, value in (("user.email", AUTHOR), ("user.name", "Author"), ("commit.gpgsign", "false")):
            self.git("config", name, value)
        self.git("remote", "add", "origin", str(self.remote))
        shutil.copytree(
            ROOT / "deploy/shiplib", self.root / "deploy/shiplib", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in (
            "justfile",
            "deploy/ship",
            "deploy/Dockerfile",
            "deploy/secrets.toml",
            "deploy/aws/role.json",
            "docs/DEPLOYMENTS.md",
            "Cargo.lock",
        ):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / ".gitignore").write_text("artifacts/\n__pycache__/\n")
        (self.root / "deploy/allowed_signers").write_text(
            "".join(
                f'{name} namespaces="deploy-signoff" {self.keys[name].with_suffix(".pub").read_text()}'
                for name in (AUTHOR, REVIEWER)
            )
        )
        self.dockerfile = (self.root / "deploy/Dockerfile").read_text().replace("ENTRYPOINT ", TELL_COMMIT)
        self.commit("A first commit")
        self.commit("A second one, whose parent names the signers")

    def git(self, *arguments: str) -> str:
        """Runs git here."""
        return run("git", *arguments, cwd=str(self.root))

    @property
    def head(self) -> str:
        """The commit."""
        return self.git("rev-parse", "HEAD")

    def commit(self, subject: str, web: str = "", release: str = "", files: dict[str, str] | None = None) -> str:
        """Commits and pushes; lines may be added to the web and to the release image."""
        text = self.dockerfile.replace("ENTRYPOINT ", f"{web}\nENTRYPOINT ", 1) + release + "\n"
        for name, content in ({"deploy/Dockerfile": text, "subject.txt": subject} | (files or {})).items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        self.push()
        return self.head

    def push(self) -> None:
        """Brings the remote up to date."""
        self.git("push", "--quiet", "origin", "main")

    def target(self, **values: object) -> None:
        """Says where releases go; the file lies outside of the tree, for its ports differ each time."""
        text = TARGET.format(**{"app": APP, "production": "false", "preboot": 0} | values)
        (self.folder / "targets").mkdir(exist_ok=True)
        (self.folder / "targets/trial.toml").write_text(text)

    def sign(self, by: str = REVIEWER, app_target: str = "trial", commit: str = "HEAD") -> None:
        """Signs off."""
        ended = self.ship("sign", "--commit", commit, "--key", str(self.keys[by]), target=app_target)
        assert ended.returncode == 0, ended.stderr

    def command(self, *arguments: str, target: str = "trial") -> list[str]:
        """How `ship` is called."""
        return [
            str(self.root / "deploy/ship"),
            *arguments,
            "--target",
            target,
            "--targets",
            str(self.folder / "targets"),
        ]

    def environment(self, **variables: str) -> dict[str, str]:
        """What `ship` sees: nothing of the machine but where programs and images are."""
        kept = ("PATH", "HOME", "TMPDIR", "CONTAINERS_STORAGE_CONF")
        return {name: os.environ[name] for name in kept if name in os.environ} | variables

    def ship(self, *arguments: str, target: str = "trial", **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs `ship` to its end."""
        ended = subprocess.run(
            self.command(*arguments, target=target), cwd=self.root, env=self.environment(**variables),
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        note_exit(ended.returncode)
        return ended

    def state(self) -> str:
        """Everything that a dry run must leave as it was."""
        files = sorted(f"{path} {path.stat().st_mtime_ns}" for path in self.root.rglob("*") if ".git" not in path.parts)
        return "\n".join([self.git("status", "--porcelain", "--ignored"), self.git("for-each-ref"), *files])

    def _key(self, name: str) -> Path:
        path = self.folder / f"key-{name.split('@')[0]}"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
        return path
