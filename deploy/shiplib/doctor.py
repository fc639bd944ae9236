"""What stands in the way of a release, all of it at once. Reads only."""

import os
import shutil
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from . import guards, web
from .console import Console
from .exits import Exit, Stop
from .platform import Platform
from .smoke import Smoke
from .target import Target

MOST_SKEW_SECONDS = 60
DEFAULT_POOL = 8


def examine(target: Target, console: Console, engine: str) -> Exit:
    """Looks at everything, and fails when anything is wrong."""
    platform = Platform(target, console)
    looks: list[tuple[str, Callable[[], str]]] = [
        ("tools", lambda: _tools(engine)),
        ("clock", lambda: _clock(target)),
        ("app", lambda: _app(platform)),
        ("connections", lambda: _connections(platform)),
        ("preboot", lambda: _preboot(platform)),
        ("smoke account", lambda: _account(target, console)),
        (
            "word to the team",
            lambda: "set" if os.environ.get("SLACK_WEBHOOK_URL") else "SLACK_WEBHOOK_URL is not set: nobody is told",
        ),
    ]
    failed = 0
    for name, look in looks:
        try:
            console.say(f"  ok      {name}: {look()}")
        except Stop as stop:
            failed += 1
            console.say(f"  failed  {name}: {stop.message}")
    return Exit.PREREQUISITE if failed else Exit.DONE


def _tools(engine: str) -> str:
    guards.tools(engine)
    return f"{engine}, git, ssh-keygen{', jq' if shutil.which('jq') else ''}"


def _clock(target: Target) -> str:
    answer = web.send("GET", target.api, timeout=10)
    try:
        skew = abs(parsedate_to_datetime(answer.header("date")).timestamp() - time.time())
    except (TypeError, ValueError):
        raise Stop(Exit.PREREQUISITE, f"{target.api} does not answer with a date") from None
    if skew > MOST_SKEW_SECONDS:
        raise Stop(Exit.PREREQUISITE, f"this machine is {skew:.0f} s off")
    return f"{skew:.0f} s off"


def _app(platform: Platform) -> str:
    guards.app(platform)
    return "takes images, has PostgreSQL, sets nothing that is built in"


def _connections(platform: Platform) -> str:
    """While a preboot lasts there are the old build and the new one, and the release phase besides."""
    pool = int(platform.config().get("AUTORISEN__DATABASE__POOL_SIZE") or DEFAULT_POOL)
    dynos = sum(int(one.get("quantity", 0)) for one in platform.get("/formation") if one["type"] == "web")
    needed, allowed = pool * max(dynos, 1) * 2 + 2, platform.target.max_connections
    if needed > allowed:
        raise Stop(
            Exit.PREREQUISITE,
            f"{dynos} dynos with {pool} connections need {needed} during a release, and {allowed} are allowed: lower "
            "AUTORISEN__DATABASE__POOL_SIZE or raise the plan, and max_connections with it",
        )
    return f"{needed} of {allowed} at most"


def _preboot(platform: Platform) -> str:
    on = any(one.get("name") == "preboot" and one.get("enabled") for one in platform.get("/features"))
    told = platform.target.preboot_seconds > 0
    if on != told:
        raise Stop(
            Exit.PREREQUISITE,
            f"preboot is {'on' if on else 'off'}, and preboot_seconds is {platform.target.preboot_seconds}",
        )
    return "on" if on else "off"


def _account(target: Target, console: Console) -> str:
    if not target.smoke_account:
        return "not asked for"
    if not Smoke("", target, console).has_account:
        raise Stop(Exit.PREREQUISITE, "SHIP_SMOKE_EMAIL and SHIP_SMOKE_PASSWORD are not set")
    return "named"
