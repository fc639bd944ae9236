"""Word to the team: one line, where SLACK_WEBHOOK_URL is set. Its failure never fails anything."""

import os

from . import web
from .console import Console

MOST_CHARACTERS = 500


def tell(text: str, console: Console) -> None:
    """Sends one line. It is no write to the app, so it is sent also by what only reads."""
    url = os.environ.get("SLACK_WEBHOOK_URL", "")
    if not url:
        return
    # Whoever knows the address may write there.
    console.hide(url)
    if not (url.startswith("https://") or web.is_loopback(url)):
        console.say("the team was not told: SLACK_WEBHOOK_URL is not https")
        return
    answer = web.send("POST", url, body={"text": _plain(console.redact(text))}, timeout=5)
    if not 200 <= answer.status < 300:
        console.say(f"the team was not told: {answer.status or 'no answer'}")


def _plain(text: str) -> str:
    """One line in which nothing calls anybody: a reason is free text, and `<!channel>` would wake everybody."""
    line = " ".join(text.split())[:MOST_CHARACTERS]
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
