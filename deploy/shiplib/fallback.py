"""The fallback at AWS as it is, against the template that made it: who may take the role, what it may do, and how the
repository keeps what was pushed. Reads only, with the `aws` command line and whatever credentials that has.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from .exits import Exit, Stop
from .process import attempt

TEMPLATE = "deploy/aws/role.json"
ROLE_VARIABLE = "AWS_PUSH_ROLE"
ROLE = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/(?:[\w+=,.@/-]+/)?([\w+=,.@-]{1,64})")
# Who GitHub says that a run is of, and so who may take the role.
OF_REPOSITORY = ("GITHUB_REPOSITORY", "GITHUB_REPOSITORY_OWNER_ID", "GITHUB_REPOSITORY_ID")
# What the platform adds to a document by itself, or what is but a name.
UNREMARKABLE = ("Sid",)


def is_named() -> bool:
    """Whether there is a fallback to look at."""
    return bool(os.environ.get(ROLE_VARIABLE))


class Fallback:
    """The role and the repository."""

    def __init__(self, root: Path, environment: str) -> None:
        arn = os.environ.get(ROLE_VARIABLE, "")
        named = ROLE.fullmatch(arn)
        if not named:
            raise Stop(Exit.AUDIT, f"{ROLE_VARIABLE} is {arn!r}, which is no role")
        self.partition, self.account, self.role = named.groups()
        try:
            self.template: dict[str, Any] = json.loads((root / TEMPLATE).read_text())
        except (OSError, ValueError) as error:
            raise Stop(Exit.AUDIT, f"{TEMPLATE} cannot be read: {error}") from error
        self.repository = str(self.template["Parameters"]["RepositoryName"]["Default"])
        self.environment = environment

    def findings(self) -> tuple[dict[str, Any], list[str]]:
        """What is there, and in what it is not what the template says."""
        due, there = self.due(), self.there()
        return there, [f"AWS: {line}" for line in _differences("", due, there)]

    def due(self) -> dict[str, Any]:
        """What the template makes, in the words of `there`."""
        role = self._resolved(self.template["Resources"]["PushRole"]["Properties"])
        repository = self._resolved(self.template["Resources"]["Repository"]["Properties"])
        return {
            "role": {
                "trust": role["AssumeRolePolicyDocument"],
                "policies": {one["PolicyName"]: one["PolicyDocument"] for one in role["Policies"]},
                "attached policies": [],
                "longest session": role["MaxSessionDuration"],
            },
            "repository": {
                "tags": repository["ImageTagMutability"],
                "scan on push": repository["ImageScanningConfiguration"]["ScanOnPush"],
                "encryption": repository["EncryptionConfiguration"]["EncryptionType"],
                "policy": None,
                "lifecycle": None,
            },
        }

    def there(self) -> dict[str, Any]:
        """What there is."""
        role = self._ask("iam", "get-role", "--role-name", self.role)["Role"]
        inline = self._ask("iam", "list-role-policies", "--role-name", self.role)["PolicyNames"]
        attached = self._ask("iam", "list-attached-role-policies", "--role-name", self.role)["AttachedPolicies"]
        name = ("--repository-name", self.repository)
        described = self._ask("ecr", "describe-repositories", "--repository-names", self.repository)["repositories"][0]
        policies = {
            one: self._ask("iam", "get-role-policy", "--role-name", self.role, "--policy-name", one)["PolicyDocument"]
            for one in inline
        }
        return {
            "role": {
                "trust": role["AssumeRolePolicyDocument"],
                "policies": policies,
                "attached policies": sorted(one["PolicyArn"] for one in attached),
                "longest session": role["MaxSessionDuration"],
            },
            "repository": {
                "tags": described["imageTagMutability"],
                "scan on push": (described.get("imageScanningConfiguration") or {}).get("scanOnPush", False),
                "encryption": (described.get("encryptionConfiguration") or {}).get("encryptionType"),
                "policy": self._text("RepositoryPolicyNotFound", "policyText", "ecr", "get-repository-policy", *name),
                "lifecycle": self._text(
                    "LifecyclePolicyNotFound", "lifecyclePolicyText", "ecr", "get-lifecycle-policy", *name
                ),
            },
        }

    def _resolved(self, value: Any) -> Any:
        """A part of the template with everything filled in that it refers to."""
        match value:
            case {"Ref": "Subject"}:
                return self._subject()
            case {"Ref": "ProviderArn"}:
                provider = "oidc-provider/token.actions.githubusercontent.com"
                return f"arn:{self.partition}:iam::{self.account}:{provider}"
            case {"Ref": "RepositoryName"}:
                return self.repository
            case {"Fn::GetAtt": ["Repository", "Arn"]}:
                return f"arn:{self.partition}:ecr:{_region()}:{self.account}:repository/{self.repository}"
            case {"Ref": _} | {"Fn::GetAtt": _}:
                raise Stop(Exit.AUDIT, f"{TEMPLATE}: {json.dumps(value)} is not known here")
            case dict():
                return {name: self._resolved(one) for name, one in value.items()}
            case list():
                return [self._resolved(one) for one in value]
        return value

    def _subject(self) -> str:
        repository, owner_id, repository_id = (os.environ.get(name, "") for name in OF_REPOSITORY)
        owner, _, name = repository.partition("/")
        if not (owner and name and owner_id.isdigit() and repository_id.isdigit()):
            raise Stop(Exit.AUDIT, f"{', '.join(OF_REPOSITORY)} must say whose the role is to be")
        return f"repo:{owner}@{owner_id}/{name}@{repository_id}:environment:{self.environment}"

    def _ask(self, *arguments: str) -> dict[str, Any]:
        asked = attempt(["aws", *arguments, "--output", "json"])
        if asked.returncode != 0:
            raise Stop(Exit.AUDIT, f"aws {' '.join(arguments[:2])}: {asked.stderr.strip() or asked.returncode}")
        try:
            found: dict[str, Any] = json.loads(asked.stdout)
        except ValueError as error:
            raise Stop(Exit.AUDIT, f"aws {' '.join(arguments[:2])} answers no JSON") from error
        return found

    def _text(self, missing: str, member: str, *arguments: str) -> Any:
        """A document that need not be there."""
        try:
            return json.loads(self._ask(*arguments)[member])
        except Stop as stop:
            if missing in stop.message:
                return None
            raise


def _region() -> str:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]", region):
        raise Stop(Exit.AUDIT, "AWS_REGION must say where the repository is")
    return region


def _differences(where: str, due: Any, there: Any) -> list[str]:
    """Every place where two values are not one, in words."""
    if isinstance(due, dict) and isinstance(there, dict):
        found = []
        for name in [*due, *(name for name in there if name not in due)]:
            place = f"{where} {name}".strip()
            if name in UNREMARKABLE:
                continue
            if name not in there:
                found.append(f"{place} is not there; the template has {_shown(due[name])}")
            elif name not in due:
                found.append(f"{place} is {_shown(there[name])}, of which the template knows nothing")
            else:
                found += _differences(place, due[name], there[name])
        return found
    if isinstance(due, list) and isinstance(there, list) and len(due) == len(there):
        if all(isinstance(one, dict) for one in due + there):
            pairs = enumerate(zip(due, there, strict=True), start=1)
            return [line for number, (one, other) in pairs for line in _differences(f"{where} {number}", one, other)]
        if sorted(map(str, due)) == sorted(map(str, there)):
            return []
    # One and a list of one are the same in a policy.
    if due == there or [due] == there or due == [there]:
        return []
    return [f"{where} is {_shown(there)}; the template has {_shown(due)}"]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
