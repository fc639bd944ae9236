"""Running an image as the platform does: its own files, a user that nobody chose, and its environment alone."""

import json
import os
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
                ["chroot", f"--userspec={USER}:{USER}", str(root), *config["Entrypoint"], *config["Cmd"]],
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

    def said(self) -> str:
        """Everything that was written to its log."""
        return self.log.read_text(errors="replace")


def may_chroot() -> bool:
    """Whether images can be run here."""
    return os.getuid() == 0
