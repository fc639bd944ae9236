"""The role of the fallback: exactly one repository may take it, and it may push and nothing else."""

import json
import subprocess
import sys
import unittest

from bench.tools import ROOT

RENDER = ROOT / "deploy/aws/render"
GOOD = {
    "account": "402837465019",
    "owner": "an-owner",
    "owner-id": "9081726",
    "repo": "autorisen",
    "repo-id": "773301942",
}


class Render(unittest.TestCase):
    def render(self, **values: str) -> subprocess.CompletedProcess[str]:
        named = GOOD | {name.replace("_", "-"): value for name, value in values.items()}
        arguments = [part for name, value in named.items() for part in (f"--{name}", value)]
        return subprocess.run([sys.executable, str(RENDER), *arguments], capture_output=True, text=True, check=False)

    def test_the_subject_has_names_and_numbers_and_an_environment(self) -> None:
        parameters = dict(one.split("=", 1) for one in json.loads(self.render().stdout))
        self.assertEqual(parameters["Subject"], "repo:an-owner@9081726/autorisen@773301942:environment:production")
        self.assertEqual(parameters["AuditSubject"], parameters["Subject"] + "-plan")
        provider = "arn:aws:iam::402837465019:oidc-provider/token.actions.githubusercontent.com"
        self.assertEqual(parameters["ProviderArn"], provider)

    def test_wildcards_and_placeholders_are_refused(self) -> None:
        for name, value in (
            ("owner", "*"),
            ("repo", "*"),
            ("owner_id", "*"),
            ("repo_id", "0"),
            ("account", "123456789012"),
            ("account", "40283746501"),
            ("owner", "OWNER"),
            ("environment", "*"),
            ("owner", "a/b"),
        ):
            ended = self.render(**{name: value})
            self.assertEqual((ended.returncode, ended.stdout), (2, ""), (name, value))
            self.assertIn(name.replace("_", "-"), ended.stderr)


class Role(unittest.TestCase):
    """The template as data; cfn-lint says whether it is well formed, not whether it is safe."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.resources = json.loads((ROOT / "deploy/aws/role.json").read_text())["Resources"]

    def test_who_may_take_it_is_said_exactly(self) -> None:
        for role, subject in (("PushRole", "Subject"), ("AuditRole", "AuditSubject")):
            [statement] = self.resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual(statement["Action"], "sts:AssumeRoleWithWebIdentity")
            issuer = "token.actions.githubusercontent.com"
            expected = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": {"Ref": subject}}}
            self.assertEqual(statement["Condition"], expected)

    def test_it_may_push_to_one_repository(self) -> None:
        [policy] = self.resources["PushRole"]["Properties"]["Policies"]
        login, push = policy["PolicyDocument"]["Statement"]
        self.assertEqual((login["Action"], login["Resource"]), ("ecr:GetAuthorizationToken", "*"))
        self.assertEqual(push["Resource"], {"Fn::GetAtt": ["Repository", "Arn"]})
        self.assertFalse([action for action in push["Action"] if "*" in action or "Delete" in action])

    def test_who_audits_may_look_and_nothing_else(self) -> None:
        [policy] = self.resources["AuditRole"]["Properties"]["Policies"]
        resources = [statement["Resource"] for statement in policy["PolicyDocument"]["Statement"]]
        self.assertEqual(resources, [{"Fn::GetAtt": ["PushRole", "Arn"]}, {"Fn::GetAtt": ["Repository", "Arn"]}])
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in statement["Action"]:
                self.assertRegex(action, r"^(iam|ecr):(Get|List|Describe)[A-Za-z]+$")

    def test_what_was_pushed_stays_as_it_was(self) -> None:
        properties = self.resources["Repository"]["Properties"]
        self.assertEqual(properties["ImageTagMutability"], "IMMUTABLE")
        self.assertTrue(properties["ImageScanningConfiguration"]["ScanOnPush"])
