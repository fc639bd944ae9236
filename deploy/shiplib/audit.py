"""A snapshot of what is live, with findings: artifacts/live-audit/YYYYMMDD/. Reads only, and holds no secret."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from . import drift, fallback, github, record, word
from . import smoke as smokes
from .console import Console
from .exits import Exit, Stop
from .git import Git
from .platform import ACCEPT_IMAGES, Images, Platform
from .registry import Registry
from .target import Target

# Older images are gone, unless they are among the newest releases.
KEPT_DAYS, KEPT_RELEASES = 30, 20
# The platform renews a month before the end.
CERTIFICATE_LEFT = timedelta(days=21)
# What is read, and which members of each are kept: others may hold what is not for a file.
READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "app": ("", ("name", "stack", "region", "maintenance", "updated_at", "web_url")),
    "formation": ("/formation", ("type", "quantity", "size", "docker_image")),
    "dynos": ("/dynos", ("type", "name", "state", "release", "updated_at")),
    "features": ("/features", ("name", "enabled")),
    "addons": ("/addons", ("name", "plan", "state")),
    "certificates": ("/sni-endpoints", ("name", "ssl_cert")),
    "domains": ("/domains", ("hostname", "kind", "acm_status", "status")),
}
# What is attested of each image, by the beginning of the type.
ATTESTED = {"provenance": "https://slsa.dev/provenance/", "list of contents": "https://cyclonedx.org/bom"}
# Findings that what runs is not what it is said to be; the team is told of these.
DRIFT = ("the setting ", "what runs is not on record", "the registry holds", "AWS: ")
RELEASE = ("version", "status", "current", "description", "created_at")


def free_folder(day: Path, name: str) -> Path:
    """The folder of the day, or one within it where an audit has been: never one that another has filled."""
    if not (day / "SHA256SUMS").exists():
        return day
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(day / one for one in names if not (day / one).exists())


class Audit:
    """One snapshot."""

    def __init__(self, git: Git, target: Target, console: Console, now: datetime | None = None) -> None:
        self.git, self.target, self.console = git, target, console
        self.now = now or datetime.now(UTC)
        self.platform = Platform(target, console)
        self.findings: list[str] = []
        self.missing: list[str] = []
        self.notes: list[str] = []  # What was not asked, and is no finding.
        self.folder = free_folder(git.root / "artifacts/live-audit" / f"{self.now:%Y%m%d}", f"run-{self.now:%H%M%S}")

    def run(self) -> Exit:
        """Takes it. What cannot be read is named, and makes it incomplete."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, (path, members) in READS.items():
            self._take(name, lambda path=path, members=members: self._read(path, members))  # type: ignore[misc]
        self._take("releases", self._releases)
        self._take("settings", self._settings)
        self._take("images", self._images)
        self._take("smoke", self._smoke)
        self._take("way-back", self._way_back)
        self._take("attestations", self._attestations)
        if fallback.is_named():
            self._take("aws", self._aws)
        else:
            self.notes.append(f"AWS was not looked at: {fallback.ROLE_VARIABLE} names no role")
        return self._close()

    def _take(self, name: str, read: Callable[[], Any]) -> None:
        try:
            value = read()
        except (Stop, KeyError, TypeError, ValueError) as fault:
            told = fault.message if isinstance(fault, Stop) else repr(fault)
            self.missing.append(f"{name}: {self.console.redact(told)}")
            return
        text = json.dumps(value, indent=2, sort_keys=True) + "\n"
        (self.folder / f"{name}.json").write_text(self.console.redact(text))

    def _read(self, path: str, members: tuple[str, ...]) -> Any:
        value = self.platform.get(
            path, ACCEPT_IMAGES if path == "/formation" else "application/vnd.heroku+json; version=3"
        )
        kept = [
            {name: one[name] for name in members if name in one}
            for one in (value if isinstance(value, list) else [value])
        ]
        if path == "/dynos":
            for one in kept:
                if one.get("type") == "run":
                    self.findings.append(f"the one-off dyno {one.get('name')} runs: somebody works in the app")
                if one.get("state") not in ("up", "starting", "idle"):
                    self.findings.append(f"the dyno {one.get('name')} is {one.get('state')}")
        if path == "/sni-endpoints":
            for one in kept:
                one["expires_at"] = str((one.pop("ssl_cert", None) or {}).get("expires_at") or "")
                left = datetime.fromisoformat(one["expires_at"]) - self.now if one["expires_at"] else None
                if left and left < CERTIFICATE_LEFT:
                    self.findings.append(f"the certificate {one.get('name')} ends in {left.days} days")
        if path == "/domains":
            for one in kept:
                if one.get("acm_status") not in (None, "cert issued"):
                    self.findings.append(f"the certificate of {one.get('hostname')} is: {one.get('acm_status')}")
        return kept

    def _releases(self) -> Any:
        releases = self.platform.get("/releases", newest=KEPT_RELEASES)
        if releases and releases[0]["status"] != "succeeded":
            self.findings.append(f"the newest release, v{releases[0]['version']}, is {releases[0]['status']}")
        return [{name: one.get(name) for name in RELEASE} for one in releases]

    def _settings(self) -> Any:
        entries = drift.load_map(self.git.root / drift.MAP)
        states = drift.Secrets(entries, self.platform, self.console).compare()
        for one in states:
            # Without the source nothing is known of what is missing there.
            if one.state in ("differs", "missing at the platform", "reserved"):
                self.findings.append(f"the setting {one.name}: {one.state}")
        return [asdict(one) for one in states]

    def _images(self) -> Any:
        images, row = self._running()
        if not images:
            self.findings.append("nothing is released")
            return {}
        if not row:
            self.findings.append("what runs is not on record as a good release")
        registry = Registry(self.target, self.platform)
        _, tagged = registry.under("web", row.commit[:12]) if row else ("", "")
        if row and tagged != images.web:
            self.findings.append(
                f"the registry holds {tagged or 'nothing'} for {row.commit[:12]}, and {images.web} runs"
            )
        return {"running": asdict(images), "in_registry": tagged, "commit": registry.commit_of("web", images.web)}

    def _running(self) -> tuple[Images | None, record.Row | None]:
        """What runs, and its row as a good release."""
        images = self.platform.images()
        rows = [row for row in record.rows(self.git.root) if row.target == self.target.name and row.is_live]
        return images, next((row for row in rows if images and row.web_image_id == images.web), None)

    def _attestations(self) -> Any:
        """Whether GitHub holds statements on where the images that run come from and what is in them."""
        _, row = self._running()
        if missing := github.missing():
            self.notes.append(f"attestations were not looked at, for want of {' and '.join(missing)}")
        if missing or not row:
            return {}
        registry, found = Registry(self.target, self.platform), {}
        for kind in ("web", "release"):
            digest, _ = registry.under(kind, row.commit[:12])
            found[kind] = {"digest": digest, "attested": github.attested(digest, self.console) if digest else []}
            for name, due in ATTESTED.items():
                if not any(one.startswith(due) for one in found[kind]["attested"]):
                    self.findings.append(f"the {kind} image of {row.commit[:12]} has no attested {name}")
        return found

    def _smoke(self) -> Any:
        base = self.platform.base_url()
        commit = smokes.served_commit(base)
        smoke = smokes.Smoke(base, self.target, self.console)
        if not (commit and smoke.run(commit)):
            self.findings.append(f"the smoke: {smoke.summary() if commit else 'nothing is served'}")
        return {"commit": commit, "checks": smoke.table()}

    def _way_back(self) -> Any:
        """Whether the images before those that run are still to be had."""
        rows = [row for row in record.rows(self.git.root) if row.target == self.target.name and row.is_live]
        images = self.platform.images()
        before = next((row for row in rows if images and row.web_image_id != images.web), None)
        if not before:
            self.findings.append("there is no good release to go back to")
            return {}
        age = self.now - datetime.fromisoformat(before.utc)
        number = before.release.lstrip("v")
        releases_since = self.platform.version() - int(number) if number.isdigit() else 0
        gone = age > timedelta(days=KEPT_DAYS) and releases_since >= KEPT_RELEASES
        if gone:
            self.findings.append(f"{before.release} is {age.days} days old: its images may be gone")
        return {"release": before.release, "commit": before.commit, "age_days": age.days, "may_be_gone": gone}

    def _aws(self) -> Any:
        there, findings = fallback.Fallback(self.git.root, self.target.name).findings()
        self.findings += findings
        return there

    def _close(self) -> Exit:
        lines = [f"- {line}" for line in self.findings] or ["- nothing to look at"]
        lines += [f"- note: {line}" for line in self.notes]
        lines += [f"- not read: {line}" for line in self.missing]
        head = f"# {self.target.app}, {self.now:%Y-%m-%d %H:%M:%S} UTC\n\n"
        (self.folder / "SUMMARY.md").write_text(self.console.redact(head + "\n".join(lines) + "\n"))
        for line in lines:
            self.console.say(line)
        if drifted := [line for line in self.findings if line.startswith(DRIFT)]:
            word.tell(f"autorisen {self.target.name}: drift: {'; '.join(drifted)}", self.console)
        self.console.say(f"{self.folder.relative_to(self.git.root)} {record.seal(self.folder)}")
        return Exit.AUDIT if self.missing else Exit.DONE


def take(git: Git, target: Target, console: Console) -> Exit:
    """`ship audit`."""
    return Audit(git, target, console).run()
