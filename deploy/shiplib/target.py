"""Where a release goes: `deploy/targets/NAME.toml`. No secret is in there."""

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exits import Exit, Stop
from .web import is_loopback

HEROKU_API = "https://api.heroku.com"
HEROKU_REGISTRY = "registry.heroku.com"


@dataclass(frozen=True)
class Target:
    """One place where autorisen runs, and the limits of a release to it."""

    name: str
    app: str
    production: bool = True
    branch: str = "main"
    remote: str = "origin"
    base_url: str = ""  # Nothing: what the platform names.
    api: str = HEROKU_API
    registry: str = HEROKU_REGISTRY
    bin_from: str = "compile"
    runtime: str = "slim"
    signers_min: int = 1
    required_checks: tuple[str, ...] = ()  # Checks of the commit that must be green, by name.
    smoke_account: bool = True  # Whether an account must be there to sign in with.
    preboot_seconds: int = 0  # How long the old build may still answer after a release.
    deadline_seconds: int = 300  # How long the new build may take to be served.
    release_phase_seconds: int = 3_700  # The platform itself gives up after an hour.
    poll_seconds: float = 2.0
    max_layers: int = 40
    max_connections: int = 20  # What the plan of the database allows.

    @property
    def registry_url(self) -> str:
        """The registry as a URL; only loopback is spoken to without TLS."""
        return f"{'http' if is_loopback(self.registry) else 'https'}://{self.registry}"

    @property
    def is_loopback(self) -> bool:
        """Whether all of it is on this machine."""
        return is_loopback(self.api) and is_loopback(self.registry)

    def image(self, kind: str) -> str:
        """The repository of the web or release image."""
        return f"{self.registry}/{self.app}/{kind}"


def load(folder: Path, name: str) -> Target:
    """Reads a target; every fault in it is named."""
    path = folder / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml")))
        raise Stop(Exit.USAGE, f"there is no target {name!r}; there are: {known}")
    try:
        values = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Stop(Exit.USAGE, f"{path.name}: {error}") from error
    faults = [*_type_faults(values), *_value_faults(values)]
    if faults:
        raise Stop(Exit.USAGE, f"{path.name}: " + "; ".join(faults))
    if "required_checks" in values:
        values["required_checks"] = tuple(values["required_checks"])
    return Target(name=name, **values)


def _type_faults(values: dict[str, Any]) -> list[str]:
    kinds = {field.name: field for field in dataclasses.fields(Target) if field.name != "name"}
    faults = [f"{key} is no setting of a target" for key in values if key not in kinds]
    for key, field in kinds.items():
        default = "" if field.default is dataclasses.MISSING else field.default
        wanted = list if isinstance(default, tuple) else type(default)
        value = values.get(key)
        if value is None:
            if field.default is dataclasses.MISSING:
                faults.append(f"{key} is missing")
        elif not isinstance(value, wanted) and not (wanted is float and isinstance(value, int)):
            faults.append(f"{key} must be {wanted.__name__}")
    return faults


def _value_faults(values: dict[str, Any]) -> list[str]:
    faults = []
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,29}", str(values.get("app", ""))):
        faults.append("app must be the name of an app")
    api, registry = str(values.get("api", HEROKU_API)), str(values.get("registry", HEROKU_REGISTRY))
    # A token is sent to both.
    if api != HEROKU_API and not (is_loopback(api) and api.startswith("http://")):
        faults.append(f"api may only be {HEROKU_API}, or http on loopback")
    if registry != HEROKU_REGISTRY and not is_loopback(registry):
        faults.append(f"registry may only be {HEROKU_REGISTRY}, or on loopback")
    if (api == HEROKU_API) != (registry == HEROKU_REGISTRY):
        faults.append("api and registry must be of one place")
    base = str(values.get("base_url", ""))
    if base and not (base.startswith("https://") or is_loopback(base)):
        faults.append("base_url must be https")
    if values.get("bin_from", "compile") != "compile" and not is_loopback(registry):
        faults.append("bin_from may only be set on loopback: a release is compiled from its commit")
    if values.get("signers_min", 1) < 1:
        faults.append("signers_min must be 1 or more")
    return faults
