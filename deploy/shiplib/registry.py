"""Reading back what was pushed: only what is really in the registry is released."""

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

from . import web
from .exits import Exit, Stop
from .platform import Platform
from .target import Target

SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"
# All four are asked for, so that what is wrong can be named.
ACCEPTED = (
    SCHEMA_2,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
MOST_OF_A_LAYER = 256 * 1024 * 1024
PROGRAM = "usr/local/bin/autorisen"
ENTRYPOINT = [f"/{PROGRAM}"]
COMMANDS = {"web": ["serve"], "release": ["release"]}


@dataclass(frozen=True)
class Pushed:
    """One image as the registry holds it."""

    kind: str
    digest: str  # Of the manifest: what is pulled.
    image_id: str  # Of the config: what the platform releases.
    manifest: dict[str, Any]
    compressed_bytes: int
    layers: tuple[str, ...]


class Registry:
    """The registry of a target."""

    def __init__(self, target: Target, platform: Platform) -> None:
        self.target = target
        self._headers: dict[str, str] = {}
        if not target.is_loopback:
            login = base64.b64encode(f"_:{platform.token}".encode()).decode()
            self._headers["Authorization"] = f"Basic {login}"
            platform.console.hide(login)

    def read_back(self, kind: str, tag: str, commit: str) -> Pushed:
        """The image under this tag, if the platform can run it and it is of this commit."""
        what = f"{self.target.image(kind)}:{tag}"
        answer = self._get(f"/{kind}/manifests/{tag}", ", ".join(ACCEPTED))
        if answer.status != 200:
            raise Stop(Exit.MANIFEST, f"{what} cannot be read back: {answer.status} {answer.text.strip()[:300]}")
        manifest = answer.json()
        if not isinstance(manifest, dict):
            raise Stop(Exit.MANIFEST, f"{what} has no manifest that can be read")
        found = manifest.get("mediaType") or answer.header("content-type")
        if found != SCHEMA_2:
            raise Stop(Exit.MANIFEST, f"{what} is {found}; the platform takes only {SCHEMA_2}")
        digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
        try:
            image_id = str(manifest["config"]["digest"])
            layers = [(str(layer["digest"]), int(layer["size"])) for layer in manifest["layers"]]
        except (KeyError, TypeError, ValueError) as error:
            raise Stop(Exit.MANIFEST, f"{what} has a manifest without {error}") from error
        config = self.config(kind, image_id)
        faults = self._faults(kind, commit, manifest, config)
        if faults:
            raise Stop(Exit.MANIFEST, f"{what} may not be released: " + "; ".join(faults))
        size = sum(size for _, size in layers)
        return Pushed(kind, digest, image_id, manifest, size, tuple(layer for layer, _ in layers))

    def config(self, kind: str, image_id: str) -> dict[str, Any]:
        """The config of an image, which must be what its id says."""
        answer = self._followed(f"/{kind}/blobs/{image_id}")
        if answer.status != 200 or "sha256:" + hashlib.sha256(answer.body).hexdigest() != image_id:
            raise Stop(Exit.MANIFEST, f"the config {image_id} of {kind} cannot be read: {answer.status}")
        config: dict[str, Any] = json.loads(answer.body)
        return config

    def file(self, pushed: Pushed, path: str) -> bytes | None:
        """A file of an image, as the last layer that has it holds it; `None` when none does, or none can be read."""
        for layer in reversed(pushed.layers):
            answer = self._followed(f"/{pushed.kind}/blobs/{layer}", most=MOST_OF_A_LAYER)
            if answer.status != 200 or "sha256:" + hashlib.sha256(answer.body).hexdigest() != layer:
                return None
            try:
                with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as tar:
                    found = next((one for one in tar if one.name.lstrip("./") == path and one.isfile()), None)
                    content = tar.extractfile(found) if found else None
                    if content:
                        return content.read()
            except (tarfile.TarError, OSError, EOFError):
                return None
        return None

    def commit_of(self, kind: str, image_id: str) -> str:
        """What an image says that it was built from; nothing when it cannot be asked."""
        try:
            return str((self.config(kind, image_id)["config"].get("Labels") or {}).get(REVISION, ""))
        except (Stop, KeyError):
            return ""

    def under(self, kind: str, tag: str) -> tuple[str, str]:
        """The digest of the manifest and the id of the image under a tag, as far as there is one."""
        answer = self._get(f"/{kind}/manifests/{tag}", SCHEMA_2)
        manifest = answer.json() if answer.status == 200 else None
        if not isinstance(manifest, dict) or "config" not in manifest:
            return "", ""
        return "sha256:" + hashlib.sha256(answer.body).hexdigest(), str(manifest["config"]["digest"])

    def _faults(self, kind: str, commit: str, manifest: dict[str, Any], config: dict[str, Any]) -> list[str]:
        run = config.get("config", {})
        wanted = [
            ("the architecture", config.get("architecture"), "amd64"),
            ("the system", config.get("os"), "linux"),
            ("the revision", (run.get("Labels") or {}).get(REVISION), commit),
            ("the entry point", run.get("Entrypoint"), ENTRYPOINT),
            ("the command", run.get("Cmd"), COMMANDS[kind]),
        ]
        faults = [f"{name} is {found}, not {due}" for name, found, due in wanted if found != due]
        user = str(run.get("User") or "").split(":")[0]
        if user in ("", "0", "root"):
            faults.append("it runs as root")
        if len(manifest["layers"]) >= self.target.max_layers:
            faults.append(f"it has {len(manifest['layers'])} layers, {self.target.max_layers} are too many")
        return faults

    def _followed(self, path: str, most: int = web.MOST_BYTES) -> web.Answer:
        answer = self._get(path, "*/*", most)
        for _ in range(3):
            if answer.status not in (301, 302, 307, 308):
                break
            # Where blobs are kept elsewhere, the address itself is the permission.
            answer = web.send("GET", answer.header("location"), timeout=60, most=most)
        return answer

    def _get(self, path: str, accept: str, most: int = web.MOST_BYTES) -> web.Answer:
        url = f"{self.target.registry_url}/v2/{self.target.app}{path}"
        return web.send("GET", url, self._headers | {"Accept": accept}, timeout=60, most=most)


REVISION = "org.opencontainers.image.revision"
