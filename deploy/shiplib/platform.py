"""The API of the place where the app runs (Heroku's Platform API, version 3). Only `release_images` and
`set_config` write, and they refuse to in a dry run."""

import os
import re
from dataclasses import dataclass
from typing import Any

from . import web
from .console import Console
from .exits import Exit, Stop
from .target import Target

ACCEPT = "application/vnd.heroku+json; version=3"
# Formations name and take images only in this variant.
ACCEPT_IMAGES = "application/vnd.heroku+json; version=3.docker-releases"
TIMEOUT = 30
PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/@:]*:([^/@]+)@")


@dataclass(frozen=True)
class Images:
    """What runs: the ids of the two images."""

    web: str
    release: str


class Platform:
    """One app there."""

    def __init__(self, target: Target, console: Console) -> None:
        self.target = target
        self.console = console
        self.token = os.environ.get("HEROKU_API_KEY", "")
        self.base = f"{target.api}/apps/{target.app}"
        console.hide(self.token)

    def get(self, path: str = "", accept: str = ACCEPT, newest: int = 0) -> Any:
        """Reads something of the app; the newest first when a number is given."""
        headers = {"Range": f"version ..; order=desc,max={newest}"} if newest else {}
        answer = web.send("GET", self.base + path, self._headers(accept) | headers, timeout=TIMEOUT)
        return self._answered("GET", path, answer)

    def release_images(self, images: Images) -> None:
        """Makes one release of both images."""
        updates = [{"type": kind, "docker_image": getattr(images, kind)} for kind in ("web", "release")]
        self._patch("/formation", {"updates": updates}, ACCEPT_IMAGES, shown={"updates": updates})

    def restart(self) -> None:
        """Restarts every dyno."""
        self.console.request("DELETE", f"{self.base}/dynos", None)
        if not self.console.dry:
            self.console.wrote = True
            answer = web.send("DELETE", f"{self.base}/dynos", self._headers(ACCEPT), timeout=TIMEOUT)
            self._answered("DELETE", "/dynos", answer)

    def set_config(self, changes: dict[str, str | None]) -> None:
        """Changes many config variables at once: one release, one restart. Values are not shown."""
        shown = {name: None if value is None else "[value]" for name, value in changes.items()}
        self._patch("/config-vars", changes, ACCEPT, shown)

    def images(self) -> Images | None:
        """What runs now; `None` when nothing was ever released, or not both images."""
        found = {
            one["type"]: (one.get("docker_image") or {}).get("id") for one in self.get("/formation", ACCEPT_IMAGES)
        }
        web_id, release_id = found.get("web"), found.get("release")
        return Images(web_id, release_id) if web_id and release_id else None

    def newest_release(self) -> dict[str, Any] | None:
        """The last release, whatever became of it."""
        releases = self.get("/releases", newest=1)
        return releases[0] if releases else None

    def release_after(self, version: int) -> dict[str, Any] | None:
        """The first release after that number: what was asked for, also where somebody else has released since."""
        later = [one for one in self.get("/releases", newest=20) if int(one["version"]) > version]
        return dict(min(later, key=lambda one: int(one["version"]))) if later else None

    def running_release(self) -> dict[str, Any]:
        """The last release that took effect."""
        for release in self.get("/releases", newest=20):
            if release["status"] == "succeeded":
                return dict(release)
        return {"version": 0, "status": "none"}

    def version(self) -> int:
        """The number of the last release; 0 when there is none."""
        newest = self.newest_release()
        return int(newest["version"]) if newest else 0

    def config(self) -> dict[str, str]:
        """All config variables, add-ons' too. Values are masked from now on, except plain words, numbers and addresses."""
        values: dict[str, str] = self.get("/config-vars")
        self.console.hide(*(value for value in values.values() if not re.fullmatch(r"[a-z]+|[0-9.]+", value)))
        # A program that cannot reach its database may say the half of an address that must not be known.
        self.console.hide(*(found[1] for value in values.values() if (found := PASSWORD.match(value))))
        return values

    def base_url(self) -> str:
        """Where the app is reached."""
        url = (self.target.base_url or str(self.get().get("web_url") or "")).rstrip("/")
        # A password is sent there.
        return url if web.is_loopback(url) else url.replace("http://", "https://", 1)

    def owner(self) -> str:
        """Whose the token is; nothing when the platform does not tell."""
        answer = web.send("GET", f"{self.target.api}/account", self._headers(ACCEPT), timeout=TIMEOUT)
        told = answer.json() if answer.status == 200 else None
        return str(told.get("email") or "") if isinstance(told, dict) else ""

    def log_of(self, release: dict[str, Any]) -> str:
        """What the release phase printed, as far as the platform kept it."""
        url = release.get("output_stream_url")
        return self.console.redact(web.send("GET", url, timeout=TIMEOUT).text) if url else ""

    def _patch(self, path: str, body: Any, accept: str, shown: Any) -> None:
        self.console.request("PATCH", self.base + path, shown)
        if not self.console.dry:
            self.console.wrote = True
            answer = web.send("PATCH", self.base + path, self._headers(accept), body, timeout=TIMEOUT)
            self._answered("PATCH", path, answer)

    def _headers(self, accept: str) -> dict[str, str]:
        if not self.token:
            raise Stop(Exit.PREREQUISITE, "HEROKU_API_KEY is not set: a token of the platform is needed")
        return {"Accept": accept, "Authorization": f"Bearer {self.token}"}

    def _answered(self, method: str, path: str, answer: web.Answer) -> Any:
        what = f"{method} {self.base}{path}"
        if answer.status == 0:
            raise PlatformFault(f"{what}: no answer: {answer.text}")
        if answer.status == 401:
            raise PlatformFault(f"{what}: 401: the token of HEROKU_API_KEY is not accepted")
        if answer.status == 429:
            raise PlatformFault(f"{what}: 429: too many requests; try again in an hour")
        if not 200 <= answer.status < 300:
            told = (answer.json() or {}).get("message", "") if isinstance(answer.json(), dict) else ""
            raise PlatformFault(f"{what}: {answer.status} {told}".rstrip())
        told = answer.json()
        if told is None and method == "GET":
            raise PlatformFault(f"{what}: the answer is no JSON")
        return told


class PlatformFault(Stop):
    """The platform could not be asked or refused. Before anything was written this ends the work."""

    def __init__(self, message: str) -> None:
        super().__init__(Exit.PREREQUISITE, message)
