"""Whether the build that was released is served, and works. All checks are made; none ends the others."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from . import web
from .console import Console
from .platform import Platform
from .target import Target

TIMEOUT = 10
TRIES = 2
BETWEEN_TRIES = 2.0
READS_IN_A_ROW = 3


@dataclass(frozen=True)
class Found:
    """One check: what was due and what came."""

    name: str
    expected: str
    got: str
    ms: int
    verdict: str  # ok, failed, or not run

    @property
    def failed(self) -> bool:
        """Whether it speaks against the build."""
        return self.verdict == "failed"


class Smoke:
    """The checks against one address."""

    def __init__(self, base_url: str, target: Target, console: Console) -> None:
        self.base = base_url
        self.target = target
        self.console = console
        self.found: list[Found] = []
        self.email = os.environ.get("SHIP_SMOKE_EMAIL", "")
        self._password = os.environ.get("SHIP_SMOKE_PASSWORD", "")
        console.hide(self._password)

    @property
    def has_account(self) -> bool:
        """Whether there is an account to sign in with."""
        return bool(self.email and self._password)

    def wait_for(self, commit: str, platform: Platform | None = None, version: int = 0) -> bool:
        """Waits until this commit is served, several times in a row: behind a preboot the build before still answers.

        Where the platform is given, dynos of this version that crash and stay so are not waited for.
        """
        started, in_a_row, crashed, served = time.monotonic(), 0, 0, ""
        while time.monotonic() - started < self.target.deadline_seconds:
            served = served_commit(self.base)
            in_a_row = in_a_row + 1 if served == commit else 0
            crashed = crashed + 1 if platform and not in_a_row and self._has_crashed(platform, version) else 0
            if in_a_row == READS_IN_A_ROW or crashed == READS_IN_A_ROW:
                break
            time.sleep(self.target.poll_seconds)
        ms = int((time.monotonic() - started) * 1000)
        self._put("commit served", commit, served or "none", ms, in_a_row == READS_IN_A_ROW)
        return in_a_row == READS_IN_A_ROW

    def outwait(self, seconds: int) -> None:
        """Waits until the time is over in which a preboot may still send users to another build."""
        if seconds:
            self.console.say(f"  waiting {seconds} s: until then another build may be served")
            time.sleep(seconds)

    def run(self, commit: str, no_account: str = "") -> bool:
        """Makes every check. Those that sign in are named as not run where there is a reason to."""
        self._check("GET /", '200, "service":"autorisen"', self._heartbeat)
        self._check("GET /api/health", f"200, ok, {commit[:12]}", lambda: self._health(commit))
        self._check("GET /api/health/ready", "200, ready", lambda: self._holds("/api/health/ready", "ready"))
        self._check("GET /api/auth/csrf", "200, a Secure cookie", self._csrf)
        self._account(no_account)
        self._check("login with nobody", "401", self._nobody)
        self._check("chat token without auth", "401", self._chat)
        self._check("HSTS", "Strict-Transport-Security", self._hsts)
        return not any(one.failed for one in self.found)

    def _has_crashed(self, platform: Platform, version: int) -> bool:
        dynos = platform.get("/dynos")
        return any(one["state"] == "crashed" and one["release"]["version"] >= version for one in dynos)

    def dynos(self, platform: Platform, version: int) -> bool:
        """Whether every dyno is up at this release; while they start there is time until the deadline."""
        started = time.monotonic()
        while True:
            dynos = [one for one in platform.get("/dynos") if one["type"] == "web"]
            states = [f"{one['type']} {one['state']} v{one['release']['version']}" for one in dynos]
            # A setting that somebody changed meanwhile makes a later release of the same images.
            good = bool(dynos) and all(one["state"] == "up" and one["release"]["version"] >= version for one in dynos)
            waited = time.monotonic() - started
            if good or waited > self.target.deadline_seconds or any(one["state"] == "crashed" for one in dynos):
                self._put("dynos", f"all up at v{version}", ", ".join(states) or "none", int(waited * 1000), good)
                return good
            time.sleep(self.target.poll_seconds)

    def table(self) -> list[dict[str, object]]:
        """All of it, for a file."""
        return [asdict(one) for one in self.found]

    def summary(self) -> str:
        """All of it in a few words."""
        failed = [one.name for one in self.found if one.failed]
        green = sum(one.verdict == "ok" for one in self.found)
        not_run = len(self.found) - green - len(failed)
        told = f"{green} checks green" + (f", {not_run} not run" if not_run else "")
        return f"{told}, failed: {', '.join(failed)}" if failed else told

    def _check(self, name: str, expected: str, ask: Callable[[], tuple[bool, str]]) -> None:
        started = time.monotonic()
        good, got = ask()
        for _ in range(TRIES - 1):
            if good or got.startswith("429"):
                break
            time.sleep(min(BETWEEN_TRIES, self.target.poll_seconds))
            good, got = ask()
        self._put(name, expected, got, int((time.monotonic() - started) * 1000), good)

    def _put(self, name: str, expected: str, got: str, ms: int, good: bool | None) -> None:
        verdict = "not run" if good is None else "ok" if good else "failed"
        found = Found(name, expected, self.console.redact(got)[:200], ms, verdict)
        self.found.append(found)
        self.console.say(f"  {verdict:<8} {name}: {found.got} ({ms} ms)")

    def _heartbeat(self) -> tuple[bool, str]:
        return self._holds("/", '"service":"autorisen"')

    def _holds(self, path: str, marker: str) -> tuple[bool, str]:
        answer = web.send("GET", self.base + path, timeout=TIMEOUT)
        return answer.status == 200 and marker in answer.text.replace(" ", ""), _told(answer)

    def _health(self, commit: str) -> tuple[bool, str]:
        answer = web.send("GET", f"{self.base}/api/health", timeout=TIMEOUT)
        health = answer.json() or {}
        good = answer.status == 200 and health.get("status") == "ok" and _commit_in(health) == commit
        return good, f"{answer.status} {health.get('status')} {_commit_in(health)[:12]}"

    def _csrf(self) -> tuple[bool, str]:
        answer = web.send("GET", f"{self.base}/api/auth/csrf", timeout=TIMEOUT)
        cookies = answer.headers.get("set-cookie", [])
        good = answer.status == 200 and bool(cookies) and all("secure" in one.lower() for one in cookies)
        return good, f"{answer.status}, {len(cookies)} cookies, {'Secure' if good else 'not all Secure'}"

    def _account(self, why: str) -> None:
        names = ("login", "who am I", "logout")
        if not self.has_account:
            why = why or "SHIP_SMOKE_EMAIL and SHIP_SMOKE_PASSWORD are not set"
        if why:
            for name in names:
                self._put(name, "200", why, 0, None)
            return
        tokens: dict[str, str] = {}

        def login() -> tuple[bool, str]:
            body = {"email": self.email, "password": self._password}
            answer = web.send("POST", f"{self.base}/api/auth/login", body=body, timeout=TIMEOUT)
            got = answer.json() or {}
            tokens.update({name: got[name] for name in ("access_token", "refresh_token") if got.get(name)})
            self.console.hide(*tokens.values())
            return answer.status == 200 and len(tokens) == 2, f"{_told(answer)}, {len(tokens)} tokens"

        def signed_in(method: str, path: str) -> web.Answer:
            headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
            body: dict[str, str] | None = {} if method == "POST" else None
            return web.send(method, self.base + path, headers, body, timeout=TIMEOUT)

        def me() -> tuple[bool, str]:
            answer = signed_in("GET", "/api/auth/me")
            email = str((answer.json() or {}).get("email", ""))
            same = email.casefold() == self.email.casefold()
            return answer.status == 200 and same, f"{_told(answer)}, {'that account' if same else 'another'}"

        def logout() -> tuple[bool, str]:
            answer = signed_in("POST", "/api/auth/logout")
            return answer.status == 200, _told(answer)

        self._check(names[0], "200, both tokens", login)
        self._check(names[1], "200, that account", me)
        self._check(names[2], "200", logout)

    def _nobody(self) -> tuple[bool, str]:
        # A new address each time: the limit is per address, and a fixed one would be blocked before long.
        body = {"email": f"nobody-{secrets.token_hex(8)}@example.invalid", "password": secrets.token_urlsafe(24)}
        answer = web.send("POST", f"{self.base}/api/auth/login", body=body, timeout=TIMEOUT)
        return answer.status == 401, f"{answer.status}{', the limit of logins' if answer.status == 429 else ''}"

    def _chat(self) -> tuple[bool, str]:
        answer = web.send("POST", f"{self.base}/api/chatkit/token", body={}, timeout=TIMEOUT)
        return answer.status == 401, _told(answer)

    def _hsts(self) -> tuple[bool, str]:
        answer = web.send("GET", f"{self.base}/api/health", timeout=TIMEOUT)
        said = answer.header("strict-transport-security")
        return bool(said), said or "none"


def served_commit(base_url: str) -> str:
    """The commit that answers now; nothing when none does."""
    answer = web.send("GET", f"{base_url}/api/health", timeout=TIMEOUT)
    return _commit_in(answer.json() or {}) if answer.status == 200 else ""


def _commit_in(health: dict[str, object]) -> str:
    """What is compiled in counts; a build that was not told its commit has but its version."""
    return str(health.get("commit") or health.get("version") or "")


def _told(answer: web.Answer) -> str:
    return str(answer.status) if answer.status else f"no answer: {answer.text[:80]}"
