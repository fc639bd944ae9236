"""A stand-in of the `aws` command line: it answers as that does, from what a test says there is, and keeps what it was
asked. Anything but a read fails.
"""

import json
from pathlib import Path
from typing import Any

PROGRAM = """#!/usr/bin/env python3
import json, sys
asked = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(asked) + "\\n")
answers = json.load(open({state!r}))
key = " ".join(asked[:2])
if key == "iam get-role-policy":
    key += " " + asked[asked.index("--policy-name") + 1]
if key not in answers:
    sys.exit("An error occurred (AccessDenied) when calling the operation: not authorized")
if isinstance(answers[key], str):
    sys.exit("An error occurred (" + answers[key] + ") when calling the operation")
print(json.dumps(answers[key]))
"""
ACCOUNT, REGION, ROLE = "402837465019", "eu-central-1", "autorisen-images-PushRole-1A2B3C"
SUBJECT = "repo:an-owner@9081726/autorisen@773301942:environment:trial"
ISSUER = "token.actions.githubusercontent.com"


class Aws:
    """A folder with a program of that name in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "aws-shim"
        self.folder.mkdir()
        self.log, self.state = self.folder / "log", self.folder / "state.json"
        program = self.folder / "aws"
        program.write_text(PROGRAM.format(log=str(self.log), state=str(self.state)))
        program.chmod(0o755)
        self.there = good()
        self.put()

    def put(self) -> None:
        """Makes what is said in `there` be there."""
        self.state.write_text(json.dumps(self.there))

    @property
    def asked(self) -> list[list[str]]:
        """Every command line."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def variables(self, path: str) -> dict[str, str]:
        """What `ship` is told, to find this."""
        return {
            "AWS_PUSH_ROLE": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", "AWS_REGION": REGION,
            "GITHUB_REPOSITORY": "an-owner/autorisen", "GITHUB_REPOSITORY_OWNER_ID": "9081726",
            "GITHUB_REPOSITORY_ID": "773301942", "PATH": f"{self.folder}:{path}",
        }  # fmt: skip


def good() -> dict[str, Any]:
    """An account where all is as it was made."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}},
        }],
    }  # fmt: skip
    push = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
            {
                "Effect": "Allow",
                "Action": [
                    "ecr:UploadLayerPart", "ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:DescribeImages",
                    "ecr:CompleteLayerUpload", "ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability",
                ],
                "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/autorisen",
            },
        ],
    }  # fmt: skip
    repository = {
        "repositoryName": "autorisen", "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True}, "encryptionConfiguration": {"encryptionType": "AES256"},
    }  # fmt: skip
    return {
        "iam get-role": {"Role": {
            "RoleName": ROLE, "AssumeRolePolicyDocument": trust, "MaxSessionDuration": 3600, "CreateDate": "2026-11-01",
        }},
        "iam list-role-policies": {"PolicyNames": ["push"]},
        "iam get-role-policy push": {"PolicyName": "push", "PolicyDocument": push},
        "iam list-attached-role-policies": {"AttachedPolicies": []},
        "ecr describe-repositories": {"repositories": [repository]},
        "ecr get-repository-policy": "RepositoryPolicyNotFoundException",
        "ecr get-lifecycle-policy": "LifecyclePolicyNotFoundException",
    }  # fmt: skip
