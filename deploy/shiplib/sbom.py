"""The list of what a build is made of, in the form of CycloneDX, from the lock file of its commit."""

import tomllib
from typing import Any


def from_lock(lock: str, commit: str) -> dict[str, Any]:
    """Every package of the lock file, with its digest where it comes from a registry."""
    components = []
    for package in tomllib.loads(lock).get("package", []):
        name, version = package["name"], package["version"]
        component = {"type": "library", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"}
        component["bom-ref"] = component["purl"]
        if digest := package.get("checksum"):
            component["hashes"] = [{"alg": "SHA-256", "content": digest}]
        components.append(component)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "autorisen", "version": commit}},
        "components": components,
    }
