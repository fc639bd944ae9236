"""Where two images come from, as a statement in the form of in-toto and SLSA: what was built, from what, by whom.

The row of the record names the digest of the folder that this lies in. In a workflow GitHub signs a statement of its
own besides.
"""

import os
from collections.abc import Iterable
from typing import Any

from .pins import Pin
from .registry import Pushed
from .target import Target

TYPE = "https://slsa.dev/provenance/v1"


def statement(
    target: Target, commit: str, pushed: dict[str, Pushed], pins: Iterable[Pin], operator: str, times: tuple[str, str]
) -> dict[str, Any]:
    """The statement. `times` are when the build began and ended, in UTC."""
    materials = [{"uri": "git+commit", "digest": {"gitCommit": commit}}]
    materials += [{"uri": f"pkg:oci/{pin.tagged}", "digest": {"sha256": pin.digest.removeprefix("sha256:")}}
                  for pin in pins if pin.file == "deploy/Dockerfile"]  # fmt: skip
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": target.image(kind), "digest": {"sha256": one.digest.removeprefix("sha256:")}}
            for kind, one in pushed.items()
        ],
        "predicateType": TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:autorisen:deploy/ship:1",
                "externalParameters": {"target": target.name, "app": target.app, "commit": commit},
                "internalParameters": {"bin_from": target.bin_from, "runtime": target.runtime},
                "resolvedDependencies": materials,
            },
            "runDetails": {
                "builder": {"id": _builder(operator)},
                "metadata": {"startedOn": times[0], "finishedOn": times[1]},
            },
        },
    }


def _builder(operator: str) -> str:
    server, repository, run = (
        os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}" if run else f"urn:autorisen:operator:{operator}"
