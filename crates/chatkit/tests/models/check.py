"""Compares JSON with the models of openai-chatkit.

Standard input: one JSON object a line. {"model": name, "json": value} is a value: it is read by the
model of that name and written by it again, as the package's server does, and must come out the same,
member by member. {"reads": name, "json": value} need only be read. {"member": "Model.member", "words":
[...]} says what words a member may be: the model must say the same.

    check.py corpus REQUESTS    also: every member of every model is in some value, the words of every
                                member are told, and the models read each request in the file
    check.py answers            no more than the values
"""

import json
import sys
import warnings
from datetime import datetime

from pydantic import TypeAdapter

# The package calls its widgets deprecated: it wants them to be made from templates.
warnings.simplefilter("ignore")

from chatkit import types, widgets  # noqa: E402

# What an answer never has: the server's own, and what the package says it ignores.
NEVER_SENT = {"FileAttachment.metadata", "ImageAttachment.metadata", "EntitySource.preview"}
# Models for what is passed through.
OPEN = {"DynamicWidgetComponent", "DynamicWidgetRoot"}


def adapter_of(name):
    """The model of a name; `Page[Thread]` is a page of them."""
    if name.startswith("Page["):
        return TypeAdapter(types.Page[adapter_type(name[5:-1])])
    return TypeAdapter(adapter_type(name))


def adapter_type(name):
    return getattr(types, name, None) or getattr(widgets, name)


def normal(value):
    """Times of one instant are equal, however they are written."""
    if isinstance(value, dict):
        return {name: instant(member) if name == "created_at" else normal(member) for name, member in value.items()}
    return [normal(member) for member in value] if isinstance(value, list) else value


def instant(text):
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else text


def written(adapter, value):
    read = adapter.validate_python(value)
    return json.loads(
        adapter.dump_json(read, by_alias=True, exclude_none=True, context={"exclude_metadata": True})
    )


class Members:
    """Which members of which models were seen in values, and what words they may be."""

    def __init__(self):
        self.models, self.seen, self.told = {}, set(), set()
        for name in ["Thread", "ThreadStreamEvent", "StrictWidgetComponent", "StrictWidgetRoot"]:
            self.models.update(adapter_of(name).json_schema().get("$defs", {}))
        self.models = {
            name.replace("BasicRoot", "Basic"): model
            for name, model in self.models.items()
            if "properties" in model and name not in OPEN
        }

    def look(self, value):
        for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            self.look(member)
        if isinstance(value, dict):
            for name, model in self.models.items():
                if self.fits(value, model):
                    self.seen.update(f"{name}.{member}" for member in value)

    @staticmethod
    def fits(value, model):
        members = model["properties"]
        kind = members.get("type", {}).get("const", value.get("type"))
        return value.keys() <= members.keys() and value.keys() >= set(model.get("required", [])) and kind == value.get("type")

    def compare(self, member, words):
        self.told.add(member)
        model, name = member.split(".")
        theirs = self.words(self.models[model]["properties"][name])
        return None if theirs == set(words) else f"{member}: ours {sorted(set(words) - theirs)}, theirs {sorted(theirs - set(words))}"

    @staticmethod
    def words(schema):
        """The words of a member that may be one of a few; none when it may be other things."""
        alternatives = [one for outer in schema.get("anyOf", [schema]) for one in outer.get("anyOf", [outer])]
        return {word for one in alternatives for word in one.get("enum", []) if isinstance(word, str)}

    def faults(self):
        for name, model in sorted(self.models.items()):
            for member, schema in model["properties"].items():
                path = f"{name}.{member}"
                if path not in self.seen | NEVER_SENT:
                    yield f"no value has {path}"
                if hasattr(widgets, name) and member != "type" and self.words(schema) and path not in self.told:
                    yield f"the words of {path} are not told"


def main():
    mode = sys.argv[1]
    members = Members()
    faults, seen, adapters = [], 0, {}
    for line in sys.stdin:
        case = json.loads(line)
        seen += 1
        if "member" in case:
            fault = members.compare(case["member"], case["words"])
            faults += [fault] if fault else []
            continue
        name, value = case.get("model") or case["reads"], case["json"]
        adapter = adapters.get(name) or adapters.setdefault(name, adapter_of(name))
        members.look(value)
        try:
            back = written(adapter, value) if "model" in case else adapter.validate_python(value) and value
        except Exception as error:  # whatever it is, it names the case
            faults.append(f"{name} refuses {json.dumps(value)}: {error}")
            continue
        if normal(back) != normal(value):
            faults.append(f"{name}\n  ours:   {json.dumps(value, sort_keys=True)}"
                          f"\n  theirs: {json.dumps(back, sort_keys=True)}")
    if mode == "corpus":
        faults += members.faults()
        requests = TypeAdapter(types.ChatKitReq)
        with open(sys.argv[2], encoding="utf-8") as lines:
            for line in lines:
                seen += 1
                try:
                    requests.validate_json(line)
                except Exception as error:
                    faults.append(f"a request is refused: {line.strip()}: {error}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{seen} values compared, {len(faults)} differ")
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
