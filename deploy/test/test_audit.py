"""What an audit finds, thing by thing: at the platform, at GitHub, and at the fallback against its template."""

import base64
import json
import os
import tempfile
import unittest
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from test_secrets import Case

from bench.aws import ISSUER, Aws, good
from bench.github import GitHub
from bench.stage import ReleaseCase, Slack
from shiplib import record
from shiplib.audit import free_folder
from shiplib.git import RECORD


def bundle(kind: str) -> dict[str, Any]:
    statement = base64.b64encode(json.dumps({"predicateType": kind}).encode()).decode()
    return {"bundle": {"dsseEnvelope": {"payload": statement}}}


class Folders(unittest.TestCase):
    """Where an audit goes."""

    def test_audits_of_one_second_have_a_folder_each(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            day = Path(place) / "20260131"
            self.assertEqual(free_folder(day, "run-010203"), day)
            day.mkdir()
            self.assertEqual(free_folder(day, "run-010203"), day, "one that was broken off is begun again")
            (day / "SHA256SUMS").touch()
            for name in ("run-010203", "run-010203-2", "run-010203-3"):
                folder = free_folder(day, "run-010203")
                self.assertEqual(folder, day / name)
                folder.mkdir()


class Fallback(Case):
    """The role and the repository at AWS."""

    def setUp(self) -> None:
        super().setUp()
        self.aws = Aws(self.repository.folder)
        self.variables = self.aws.variables(os.environ["PATH"])

    def audited(self, code: int = 0) -> list[str]:
        ended = self.repository.ship("audit", HEROKU_API_KEY="a-token-of-the-stand-in", **self.variables)
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        return [line for line in ended.stdout.splitlines() if "AWS" in line or "aws" in line]

    def changed(self, change: Callable[[dict[str, Any]], object]) -> str:
        self.aws.there = good()
        change(self.aws.there)
        self.aws.put()
        return "\n".join(self.audited())

    def test_what_is_as_the_template_says_is_nothing_to_look_at(self) -> None:
        self.assertEqual(self.audited(), [])
        self.assertTrue(self.aws.asked)

    def test_nothing_is_ever_written(self) -> None:
        self.audited()
        for asked in self.aws.asked:
            self.assertRegex(asked[1], r"^(get|list|describe)-", asked)

    def test_who_may_take_the_role_is_compared_letter_by_letter(self) -> None:
        def condition(there: dict[str, Any]) -> Any:
            return there["iam get-role"]["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]

        def anybody(there: dict[str, Any]) -> None:
            condition(there)["StringLike"] = {f"{ISSUER}:sub": "repo:an-owner/*"}
            del condition(there)["StringEquals"][f"{ISSUER}:sub"]

        told = self.changed(anybody)
        self.assertIn(f"StringEquals {ISSUER}:sub is not there", told)
        self.assertIn("repo:an-owner/*", told)
        by_name = "repo:an-owner/autorisen:environment:trial"
        told = self.changed(lambda there: condition(there)["StringEquals"].update({f"{ISSUER}:sub": by_name}))
        self.assertIn(f"{ISSUER}:sub is {by_name}; the template has repo:an-owner@9081726/", told)
        told = self.changed(lambda there: condition(there)["StringEquals"].pop(f"{ISSUER}:aud"))
        self.assertIn(f"{ISSUER}:aud is not there", told)

        def one_more(there: dict[str, Any]) -> None:
            other = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
            there["iam get-role"]["Role"]["AssumeRolePolicyDocument"]["Statement"].append(other)

        self.assertIn('"AWS": "*"', self.changed(one_more))

    def test_what_the_role_may_do_is_what_the_template_lets_it(self) -> None:
        def push(there: dict[str, Any]) -> Any:
            return there["iam get-role-policy push"]["PolicyDocument"]["Statement"][1]

        self.assertIn("ecr:*", self.changed(lambda there: push(there).update({"Action": "ecr:*"})))
        self.assertIn("Resource is *", self.changed(lambda there: push(there).update({"Resource": "*"})))
        self.assertIn(
            "ecr:DeleteRepository", self.changed(lambda there: push(there)["Action"].append("ecr:DeleteRepository"))
        )

        def more(there: dict[str, Any]) -> None:
            there["iam list-role-policies"]["PolicyNames"].append("also")
            there["iam get-role-policy also"] = {"PolicyDocument": {"Statement": []}}
            arn = "arn:aws:iam::aws:policy/AdministratorAccess"
            there["iam list-attached-role-policies"]["AttachedPolicies"].append({"PolicyArn": arn})
            there["iam get-role"]["Role"]["MaxSessionDuration"] = 43200

        told = self.changed(more)
        self.assertIn("policies also is", told)
        self.assertIn("AdministratorAccess", told)
        self.assertIn("longest session is 43200", told)

    def test_the_repository_keeps_what_was_pushed(self) -> None:
        def loose(there: dict[str, Any]) -> None:
            there["ecr describe-repositories"]["repositories"][0] |= {
                "imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False},
            }  # fmt: skip
            there["ecr get-lifecycle-policy"] = {"lifecyclePolicyText": '{"rules": []}'}
            there["ecr get-repository-policy"] = {"policyText": '{"Statement": [{"Principal": "*"}]}'}

        told = self.changed(loose)
        for part in ("tags is MUTABLE", "scan on push is false", "lifecycle is", 'policy is {"Statement"'):
            self.assertIn(part, told)

    def test_what_cannot_be_looked_at_makes_the_audit_incomplete(self) -> None:
        del self.aws.there["iam get-role"]
        self.aws.put()
        self.assertIn("not read: aws: aws iam get-role: An error occurred (AccessDenied)", "\n".join(self.audited(60)))
        self.variables["AWS_PUSH_ROLE"] = "arn:aws:iam::1:role/x"
        self.assertIn("which is no role", "\n".join(self.audited(60)))
        self.variables = self.aws.variables(os.environ["PATH"]) | {"GITHUB_REPOSITORY_ID": ""}
        self.assertIn("must say whose the role is to be", "\n".join(self.audited(60)))

    def test_without_a_role_nothing_is_asked(self) -> None:
        self.variables.pop("AWS_PUSH_ROLE")
        self.assertIn("note: AWS was not looked at", "\n".join(self.audited()))
        self.assertEqual(self.aws.asked, [])


class Findings(ReleaseCase):
    """A good release, and then one thing after the other that is not as it should be."""

    def summary(self, **variables: str) -> str:
        return self.ends(self.world.ship("audit", **variables), 0)

    def test_what_is_odd_at_the_platform_is_found(self) -> None:
        self.live()
        platform = self.world.platform
        before = platform.certificate_ends, platform.dynos
        self.addCleanup(
            lambda: (setattr(platform, "certificate_ends", before[0]), setattr(platform, "dynos", before[1]))
        )
        platform.certificate_ends = (datetime.now(UTC) + timedelta(days=9, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = {"type": "run", "name": "run.8231", "state": "up", "release": {"version": 1}}
        crashed = {"type": "web", "name": "web.1", "state": "crashed", "release": {"version": 1}}
        platform.dynos = lambda: [run, crashed]  # type: ignore[method-assign]
        told = self.summary()
        self.assertIn("the certificate tern-1 ends in 9 days", told)
        self.assertIn("the one-off dyno run.8231 runs: somebody works in the app", told)
        self.assertIn("the dyno web.1 is crashed", told)

    def test_a_build_that_is_not_on_record_is_found_and_told_to_the_team(self) -> None:
        self.live()
        path = self.world.repository.root / RECORD
        kept = path.read_text()
        self.addCleanup(path.write_text, kept)
        path.write_text(kept.replace(self.world.platform.formation["web"], "sha256:" + "0" * 64))
        told: list[bytes] = []
        with Slack(told) as url:
            self.assertIn("what runs is not on record as a good release", self.summary(SLACK_WEBHOOK_URL=url))
        self.assertIn(b"drift: what runs is not on record", told[0])

    def test_a_way_back_whose_images_may_be_gone_is_found(self) -> None:
        self.live()
        root = self.world.repository.root
        path = root / RECORD
        kept = path.read_text()
        self.addCleanup(path.write_text, kept)
        old = record.Row("2026-01-01T00:00:00Z", "v0", "trial", "a" * 40, "sha256:m", "sha256:old", "sha256:old",
                         "ok: 12 checks green", "a", "b", "e")  # fmt: skip
        current = self.world.row()
        path.write_text(kept.replace(record.rows(root)[0].line(), current.line()))
        lines = [
            line
            for line in path.read_text().splitlines()
            if not line.startswith("| 20") or current.web_image_id in line
        ]
        path.write_text("\n".join(lines) + "\n")
        rows = record.rows(root)
        text = path.read_text().replace(rows[-1].line(), f"{rows[-1].line()}\n{old.line()}")
        path.write_text(text)
        releases = list(self.world.platform.releases)
        self.addCleanup(self.world.platform.releases.__setitem__, slice(None), releases)
        while len(self.world.platform.releases) < 20:
            more = dict(releases[-1], version=len(self.world.platform.releases) + 1)
            self.world.platform.releases.append(more)
        self.assertIn("its images may be gone", self.summary())

    def test_what_github_attests_of_the_images_is_looked_at(self) -> None:
        commit = self.live()
        github = GitHub()
        self.addCleanup(github.close)
        told = self.summary(**github.variables())
        for kind in ("web", "release"):
            self.assertIn(f"the {kind} image of {commit[:12]} has no attested provenance", told)
        asked = [path for _, path in github.requests]
        self.assertEqual(len(set(asked)), 2)
        self.assertTrue(any(self.world.row().manifest_digest in path for path in asked))
        kinds = ("https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom")
        github.knows |= {path: {"attestations": [bundle(kind) for kind in kinds]} for path in asked}
        self.assertNotIn("attested", self.summary(**github.variables()))
        self.assertIn("attestations were not looked at, for want of GITHUB_TOKEN", self.summary())
