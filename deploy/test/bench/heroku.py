"""A stand-in of the platform on loopback: its API as far as `ship` uses it, its router, and its dynos, which run
the images that are in the registry."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .dyno import Dyno, Rootfs
from .registry import Registry

TOKEN = "a-token-of-the-stand-in"


class StandIn:
    """One app on a platform of its own."""

    def __init__(self, app: str, registry: Registry, folder: Path, config: dict[str, str]) -> None:
        self.app, self.registry, self.config = app, registry, config
        self.rootfs, self.folder = Rootfs(registry, folder), folder
        self.stack, self.preboot_seconds = "container", 0.0
        self.certificate_ends = "2099-01-01T00:00:00Z"
        self.owner = "owner-of-the-token@example.org"
        self.releases: list[dict[str, Any]] = []
        self.formation: dict[str, str] = {}
        self.live: Dyno | None = None
        self.running: dict[str, Any] | None = None  # The dyno that was started last, with its release.
        self.requests: list[tuple[str, str]] = []
        self.faults: list[tuple[str, str, int]] = []  # Method, part of a path, status: each answers once.
        self.expired: set[str] = set()
        self.hooks: dict[str, Callable[[], None]] = {}  # Called once before a request of this method and path.
        self.addons = [
            {
                "name": "postgresql-one",
                "plan": {"name": "heroku-postgresql:essential-0"},
                "config_vars": ["DATABASE_URL"],
            }
        ]
        self.lock = threading.RLock()
        self.router = Router(self)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def base_url(self) -> str:
        """Where users reach the app."""
        return f"http://127.0.0.1:{self.router.port}"

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every request that was no read."""
        return [one for one in self.requests if one[0] != "GET"]

    def close(self) -> None:
        """Ends everything."""
        self.server.shutdown()
        self.server.server_close()
        self.router.close()
        for dyno in filter(None, [self.live, self.running and self.running["dyno"]]):
            if dyno.runs:
                dyno.stop()

    def release(self, description: str, after: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """A new release, whose release phase runs by itself."""
        with self.lock:
            version = len(self.releases) + 1
            release = {
                "id": f"00000000-0000-4000-8000-{version:012}", "version": version, "status": "pending", "current": False,
                "description": description, "output_stream_url": f"{self.url}/logs/{version}",
                "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "log": "",
            }  # fmt: skip
            self.releases.append(release)
        threading.Thread(target=after, args=(release,), daemon=True).start()
        return release

    def release_images(self, updates: dict[str, str]) -> tuple[int, Any]:
        """What `PATCH /formation` does."""
        for kind, image in updates.items():
            if image in self.expired or not self.registry.find(f"{self.app}/{kind}", image):
                return 422, {"id": "invalid_params", "message": f"{kind}: there is no such image"}
        if updates == self.formation:
            return 200, self.shown_formation()
        self.release("Deployed web, release", lambda release: self._deploy(release, updates))
        return 200, self.shown_formation()

    def change_config(self, changes: dict[str, str | None]) -> None:
        """What `PATCH /config-vars` does: a release too."""
        for name, value in changes.items():
            if value is None:
                self.config.pop(name, None)
            else:
                self.config[name] = value
        self.release(
            f"Set {', '.join(changes)} config vars", lambda release: self._deploy(release, dict(self.formation))
        )

    def roll_back(self, release: str) -> tuple[int, Any]:
        """What `POST /releases` does, which `ship` never asks for: the settings of then come back too."""
        to = self._named(release)
        if not to or "then" not in to:
            return 422, {"id": "invalid_params", "message": "there is no such release"}
        images, self.config = dict(to["then"]["images"]), dict(to["then"]["config"])
        made = self.release(f"Rollback to v{to['version']}", lambda release: self._deploy(release, images))
        return 201, _public(made)

    def _named(self, release: str) -> dict[str, Any] | None:
        for one in self.releases:
            if release in (one["id"], str(one["version"]), f"v{one['version']}"):
                return one
        return None

    def _deploy(self, release: dict[str, Any], images: dict[str, str]) -> None:
        log = self.folder / f"{self.app}-release-{release['version']}.log"
        if images:
            dyno = self._start("release", images["release"], log)
            failed = dyno.wait() != 0
            release["log"] = dyno.said()
            if failed:
                release["status"] = "failed"
                return
            self.formation = images
            self._cut_over(release, images["web"])
        release["then"] = {"images": dict(images), "config": dict(self.config)}
        for other in self.releases:
            other["current"] = other is release
        release["status"] = "succeeded"

    def _cut_over(self, release: dict[str, Any], image: str) -> None:
        before = self.live
        dyno = self._start("web", image, self.folder / f"{self.app}-web-{release['version']}.log")
        self.running = {"dyno": dyno, "version": release["version"]}

        def switch() -> None:
            # Whether the new one works or not: nobody looks.
            time.sleep(self.preboot_seconds)
            self.live = dyno
            if before and before.runs:
                before.stop()

        if self.preboot_seconds:
            threading.Thread(target=switch, daemon=True).start()
        else:
            switch()

    def _start(self, kind: str, image: str, log: Path) -> Dyno:
        repository = f"{self.app}/{kind}"
        manifest = self.registry.find(repository, image)
        assert manifest, "the image was checked before"
        root, config = self.rootfs.of(repository, manifest)
        return Dyno(root, config, self.config, kind, log)

    def shown_formation(self) -> list[dict[str, Any]]:
        """What `GET /formation` tells."""
        return [
            {"type": kind, "quantity": int(kind == "web"), "docker_image": {"id": image}}
            for kind, image in self.formation.items()
        ]

    def dynos(self) -> list[dict[str, Any]]:
        """What `GET /dynos` tells."""
        if not self.running:
            return []
        dyno = self.running["dyno"]
        state = "crashed" if not dyno.runs else "up" if _listens(dyno.port) else "starting"
        return [{"type": "web", "name": "web.1", "state": state, "release": {"version": self.running["version"]}}]

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answers one request."""
        hook = self.hooks.pop(f"{method} {path}", None)
        if hook:
            hook()
        for fault in self.faults:
            if fault[0] == method and fault[1] in path:
                self.faults.remove(fault)
                return fault[2], {"message": "as the test wants it"}
        match (method, path):
            case ("GET", ""):
                return 200, {"name": self.app, "stack": {"name": self.stack}, "web_url": self.base_url + "/"}
            case ("GET", "/formation"):
                return 200, self.shown_formation()
            case ("PATCH", "/formation"):
                return self.release_images({one["type"]: one["docker_image"] for one in body["updates"]})
            case ("GET", "/releases"):
                return 200, [_public(one) for one in reversed(self.releases)]
            case ("GET", "/dynos"):
                return 200, self.dynos()
            case ("DELETE", "/dynos"):
                running = next(one for one in reversed(self.releases) if one["status"] == "succeeded")
                self._cut_over(running, self.formation["web"])
                return 202, {}
            case ("GET", path) if path.startswith("/releases/"):
                found = self._named(path.rpartition("/")[2])
                return (200, _public(found)) if found else (404, {"id": "not_found", "message": "no such release"})
            case ("POST", "/releases"):
                return self.roll_back(body["release"])
            case ("GET", "/config-vars"):
                return 200, self.config
            case ("PATCH", "/config-vars"):
                self.change_config(body)
                return 200, self.config
            case ("GET", "/features"):
                return 200, [{"name": "preboot", "enabled": self.preboot_seconds > 0}]
            case ("GET", "/sni-endpoints"):
                return 200, [
                    {"name": "tern-1", "ssl_cert": {"expires_at": self.certificate_ends, "certificate_chain": "-"}}
                ]
            case ("GET", "/addons"):
                return 200, self.addons
            case ("GET", "/domains"):
                return 200, [{"hostname": "app.example.org", "kind": "custom", "acm_status": "cert issued"}]
        return 404, {"message": f"{method} {path} is not known here"}


class Router:
    """Passes connections on to whatever dyno is live."""

    def __init__(self, platform: StandIn) -> None:
        self.platform = platform
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listens no more."""
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        live = self.platform.live
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", live.port if live else 1), timeout=30)
            except OSError:
                client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with server:
                there = threading.Thread(target=_pump, args=(client, server), daemon=True)
                there.start()
                _pump(server, client)
                there.join(1)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


def _public(release: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in release.items() if name not in ("log", "then")}


def _handler(platform: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            platform.requests.append((self.command, self.path))
            log = re.fullmatch(r"/logs/(\d+)", self.path)
            if log:
                return self._send(200, platform.releases[int(log[1]) - 1]["log"].encode())
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self._send(401, b'{"message":"Invalid credentials provided."}')
            if self.path == "/account":
                return self._send(200, json.dumps({"email": platform.owner}).encode())
            prefix = f"/apps/{platform.app}"
            if not self.path.startswith(prefix):
                return self._send(404, b'{"message":"no such app"}')
            status, value = platform.answer(self.command, self.path[len(prefix) :], json.loads(body or b"null"))
            self._send(status, json.dumps(value).encode())

        def _send(self, status: int, body: bytes) -> None:
            # Who was interrupted has hung up.
            with suppress(ConnectionError):
                self.send_response(status)
                # Without this the platform's own command line reads no JSON.
                self.send_header("Content-Type", "application/json" if body[:1] in (b"[", b"{") else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_PATCH = do_POST = do_DELETE = handle_any

    return Handler
