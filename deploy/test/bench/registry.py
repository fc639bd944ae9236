"""A registry on loopback, and the small images that others are built on."""

import atexit
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
import zlib
from pathlib import Path
from typing import Any

from shiplib import web

from .tools import WORK, alone, run

# What the programs of tests say that they are made of.
PACKAGES = [
    {"name": "actix-web", "version": "4.0.0", "source": "crates.io"},
    {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Registry:
    """Debian's docker-registry, with its data in a folder."""

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        config = folder / f"registry-{read_only}.yml"
        config.write_text(
            f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nhttp: {{addr: {self.address}}}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}, "
            f"maintenance: {{readonly: {{enabled: {str(read_only).lower()}}}}}}}\n"
        )
        self.log = (folder / f"registry-{read_only}.log").open("w")
        self.process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while web.send("GET", f"http://{self.address}/v2/").status != 200:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError("the registry does not start")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def repositories(self) -> list[str]:
        """Every repository."""
        answer = web.send("GET", f"http://{self.address}/v2/_catalog")
        return list(answer.json().get("repositories") or [])

    def find(self, repository: str, image_id: str) -> dict[str, Any] | None:
        """The manifest of an image id, as a platform finds it; `None` when it has no such image."""
        base = f"http://{self.address}/v2/{repository}"
        for tag in (web.send("GET", f"{base}/tags/list").json() or {}).get("tags") or []:
            accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
            manifest = web.send("GET", f"{base}/manifests/{tag}", accept).json() or {}
            if manifest.get("config", {}).get("digest") == image_id:
                return dict(manifest)
        return None

    def blob(self, repository: str, digest: str) -> bytes:
        """The content of a blob."""
        with urllib.request.urlopen(f"http://{self.address}/v2/{repository}/blobs/{digest}") as answer:
            return bytes(answer.read())


def storage() -> None:
    """Keeps what buildah makes in a folder of this process, until it ends."""
    folder = WORK / f"storage-{os.getpid()}"
    if folder.exists():
        return
    folder.mkdir(parents=True)
    config = folder / "storage.conf"
    config.write_text(f'[storage]\ndriver = "overlay"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n')
    os.environ["CONTAINERS_STORAGE_CONF"] = str(config)
    atexit.register(_forget, folder)


def _forget(folder: Path) -> None:
    # A build that was interrupted leaves its layers mounted.
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([place for place in places if place.startswith(f"{folder}/")]):
        subprocess.run(["umount", place], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


def bases(registry: Registry, binary: Path) -> tuple[str, str]:
    """Pushes a runtime with libc and no shell, and an image that holds the program; answers their names."""
    root, stripped = WORK / "small-root.tar", Path(os.environ["CONTAINERS_STORAGE_CONF"]).with_name("autorisen")
    with alone():
        if not root.exists():
            packages = "--include=libc6,libgcc-s1,ca-certificates,tzdata,netbase"
            run("mmdebstrap", "--variant=extract", packages, "bookworm", f"{root}.new.tar")
            Path(f"{root}.new.tar").rename(root)
    run("strip", "-o", str(stripped), str(binary))
    # As `cargo auditable` does.
    packed = stripped.with_name("packages")
    packed.write_bytes(zlib.compress(json.dumps({"packages": PACKAGES}).encode()))
    run("objcopy", "--add-section", f".dep-v0={packed}", str(stripped))
    runtime, program = f"{registry.address}/bases/small:1", f"{registry.address}/bases/bin:1"
    _image(runtime, [(root, "/")])
    _image(program, [(stripped, "/usr/local/bin/autorisen"), (CERTIFICATES, str(CERTIFICATES))])
    return runtime, program


def _image(name: str, contents: list[tuple[Path, str]]) -> None:
    container = run("buildah", "from", "scratch")
    for path, place in contents:
        run("buildah", "add", "--quiet", container, str(path), place)
    run("buildah", "config", "--arch", "amd64", "--os", "linux", container)
    run("buildah", "commit", "--quiet", "--rm", "--format", "docker", container, name)
    run("buildah", "push", "--quiet", "--tls-verify=false", "--format", "v2s2", name, f"docker://{name}")
