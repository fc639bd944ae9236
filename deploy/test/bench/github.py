"""A stand-in of GitHub's API on loopback: what it knows is what a test tells it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-token-of-the-stand-in-of-github"


class GitHub:
    """Answers what is in `knows`, by path, and 404 to all else."""

    def __init__(self) -> None:
        knows: dict[str, Any] = {}
        requests: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                requests.append((self.command, self.path))
                allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
                found = knows.get(self.path) if self.command == "GET" and allowed else None
                body = json.dumps(found if found is not None else {"message": "Not Found"}).encode()
                self.send_response(200 if found is not None else 404 if allowed else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        self.knows, self.requests = knows, requests
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def variables(self, **more: str) -> dict[str, str]:
        """What `ship` is told, to ask here."""
        url = f"http://127.0.0.1:{self.server.server_port}"
        return {"GITHUB_API_URL": url, "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "an-owner/autorisen"} | more

    def close(self) -> None:
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()
