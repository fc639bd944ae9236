"""HTTP as `ship` needs it: nothing is followed, every status is an answer, a bounded body is read."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back. `status` is 0 when nothing did; `body` then says why."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next(iter(self.headers.get(name.lower(), [])), "")

    def json(self) -> Any:
        """The body as JSON; `None` when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


# A proxy of the machine is used for the outside and never for loopback.
_OPENER = urllib.request.build_opener(_NoRedirect)
_DIRECT = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def send(
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
    timeout: float = 10,
    most: int = MOST_BYTES,
) -> Answer:
    """Sends one request. A body that is not bytes is sent as JSON; of the answer no more than `most` bytes are read."""
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        return Answer(0, {}, f"{url} is no address of the web".encode())
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    opener = _DIRECT if is_loopback(url) else _OPENER
    try:
        with opener.open(request, timeout=timeout) as answer:
            body, due = answer.read(most), answer.headers.get("Content-Length", "")
            if due.isdigit() and len(body) < min(int(due), most):
                return Answer(0, {}, b"the answer was cut off")
            return Answer(answer.status, _headers(answer.headers), body)
    except urllib.error.HTTPError as error:
        return _refused(error)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Answer(0, {}, str(getattr(error, "reason", error)).encode())


def _refused(error: urllib.error.HTTPError) -> Answer:
    with error:
        try:
            body = error.read(MOST_BYTES)
        except (OSError, http.client.HTTPException):
            body = b""
        return Answer(error.code, _headers(error.headers), body)


def is_loopback(url: str) -> bool:
    """Whether the URL is of this machine."""
    host = urllib.parse.urlsplit(url).hostname if "://" in url else url.rsplit(":", 1)[0]
    return host in ("127.0.0.1", "localhost")


def _headers(message: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), []).append(value)
    return found
