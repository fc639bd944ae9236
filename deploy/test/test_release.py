"""A release from its guards to its row, with real images that really run, behind a stand-in of the platform."""

import json
import os
import secrets
import signal

from bench.heroku import TOKEN
from bench.repository import APP
from bench.stage import NOT_READ_ONLY, READ_ONLY, ReleaseCase, Slack
from bench.world import ACCOUNT, World
from shiplib import record


class Release(ReleaseCase):
    def test_a_first_release_whose_migration_fails_is_not_served_and_has_its_row(self) -> None:
        world = World()
        self.addCleanup(world.close)
        world.repository.commit("cannot migrate", release=READ_ONLY)
        said = self.ends(world.release(), 30)
        self.assertIn("cannot execute", said)
        self.assertEqual((world.row().result, world.row().release), ("release phase failed", "v1"))
        self.assertEqual(world.platform.live, None)
        # Nothing was there to go back to, so one that is released and not good stays.
        world.repository.commit("cannot work", web=READ_ONLY, release=NOT_READ_ONLY)
        self.assertIn("not run  login: this is the first release", self.ends(world.release(), 43))
        self.assertIn("failed, no way back", world.row().result)
        world.make_account()
        commit = world.repository.commit("works")
        self.ends(world.release(), 0)
        self.assertEqual((world.row().commit, world.row().is_live), (commit, True))

    def test_a_good_release_is_served_and_on_record_with_both_digests(self) -> None:
        before = self.live()
        commit = self.world.repository.commit("a better one")
        told: list[bytes] = []
        with Slack(told) as url:
            said = self.ends(self.world.release(SLACK_WEBHOOK_URL=url), 0)
        self.serves(commit)
        row, root = self.world.row(), self.world.repository.root
        self.assertEqual(
            (row.commit, row.reviewer, row.operator), (commit, "reviewer@example.org", "author@example.org")
        )
        self.assertEqual(row.web_image_id, self.world.platform.formation["web"])
        self.assertEqual(row.release_image_id, self.world.platform.formation["release"])
        self.assertRegex(row.manifest_digest, r"^sha256:[0-9a-f]{64}$")
        self.assertIn("all up at v", said + json.dumps(self.smoke(row)))
        self.assertEqual([one["verdict"] for one in self.smoke(row)], ["ok"] * 12)
        folder, digest = row.evidence.split()
        names = sorted(path.name for path in (root / "artifacts/releases" / folder).iterdir())
        self.assertEqual(names, [
            "SHA256SUMS", "build.log.gz", "manifest-release.json", "manifest-web.json", "plan.txt", "provenance.json",
            "record.json", "release-phase.log", "sbom.cdx.json", "smoke.json",
        ])  # fmt: skip
        made = {name: json.loads((root / "artifacts/releases" / folder / name).read_text())
                for name in ("provenance.json", "sbom.cdx.json", "record.json")}  # fmt: skip
        # What the program says of itself, less what only its building took.
        self.assertEqual([one["name"] for one in made["sbom.cdx.json"]["components"]], ["actix-web"])
        subjects = made["provenance.json"]["subject"]
        self.assertEqual(
            [one["digest"]["sha256"] for one in subjects],
            [made["record.json"]["images"][kind]["digest"].removeprefix("sha256:") for kind in ("web", "release")],
        )
        self.assertEqual(subjects[0]["digest"]["sha256"], row.manifest_digest.removeprefix("sha256:"))
        materials = made["provenance.json"]["predicate"]["buildDefinition"]["resolvedDependencies"]
        self.assertEqual(materials[0]["digest"], {"gitCommit": commit})
        self.assertEqual(len(materials), 4, "the commit and the three images that it is built from")
        self.assertEqual(record.seal(root / "artifacts/releases" / folder), digest)
        self.assertIn("This build can serve.", (root / "artifacts/releases" / folder / "release-phase.log").read_text())
        self.assertEqual(self.world.repository.git("status", "--porcelain"), "")
        self.assertIn("deploy: trial v", self.world.repository.git("log", "-1", "--format=%s"))
        self.assertNotEqual(before, commit)
        self.assertIn(commit[:12].encode(), told[0])
        # The same once more: the row is a commit that changes nothing of the product.
        self.world.repository.push()
        writes = len(self.world.platform.writes)
        self.assertIn("already live", self.ends(self.world.release(), 0))
        self.assertEqual(len(self.world.platform.writes), writes)
        self.assertIn("already live", self.ends(self.world.release("--restart"), 0))
        self.assertEqual(self.world.platform.writes[writes:], [("DELETE", f"/apps/{APP}/dynos")])

    def test_a_team_that_cannot_be_told_fails_nothing(self) -> None:
        self.live()
        self.world.repository.commit("nobody hears of it")
        said = self.ends(self.world.release(SLACK_WEBHOOK_URL="http://127.0.0.1:1/of-nobody"), 0)
        self.assertIn("the team was not told", said)

    def test_a_rollback_by_hand_needs_no_sign_off_and_leaves_settings_alone(self) -> None:
        before = self.live()
        self.world.repository.commit("good, and not wanted")
        self.ends(self.world.release(), 0)
        self.world.platform.config["LATER"] = "set after the build before"
        self.assertIn("DRY RUN", self.ends(self.world.ship("rollback", "--reason", "look"), 0))
        told: list[bytes] = []
        with Slack(told) as url:
            reason = "users <!channel> complain"
            said = self.ends(self.world.ship("rollback", "--reason", reason, "--apply", SLACK_WEBHOOK_URL=url), 0)
        self.assertEqual(len(told), 1)
        self.assertIn(f"{before[:12]}: ok, rolled back: users &lt;!channel&gt; complain (by author@".encode(), told[0])
        self.assertIn("settings stay", said)
        self.assertNotIn(url, said)
        self.serves(before)
        self.assertIn("ok, rolled back: users &lt;!channel&gt; complain", self.world.row().result)
        self.assertEqual(self.world.platform.config.pop("LATER"), "set after the build before")
        self.assertIn("served", self.ends(self.world.ship("status"), 0))

    def test_a_rollback_by_hand_that_is_interrupted_has_its_row(self) -> None:
        self.live()
        self.world.repository.commit("good, and to be rolled back")
        self.ends(self.world.release(), 0)
        seen = len(self.world.platform.writes)
        process = self.start("rollback", "--reason", "in a hurry", "--apply")
        self.write_of(process, seen)
        os.killpg(process.pid, signal.SIGINT)
        said = self.over(process, 41)
        self.assertIn("curl -X PATCH", said)
        self.assertEqual(self.world.row().result, "rollback interrupted: in a hurry")
        self.settled()

    def test_a_rollback_by_hand_that_fails_is_told_and_has_its_row(self) -> None:
        self.live()
        self.world.repository.commit("good, and the one before is gone")
        gone = set(self.world.platform.formation.values())
        self.ends(self.world.release(), 0)
        self.world.platform.expired = gone
        self.addCleanup(self.world.platform.expired.clear)
        told: list[bytes] = []
        with Slack(told) as url:
            self.ends(self.world.ship("rollback", "--reason", "x", "--apply", SLACK_WEBHOOK_URL=url), 43)
        self.assertIn(b"rollback failed: x", told[0])
        self.assertEqual(self.world.row().result, "rollback failed: x")

    def test_a_sign_off_by_whose_token_it_is_does_not_count(self) -> None:
        self.live()
        self.world.repository.commit("signed and released by one person")
        self.addCleanup(setattr, self.world.platform, "owner", self.world.platform.owner)
        self.world.platform.owner = "Reviewer@example.org"
        said = self.ends(self.world.release(), 11)
        self.assertIn("whose token it is", said)

    def test_what_builds_is_told_no_secret(self) -> None:
        """Neither in its environment nor in its arguments, where everybody on the machine could read it."""
        self.live()
        self.world.repository.commit("watched")
        shim, log = self.world.repository.folder / "watching", self.world.repository.folder / "watched.log"
        shim.mkdir()
        (shim / "buildah").write_text(f'#!/bin/sh\n{{ env; echo "$@"; }} >>{log}\nexec /usr/bin/buildah "$@"\n')
        (shim / "buildah").chmod(0o755)
        more = {"SOURCE_SECRET_KEY": "a-source-that-is-secret", "SLACK_WEBHOOK_URL": "http://127.0.0.1:1/a-secret-hook"}
        self.ends(self.world.release(PATH=f"{shim}:{os.environ['PATH']}", **more), 0)
        seen = log.read_text()
        self.assertIn("PATH=", seen)
        for secret in (TOKEN, ACCOUNT["SHIP_SMOKE_PASSWORD"], self.world.config["SECRET_KEY"], *more.values()):
            self.assertNotIn(secret, seen)

    def test_settings_that_were_being_written_when_it_was_interrupted_are_said_to_be(self) -> None:
        self.live()
        source = {"SOURCE_SECRET_KEY": self.world.config["SECRET_KEY"], "SOURCE_OPENAI_API_KEY": secrets.token_hex(20)}
        seen = len(self.world.platform.writes)
        process = self.start("secrets", "sync", "--apply", **source)
        self.write_of(process, seen)
        os.killpg(process.pid, signal.SIGINT)
        self.assertIn("interrupted after something was written", self.over(process, 42))
        self.settled()

    def test_one_command_releases_what_the_remote_has(self) -> None:
        self.live()
        commit = self.world.repository.commit("what the remote has")
        self.world.repository.sign()
        self.world.repository.git("checkout", "--quiet", "-b", "elsewhere", "HEAD~1")
        self.addCleanup(self.world.repository.git, "checkout", "--quiet", "--force", "main")
        said = self.ends(self.world.ship("redeploy", "--apply", "--engine", "buildah"), 0)
        self.assertIn("it is yours to commit", said)
        self.serves(commit)
        self.world.repository.git("checkout", "--quiet", "--", "docs/DEPLOYMENTS.md")

    def test_a_dry_run_writes_nothing_at_all(self) -> None:
        self.live()
        self.world.repository.commit("only planned")
        self.world.repository.sign()
        state, repositories = self.world.repository.state(), self.tags()
        self.world.platform.requests.clear()
        for arguments in (("plan",), ("release",), ("plan", "--json")):
            said = self.ends(self.world.ship(*arguments, "--engine", "buildah"), 0)
            for part in (
                "would" if "--json" not in arguments else "commands",
                "buildah build",
                "buildah push",
                "PATCH",
                "DRY RUN",
            ):
                self.assertIn(part, said)
            if "--json" not in arguments:
                self.assertIn("would go back to the images of before", said)
        self.assertEqual([one for one in self.world.platform.requests if one[0] != "GET"], [])
        self.assertTrue(self.world.platform.requests)
        self.assertEqual((self.world.repository.state(), self.tags()), (state, repositories))

    def test_settings_are_written_at_once_and_looked_at_again(self) -> None:
        commit = self.live()
        source = {
            "SOURCE_SECRET_KEY": self.world.config["SECRET_KEY"],
            "SOURCE_RECAPTCHA_SECRET": secrets.token_hex(20),
        }
        self.assertIn(
            "RECAPTCHA_SECRET missing at the platform", self.ends(self.world.ship("secrets", "check", **source), 50)
        )
        said = self.ends(self.world.ship("secrets", "sync", "--apply", **source), 0)
        self.assertIn("written: RECAPTCHA_SECRET", said)
        self.assertNotIn(source["SOURCE_RECAPTCHA_SECRET"], said)
        self.ends(self.world.ship("secrets", "check", **source), 0)
        self.serves(commit)

    def test_an_audit_finds_what_runs_on_record_and_holds_no_secret(self) -> None:
        self.live()
        told = self.ends(self.world.ship("audit"), 0).splitlines()[-1]
        self.assertTrue(told.startswith("artifacts/live-audit/"), told)
        folder = self.world.repository.root / told.split()[0]
        summary = (folder / "SUMMARY.md").read_text()
        self.assertNotIn("not read", summary)
        self.assertNotIn("not on record", summary)
        self.assertNotIn("the smoke", summary)
        kept = "".join(path.read_text() for path in folder.iterdir())
        for value in (TOKEN, self.world.config["SECRET_KEY"], self.world.database.url, ACCOUNT["SHIP_SMOKE_PASSWORD"]):
            self.assertNotIn(value, kept)
        again = self.ends(self.world.ship("audit"), 0).splitlines()[-1].split()[0]
        self.assertRegex(again, r"artifacts/live-audit/[0-9]{8}/run-[0-9]{6}(-[0-9]+)?$")
        self.assertNotEqual(self.world.repository.root / again, folder, "a second run has its own folder")

    def test_a_doctor_finds_a_good_app_and_says_what_is_wrong_with_another(self) -> None:
        self.live()
        said = self.ends(self.world.ship("doctor", "--engine", "buildah"), 0)
        self.assertIn("6 of 20 at most", said)
        platform = self.world.platform
        platform.stack = "heroku-24"
        self.addCleanup(setattr, platform, "stack", "container")
        platform.config["AUTORISEN__DATABASE__POOL_SIZE"] = "16"
        self.addCleanup(platform.config.__setitem__, "AUTORISEN__DATABASE__POOL_SIZE", "2")
        said = self.ends(self.world.ship("doctor", "--engine", "buildah"), 12)
        self.assertIn("not container", said)
        self.assertIn("34 during a release, and 20 are allowed", said)

    def test_a_platform_that_is_not_fit_is_not_released_to(self) -> None:
        self.live()
        self.world.repository.commit("not to be released")
        platform = self.world.platform
        for name, value, told in (
            ("DATABASE_URL", "sqlite:///data/x.db", "no PostgreSQL"),
            ("DATABASE_URL", "", "missing"),
            ("APP_VERSION", "v1", "must not be set"),
        ):
            before = dict(platform.config)
            platform.config[name] = value
            self.assertIn(told, self.ends(self.world.release(), 12))
            platform.config = before
