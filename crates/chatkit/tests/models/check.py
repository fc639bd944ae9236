"""Compares the crate with the models of openai-chatkit.

Standard input: one JSON object a line, {"model": name, "json": value}, as the crate writes values. Each
is read by the model of that name and written by it again, as the package's server does, and must come
out the same, member by member. The file named as the first argument holds requests, which must be read
by the models as well; the tests of the crate read the same file.
"""

import json
import sys
from datetime import datetime

from pydantic import TypeAdapter
from chatkit import types


def normal(value):
    """Times of one instant are equal, however they are written."""
    if isinstance(value, dict):
        return {name: instant(member) if name == "created_at" else normal(member) for name, member in value.items()}
    return [normal(member) for member in value] if isinstance(value, list) else value


def instant(text):
    return datetime.fromisoformat(text).timestamp()


def written(adapter, value):
    read = adapter.validate_python(value)
    return json.loads(
        adapter.dump_json(read, by_alias=True, exclude_none=True, context={"exclude_metadata": True})
    )


def main():
    faults, seen = [], 0
    for line in sys.stdin:
        case = json.loads(line)
        seen += 1
        adapter = TypeAdapter(getattr(types, case["model"]))
        try:
            back = written(adapter, case["json"])
        except Exception as error:  # whatever it is, it names the case
            faults.append(f"{case['model']} refuses {json.dumps(case['json'])}: {error}")
            continue
        if normal(back) != normal(case["json"]):
            faults.append(f"{case['model']}\n  ours:   {json.dumps(case['json'], sort_keys=True)}"
                          f"\n  theirs: {json.dumps(back, sort_keys=True)}")
    requests = TypeAdapter(types.ChatKitReq)
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            seen += 1
            try:
                requests.validate_json(line)
            except Exception as error:
                faults.append(f"a request is refused: {line.strip()}: {error}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{seen} values compared, {len(faults)} differ")
    return 1 if faults or seen < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
