"""Running an image as the platform does: its own files, a user that nobody chose, and its environment alone. It is
stricter than the platform in that nothing can be written."""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from .registry import Registry, free_port

USER = 40123
# Thousands of small files that no program here reads.
SPARED = "usr/share/"
# In a mount namespace of its own, for the files of one image are shared by its dynos.
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot "--userspec=$1" "$0" "${@:2}"'


class Rootfs:
    """Files of images, unpacked once each."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self.registry = registry
        self.folder = folder

    def of(self, repository: str, manifest: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
        """Where the files of an image are, and its config."""
        config = json.loads(self.registry.blob(repository, manifest["config"]["digest"]))
        layers = [layer["digest"] for layer in manifest["layers"]]
        place = self.folder / "-".join(digest[7:15] for digest in layers)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=self.folder) as half:
                root = Path(half, "root")
                for digest in layers:
                    with tarfile.open(fileobj=BytesIO(self.registry.blob(repository, digest)), mode="r:gz") as layer:
                        layer.extractall(root, [one for one in layer if SPARED not in one.name], filter="tar")
                root.rename(place)
        return place, dict(config["config"])


class Dyno:
    """One process of an image."""

    def __init__(self, root: Path, config: dict[str, Any], variables: dict[str, str], kind: str, log: Path) -> None:
        self.kind = kind
        self.port = free_port()
        image = dict(line.split("=", 1) for line in config.get("Env") or [])
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    *(tool("unshare"), "--mount", tool("bash"), "-c", READ_ONLY, str(root), f"{USER}:{USER}"),
                    *(*config["Entrypoint"], *config["Cmd"]),
                ],
                env=image | variables | {"PORT": str(self.port), "DYNO": f"{kind}.1"},
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
            )  # fmt: skip

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def wait(self) -> int:
        """Waits for its end, and answers its exit code."""
        return self.process.wait()

    def stop(self, within: float = 30) -> tuple[int, float]:
        """Tells it to stop as the platform does; answers its exit code and how long it took."""
        started = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return code, time.monotonic() - started

    def sees_read_only_files(self) -> bool:
        """Whether the system lets it write nowhere."""
        mounts = Path(f"/proc/{self.process.pid}/mountinfo").read_text().splitlines()
        return any(line.split()[4] == "/" and "ro" in line.split()[5].split(",") for line in mounts)

    def said(self) -> str:
        """Everything that was written to its log."""
        return self.log.read_text(errors="replace")


def tool(name: str) -> str:
    """Where a program of this machine is; the environment of an image does not say."""
    return shutil.which(name) or name


def may_chroot() -> bool:
    """Whether images can be run here."""
    return os.getuid() == 0
