"""A database of its own, on the PostgreSQL that the checks run on."""

import os
import secrets
from urllib.parse import urlsplit

from .tools import find, need, not_run, run

VARIABLE = "AUTORISEN_TEST_POSTGRES_URL"


class Database:
    """An empty database."""

    def __init__(self) -> None:
        self.server = os.environ.get(VARIABLE, "")
        if not self.server:
            not_run(f"{VARIABLE} names no PostgreSQL (cargo xtask test-postgres starts one)")
        need("psql")
        self.name = f"ship_{secrets.token_hex(6)}"
        self.query(f"CREATE DATABASE {self.name}", self.server)

    @property
    def url(self) -> str:
        """Where it is."""
        return urlsplit(self.server)._replace(path=f"/{self.name}").geturl()

    def query(self, sql: str, url: str | None = None) -> str:
        """What a statement answers."""
        return run(find("psql") or "psql", url or self.url, "-qtAc", sql)

    def close(self) -> None:
        """Drops it."""
        self.query(f"DROP DATABASE {self.name} WITH (FORCE)", self.server)
