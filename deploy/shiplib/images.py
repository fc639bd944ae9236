"""Building and pushing the two images. What a plan prints is what a release runs: both come from here."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import Console
from .exits import Exit, Stop
from .git import Commit, Git
from .process import logged, without_secrets
from .target import HEROKU_REGISTRY, Target

KINDS = ("web", "release")
PLATFORM = "linux/amd64"


class Images:
    """The images of one commit for one target, made with docker or buildah."""

    def __init__(self, engine: str, commit: Commit, target: Target, console: Console, folder: Path) -> None:
        self.engine = engine
        self.commit = commit
        self.target = target
        self.console = console
        self.folder = folder
        self.context = folder / "context"
        self.log: list[str] = []
        self.env = without_secrets(os.environ)

    def build(self, git: Git) -> None:
        """Builds both from the files of the commit and nothing else. Docker pushes them at once."""
        self._run(
            ["git", "-C", str(git.root), "archive", f"--output={self.folder}/tree.tar", self.commit.sha], Exit.BUILD
        )
        self._run(["mkdir", str(self.context)], Exit.BUILD)
        self._run(["tar", "--extract", f"--file={self.folder}/tree.tar", f"--directory={self.context}"], Exit.BUILD)
        for kind in KINDS:
            self._run(self.build_command(kind), Exit.BUILD)

    def push(self) -> None:
        """Pushes both, in the one format that the platform takes."""
        for kind in KINDS:
            if push := self.push_command(kind):
                self._run(push, Exit.PUSH)

    def build_command(self, kind: str) -> list[str]:
        """How one image is built: the first from its source, the second around the program of the first."""
        bin_from = self.target.bin_from if kind == "web" else f"{self.target.image('web')}:{self.commit.short}"
        arguments = {"BIN_FROM": bin_from, "RUNTIME": self.target.runtime, "AUTORISEN_COMMIT": self.commit.sha}
        common = ["--platform", PLATFORM, "--no-cache", *(["--pull"] if kind == "web" else []), "--target", kind]
        common += [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        common += ["--file", f"{self.context}/deploy/Dockerfile"]
        name = f"{self.target.image(kind)}:{self.commit.short}"
        if self.engine == "docker":
            # Attestations, or BuildKit's own choice of media types, would make an image that cannot be released.
            output = f"type=image,name={name},push=true,oci-mediatypes=false"
            return [
                "docker",
                "buildx",
                "build",
                "--provenance=false",
                "--sbom=false",
                "--output",
                output,
                *common,
                str(self.context),
            ]
        tls = ["--tls-verify=false"] if self.target.is_loopback else []
        return [
            "buildah",
            "build",
            "--isolation",
            "chroot",
            "--format",
            "docker",
            *tls,
            "--tag",
            name,
            *common,
            str(self.context),
        ]

    def push_command(self, kind: str) -> list[str] | None:
        """How one image is pushed, if building it has not done so."""
        if self.engine == "docker":
            return None
        name = f"{self.target.image(kind)}:{self.commit.short}"
        tls = ["--tls-verify=false"] if self.target.is_loopback else []
        return ["buildah", "push", *tls, "--format", "v2s2", name, f"docker://{name}"]

    @contextmanager
    def logged_in(self, token: str) -> Iterator[None]:
        """Signs in at the registry, with a login that is kept in a folder of its own and is gone afterwards."""
        if self.target.is_loopback:
            yield
            return
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "config.json").write_text(json.dumps({}))
            # The builders of this machine are found all the same.
            self.env.setdefault("BUILDX_CONFIG", str(Path.home() / ".docker/buildx"))
            self.env |= {"DOCKER_CONFIG": folder, "REGISTRY_AUTH_FILE": str(Path(folder, "config.json"))}
            login = [self.engine, "login", "--username", "_", "--password-stdin", HEROKU_REGISTRY]
            self._run(login, Exit.PUSH, stdin=token, stdin_name="HEROKU_API_KEY")
            yield

    def _run(self, argv: list[str], code: Exit, stdin: str | None = None, stdin_name: str | None = None) -> None:
        self.console.command(argv, stdin_name)
        if self.console.dry:
            return
        self.log.append("$ " + " ".join(argv) + "\n")
        if ended := logged(argv, self.log, self.console.follow, self.env, stdin):
            last = "".join(self.log).strip().splitlines()[-12:]
            pushing = self.engine == "docker" and any("failed to push" in line for line in last)
            code = Exit.PUSH if pushing else code
            raise Stop(code, f"{argv[0]} ended with {ended}:\n" + self.console.redact("\n".join(last)))
