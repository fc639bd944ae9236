"""What GitHub knows, where a token is there to ask it. Reads only."""

import base64
import json
import os
from typing import Any

from . import web
from .console import Console

TIMEOUT = 30


def missing(*more: str) -> list[str]:
    """Which variables are not set that it takes to ask."""
    return [name for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY", *more) if not os.environ.get(name)]


def ask(path: str, console: Console) -> web.Answer:
    """What it answers about the repository."""
    console.hide(os.environ["GITHUB_TOKEN"])
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "Accept": "application/vnd.github+json"}
    return web.send("GET", f"{api}/repos/{os.environ['GITHUB_REPOSITORY']}{path}", headers, timeout=TIMEOUT)


def attested(digest: str, console: Console) -> list[str]:
    """What is attested of a digest, by the type of each statement. Who signed is for `gh attestation verify` to say."""
    answer = ask(f"/attestations/{digest}", console)
    told: Any = answer.json() if answer.status == 200 else None
    bundles = told.get("attestations", []) if isinstance(told, dict) else []
    payloads = [one["bundle"]["dsseEnvelope"]["payload"] for one in bundles]
    return sorted({str(json.loads(base64.b64decode(one))["predicateType"]) for one in payloads})
