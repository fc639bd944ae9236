"""The list of what a build is made of, in the form of CycloneDX: what `cargo auditable` put into the program itself,
as it was pushed; where a program has no such list, the lock file of its commit, which also names what only tests use.
"""

import json
import struct
import tomllib
import uuid
import zlib
from typing import Any

SECTION = b".dep-v0"
MOST_BYTES = 8 * 1024 * 1024


def of_build(program: bytes | None, lock: str, commit: str) -> dict[str, Any]:
    """The list of one build."""
    digests = {(one["name"], one["version"]): one.get("checksum", "") for one in tomllib.loads(lock).get("package", [])}
    listed = _inside(program) if program else None
    packages = sorted(digests) if listed is None else listed
    components = []
    for name, version in packages:
        component: dict[str, Any] = {"type": "library", "name": name, "version": version}
        component["purl"] = component["bom-ref"] = f"pkg:cargo/{name}@{version}"
        if digest := digests.get((name, version)):
            component["hashes"] = [{"alg": "SHA-256", "content": digest}]
        components.append(component)
    source = "Cargo.lock" if listed is None else "the program, by cargo auditable"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, commit)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "autorisen", "version": commit},
            "properties": [{"name": "autorisen:source", "value": source}],
        },
        "components": components,
    }


def _inside(program: bytes) -> list[tuple[str, str]] | None:
    """What the program says that it was linked from, without what only its building took; `None` when it does not."""
    packed = section(program, SECTION)
    if packed is None:
        return None
    try:
        told = json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))["packages"]
        return sorted((one["name"], one["version"]) for one in told if one.get("kind", "runtime") == "runtime")
    except (KeyError, TypeError, ValueError, zlib.error):
        return None


def section(program: bytes, name: bytes) -> bytes | None:
    """A section of a 64-bit little-endian ELF file."""
    try:
        if program[:6] != b"\x7fELF\x02\x01":
            return None
        (offset,) = struct.unpack_from("<Q", program, 0x28)
        size, count, names = struct.unpack_from("<HHH", program, 0x3A)
        headers = [struct.unpack_from("<IIQQQQ", program, offset + size * number) for number in range(count)]
        for header in headers:
            start = headers[names][4] + header[0]
            if program[start : program.index(b"\0", start)] == name:
                return program[header[4] : header[4] + header[5]]
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return None
