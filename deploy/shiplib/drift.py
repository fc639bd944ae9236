"""Secrets: one source of truth, one direction, and drift that is shown without showing any value.

The source is the process's environment, `SOURCE_<NAME>`, which the workflow fills from the secrets of the
GitHub environment, name by name. Values are compared by fingerprints under a key that is made for each run:
the digest of a short secret alone could be guessed.
"""

import hashlib
import hmac
import os
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import word
from .console import Console
from .exits import Exit, Stop
from .git import Git
from .guards import RESERVED
from .lock import locked
from .platform import Platform
from .rollback import wait_for_release
from .smoke import Smoke, served_commit
from .target import Target

PREFIX = "SOURCE_"
MAP = "deploy/secrets.toml"
CLASSES = ("managed", "addon")
# What is wrong, as opposed to worth knowing.
DRIFTED = ("differs", "missing at the platform", "missing at the source", "reserved")


@dataclass(frozen=True)
class Entry:
    """One line of the map."""

    name: str
    kind: str
    required: bool
    least: int


@dataclass(frozen=True)
class State:
    """How one name is at both ends."""

    name: str
    state: str
    here: str = "-"
    there: str = "-"


def load_map(path: Path) -> dict[str, Entry]:
    """Reads the map; every fault in it is named."""
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Stop(Exit.USAGE, f"{path.name} cannot be read: {error}") from error
    entries = {
        name: Entry(name, one.get("class", ""), bool(one.get("required")), int(one.get("min", 1)))
        for name, one in values.items()
    }
    faults = [
        f"{one.name}: the class must be one of {', '.join(CLASSES)}"
        for one in entries.values()
        if one.kind not in CLASSES
    ]
    faults += [f"{name} is reserved" for name in entries if name in RESERVED]
    if faults:
        raise Stop(Exit.USAGE, f"{path.name}: " + "; ".join(faults))
    return entries


class Secrets:
    """The source and the platform, side by side."""

    def __init__(self, entries: dict[str, Entry], platform: Platform, console: Console) -> None:
        self.entries, self.platform, self.console = entries, platform, console
        self._key = secrets.token_bytes(32)
        self.source = {
            name: os.environ[PREFIX + name]
            for name, entry in entries.items()
            if entry.kind == "managed" and os.environ.get(PREFIX + name)
        }
        console.hide(*self.source.values())

    def valid(self) -> None:
        """Every value is there and long enough, or nothing is done at all."""
        faults = []
        for name, entry in self.entries.items():
            if entry.kind != "managed":
                continue
            value = self.source.get(name, "")
            if not value and entry.required:
                faults.append(f"{name} is missing or empty at the source")
            elif value and (len(value) < entry.least or value != value.strip()):
                faults.append(f"{name} is shorter than {entry.least} characters, or has space around it")
        if faults:
            raise Stop(Exit.SECRET, "; ".join(faults) + ": nothing was compared or written")

    def compare(self) -> list[State]:
        """How each name is."""
        config = self.platform.config()
        of_addons = {name for one in self.platform.get("/addons") for name in one.get("config_vars") or []}
        return [self._state(name, config.get(name), of_addons) for name in sorted(set(config) | set(self.entries))]

    def _state(self, name: str, there: str | None, of_addons: set[str]) -> State:
        entry, here = self.entries.get(name), self.source.get(name)
        if name in RESERVED:
            return State(name, "reserved", there=self._print(there))
        if name in of_addons or (entry and entry.kind == "addon"):
            return State(name, "addon", there=self._print(there))
        if entry is None:
            return State(name, "unmanaged", there=self._print(there))
        prints = (self._print(here), self._print(there))
        if here is None and there is None:
            return State(name, "unset at both")
        if here is None:
            return State(name, "missing at the source", *prints)
        if there is None:
            return State(name, "missing at the platform", *prints)
        return State(name, "same" if hmac.compare_digest(here.encode(), there.encode()) else "differs", *prints)

    def _print(self, value: str | None) -> str:
        if value is None:
            return "-"
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:8]


def show(states: list[State], console: Console) -> list[State]:
    """Says how each name is, and answers those that are wrong."""
    console.say(f"{'name':<36} {'source':<9} {'platform':<9} state")
    for one in states:
        console.say(f"{one.name:<36} {one.here:<9} {one.there:<9} {one.state}")
    return [one for one in states if one.state in DRIFTED]


def run(what: str, git: Git, target: Target, console: Console, prune: bool) -> Exit:
    """`ship secrets check`, `plan` and `sync`."""
    platform = Platform(target, console)
    found = Secrets(load_map(git.root / MAP), platform, console)
    found.valid()
    drifted = show(found.compare(), console)
    if what == "check":
        if not drifted:
            console.say("no drift")
            return Exit.DONE
        names = ", ".join(f"{one.name} {one.state}" for one in drifted)
        word.tell(f"autorisen {target.name}: drift of settings: {names}", console)
        console.say(f"drift: {names}")
        return Exit.DRIFT
    return _sync(git, found, drifted, target, console, prune)


def _sync(git: Git, found: Secrets, drifted: list[State], target: Target, console: Console, prune: bool) -> Exit:
    changes: dict[str, str | None] = {
        one.name: found.source[one.name] for one in drifted if one.state in ("differs", "missing at the platform")
    }
    removed = [one.name for one in drifted if one.state == "missing at the source"]
    if prune:
        changes |= dict.fromkeys(removed)
    elif removed:
        console.say(f"left alone without --prune: {', '.join(removed)}")
    if not changes:
        console.say("nothing to write")
        return Exit.DONE
    platform = found.platform
    if console.dry:
        platform.set_config(changes)
        console.say("DRY RUN: nothing was written")
        return Exit.DONE
    with locked(git, target.name):
        return _write(found, changes, target, console)


def _write(found: Secrets, changes: dict[str, str | None], target: Target, console: Console) -> Exit:
    platform = found.platform
    before = platform.version()
    platform.set_config(changes)
    release = wait_for_release(platform, before, target.release_phase_seconds)
    word.tell(f"autorisen {target.name}: settings written: {', '.join(changes)}", console)
    if not release or release["status"] != "succeeded":
        raise Stop(
            Exit.RELEASE_PHASE,
            "the release with the new settings did not succeed: the build before serves on, with the old ones",
        )
    wrong = [one for one in show(found.compare(), console) if one.name in changes]
    if platform.images() is None and not wrong:
        console.say(f"written: {', '.join(changes)}; nothing is released yet that could be checked")
        return Exit.DONE
    smoke = Smoke(platform.base_url(), target, console)
    good = smoke.dynos(platform, int(release["version"])) and smoke.run(served_commit(smoke.base))
    if wrong or not good:
        raise Stop(Exit.DRIFT, f"after the write: {', '.join(one.name for one in wrong) or smoke.summary()}")
    console.say(f"written: {', '.join(changes)}")
    return Exit.DONE
