"""A stand-in of the registries that images of others come from: it hands its manifests to who shows a token."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "a-token-for-reading"


class Hub:
    """Has the manifests it was given, by tag and by digest."""

    def __init__(self, manifests: dict[str, bytes]) -> None:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/token?"):
                    return self._send(200, json.dumps({"token": TOKEN}).encode())
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self._send(401, b"", **{"WWW-Authenticate": f'Bearer realm="{hub.realm}",service="hub"'})
                found = manifests.get(self.path.rpartition("/")[2])
                self._send(200 if found else 404, found or b"{}")

            def _send(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.realm = f"http://{self.address}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it; once is enough."""
        self.server.shutdown()
        self.server.server_close()
