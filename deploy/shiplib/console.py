"""What is said, and that no secret is said with it."""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

MASK = "[redacted]"
# Shorter ones would turn ordinary words into masks.
SHORTEST_SECRET = 6


def let_go(out: TextIO) -> None:
    """Sends what is still to be said there to nobody: at the end it would be tried once more, and be an exit code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


class Console:
    """Says things, keeps what it said, and masks every secret it was told of."""

    def __init__(self, dry: bool, out: TextIO | None = None) -> None:
        self.dry = dry
        self._out = out or sys.stdout
        self._secrets: set[str] = set()
        self.lines: list[str] = []
        self.planned: list[str] = []
        self.wrote = False  # Whether anything was written to the platform.

    def hide(self, *values: str | None) -> None:
        """From now on these values are masked."""
        self._secrets.update(value for value in values if value and len(value) >= SHORTEST_SECRET)

    def redact(self, text: str) -> str:
        """The text without any secret; the longest first, for one may be part of another."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def say(self, text: str = "") -> None:
        """Says one thing."""
        text = self.redact(text)
        self.lines.append(text)
        self._print(text)

    def follow(self, line: str) -> None:
        """Shows a line of another program. It is kept elsewhere."""
        self._print("  | " + self.redact(line))

    def fact(self, name: str, value: object) -> None:
        """Says what was found."""
        self.say(f"{name:<22} {value}")

    def command(self, argv: Sequence[str], stdin: str | None = None) -> None:
        """Says which command runs, or would run; it can be pasted into a shell."""
        text = shlex.join(argv) + (f"  # reads {stdin} from standard input" if stdin else "")
        self._act("would run: " if self.dry else "run: ", text)

    def request(self, method: str, url: str, body: Any) -> None:
        """Says what is sent, or would be sent."""
        self._act("would " if self.dry else "", f"{method} {url} {json.dumps(body)}")

    def _print(self, text: str) -> None:
        # Who reads along may go, as `tee` does at Ctrl-C; the way back must not end with that.
        try:
            print(text, file=self._out, flush=True)
        except OSError:
            let_go(self._out)

    def _act(self, lead: str, text: str) -> None:
        self.planned.append(self.redact(text))
        self.say(lead + text)
