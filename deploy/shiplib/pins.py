"""The images of others that are built on or run beside: each is named by its digest, and here it is seen whether that
is the one that its tag names at the registry today.
"""

import hashlib
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import web
from .console import Console
from .exits import Exit, Stop
from .registry import ACCEPTED

PLACES = ("deploy/Dockerfile", "deploy/compose.yaml", ".github/workflows/ci.yml", ".github/workflows/release.yml")
REFERENCE = re.compile(
    r"(?P<host>docker\.io|gcr\.io|127\.0\.0\.1:[0-9]+)/(?P<name>[a-z0-9._/-]+):(?P<tag>[\w.-]+)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
# Where the registry of a name really is.
HOSTS = {"docker.io": "registry-1.docker.io"}
CHALLENGE = re.compile(r'(realm|service)="([^"]+)"')
TIMEOUT = 30


@dataclass(frozen=True)
class Pin:
    """One image in one file."""

    file: str
    text: str
    host: str
    name: str
    tag: str
    digest: str  # Nothing: it is not pinned.

    @property
    def tagged(self) -> str:
        """Its name without a digest."""
        return f"{self.host}/{self.name}:{self.tag}"


def found(root: Path) -> Iterator[Pin]:
    """Every image that the files name."""
    for file in PLACES:
        path = root / file
        for one in REFERENCE.finditer(path.read_text() if path.is_file() else ""):
            yield Pin(file, one[0], one["host"], one["name"], one["tag"], one["digest"] or "")


def check(root: Path, console: Console) -> Exit:
    """Says of each whether it is pinned, is at the registry, and is what its tag names."""
    bad = False
    for pin in found(root):
        state = _state(pin)
        bad = bad or state.startswith(("not pinned", "gone"))
        console.say(f"{pin.file}: {pin.tagged}: {state}")
    return Exit.MANIFEST if bad else Exit.DONE


def update(root: Path, console: Console) -> Exit:
    """Pins each to what its tag names today. A dry run says what would be written."""
    for pin in found(root):
        now = digest_of(pin, pin.tag)
        if not now:
            raise Stop(Exit.MANIFEST, f"{pin.tagged} is not at its registry")
        if now == pin.digest:
            continue
        console.say(f"{pin.file}: {pin.tagged}: {pin.digest or 'not pinned'} -> {now}")
        if not console.dry:
            path = root / pin.file
            path.write_text(path.read_text().replace(pin.text, f"{pin.tagged}@{now}"))
    console.say("DRY RUN: nothing was written" if console.dry else "look at the difference, and let the checks run")
    return Exit.DONE


def _state(pin: Pin) -> str:
    now = digest_of(pin, pin.tag)
    if not pin.digest:
        return f"not pinned; its tag names {now or 'nothing'}"
    if now == pin.digest:
        return "pinned, as its tag is today"
    there = digest_of(pin, pin.digest)
    return f"pinned; its tag has moved on to {now or 'nothing'}" if there else f"gone: {pin.digest} is not there"


def digest_of(pin: Pin, reference: str) -> str:
    """The digest of what a tag or a digest names at the registry; nothing when it names nothing."""
    scheme, host = ("http" if web.is_loopback(pin.host) else "https"), HOSTS.get(pin.host, pin.host)
    url = f"{scheme}://{host}/v2/{pin.name}/manifests/{reference}"
    headers = {"Accept": ", ".join(ACCEPTED)}
    answer = web.send("GET", url, headers, timeout=TIMEOUT)
    if answer.status == 401:
        token = _token(answer.header("www-authenticate"), pin)
        answer = web.send("GET", url, headers | {"Authorization": f"Bearer {token}"}, timeout=TIMEOUT)
    if answer.status not in (200, 404):
        why = answer.status or f"no answer: {answer.text[:200]}"
        raise Stop(Exit.PREREQUISITE, f"{pin.tagged} cannot be looked up: {why}")
    return "sha256:" + hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else ""


def _token(challenge: str, pin: Pin) -> str:
    """A token for reading, which anybody gets."""
    asked = dict(CHALLENGE.findall(challenge))
    realm = asked.get("realm", "")
    if not (realm.startswith("https://") or web.is_loopback(realm)):
        raise Stop(Exit.PREREQUISITE, f"{pin.tagged} cannot be looked up: it asks for a token of {realm!r}")
    query = urllib.parse.urlencode({"service": asked.get("service", ""), "scope": f"repository:{pin.name}:pull"})
    told = web.send("GET", f"{realm}?{query}", timeout=TIMEOUT).json()
    return str(told.get("token") or told.get("access_token") or "") if isinstance(told, dict) else ""
