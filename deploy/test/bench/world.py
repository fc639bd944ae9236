"""All of it together: a repository, a registry, a database and a stand-in of the platform."""

import os
import subprocess
import tempfile
from pathlib import Path

from shiplib import record

from . import registry as registries
from .database import Database
from .dyno import may_chroot
from .heroku import TOKEN, StandIn
from .repository import APP, Repository
from .tools import ROOT, WORK, need, not_run, run

ACCOUNT = {"SHIP_SMOKE_EMAIL": "smoke@example.org", "SHIP_SMOKE_PASSWORD": "a long word for the smoke account"}
SECRET_KEY = "Q7c0mYt1pVd9-made-up-for-tests-Lk3Zx8"


def binary() -> Path:
    """The program that the checks have built."""
    return Path(os.environ.get("AUTORISEN_BINARY", ROOT / "target/debug/autorisen"))


def workshop() -> tempfile.TemporaryDirectory[str]:
    """A folder below target/."""
    WORK.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=WORK, prefix="world-", ignore_cleanup_errors=True)


class World:
    """Where releases are tried."""

    def __init__(self) -> None:
        need("buildah", "docker-registry", "mmdebstrap", "strip", "git", "ssh-keygen")
        if not may_chroot():
            not_run("images are run by root alone")
        if not binary().exists():
            not_run(f"{binary()} is not built")
        self.database = Database()
        self.place = workshop()
        folder = Path(self.place.name)
        registries.storage()
        self.registry, self.registry_folder = registries.Registry(folder), folder
        self.runtime, self.program = registries.bases(self.registry, binary())
        self.repository = Repository(folder)
        # What a dyno of that platform must have: a secret, PostgreSQL, and a word on who may register.
        self.config = {
            "DATABASE_URL": self.database.url, "SECRET_KEY": SECRET_KEY, "DISABLE_RECAPTCHA": "true",
            "AUTORISEN__AUTH__BCRYPT_COST": "10", "AUTORISEN__AUTH__PBKDF2_HASHES": "false",
            "AUTORISEN__DATABASE__POOL_SIZE": "2", "AUTORISEN__SERVER__HOST": "127.0.0.1", "RATE_LIMIT_PER_MIN": "1000",
            "AUTORISEN__AUTH__SESSION_PER_MIN": "1000", "AUTORISEN__AUTH__LOGIN_PER_MIN": "1000",
        }  # fmt: skip
        self.platform = StandIn(APP, self.registry, folder, dict(self.config))
        self.aim()

    def aim(self, **values: object) -> None:
        """Sets the target."""
        self.repository.target(**{
            "api": self.platform.url, "registry": self.registry.address, "bin_from": self.program,
            "runtime": self.runtime,
        } | values)  # fmt: skip

    def close(self) -> None:
        """Ends everything and leaves nothing."""
        self.platform.close()
        self.registry.stop()
        self.database.close()
        self.place.cleanup()

    def ship(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs `ship` with a token and an account."""
        return self.repository.ship(*arguments, **{"HEROKU_API_KEY": TOKEN} | ACCOUNT | variables)

    def release(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Signs off and releases."""
        self.repository.sign()
        return self.ship("release", "--apply", "--engine", "buildah", *arguments, **variables)

    def make_account(self) -> None:
        """Makes the account that the smoke signs in with; the tables must be there."""
        arguments = [
            "user",
            "create",
            "--email",
            ACCOUNT["SHIP_SMOKE_EMAIL"],
            "--first-name",
            "Smoke",
            "--last-name",
            "Test",
        ]
        run(
            str(binary()), *arguments, "--role", "Customer", "--password-stdin",
            input=ACCOUNT["SHIP_SMOKE_PASSWORD"] + "\n", env=self.config | {"APP_ENV": "production"}, cwd=self.place.name,
        )  # fmt: skip

    def row(self) -> record.Row:
        """The newest row on record."""
        return record.rows(self.repository.root)[0]
