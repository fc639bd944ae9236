"""Each guard stops a release, with its own code and message, before anything else is done."""

import tempfile
import unittest
from pathlib import Path

from bench.repository import AUTHOR, REVIEWER, STRANGER, Repository
from bench.tools import need

# Nobody listens there.
NOWHERE = "http://127.0.0.1:1"


class Guards(unittest.TestCase):
    def setUp(self) -> None:
        need("git", "ssh-keygen")
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.repository = Repository(Path(self.place.name))
        self.repository.target(api=NOWHERE, registry="127.0.0.1:1", bin_from="x", runtime="y")

    def refused(self, code: int, told: str, *arguments: str, **variables: str) -> None:
        ended = self.repository.ship("plan", *(arguments or ("--offline", "--engine", "git")), **variables)
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        self.assertIn(told, ended.stderr)

    def plan(self, **variables: str) -> str:
        ended = self.repository.ship("plan", "--offline", "--engine", "buildah", **variables)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def test_a_file_that_is_not_committed(self) -> None:
        (self.repository.root / ".env").write_text("SECRET_KEY=x\n")
        self.refused(10, ".env", "--offline")

    def test_another_branch_and_no_branch(self) -> None:
        self.repository.git("checkout", "--quiet", "-b", "other")
        self.refused(10, "on other", "--offline")
        self.repository.git("checkout", "--quiet", "--detach")
        self.refused(10, "on no branch", "--offline")

    def test_a_branch_of_another_name_in_ci(self) -> None:
        self.refused(10, "on other", "--offline", GITHUB_ACTIONS="true", GITHUB_REF_NAME="other")

    def test_ahead_of_the_remote_and_behind_it(self) -> None:
        self.repository.commit("pushed")
        self.repository.git("reset", "--quiet", "--hard", "HEAD~1")
        self.refused(10, "pull or push", "--offline")
        self.repository.git("reset", "--quiet", "--hard", "origin/main")
        self.repository.git("commit", "--quiet", "--allow-empty", "--message", "not pushed")
        self.refused(10, "pull or push", "--offline")

    def test_no_sign_off(self) -> None:
        self.refused(11, "0 of 1 sign-offs", "--offline")

    def test_a_sign_off_by_the_author(self) -> None:
        self.repository.sign(AUTHOR)
        self.refused(11, "runs the release", "--offline")
        self.repository.git("config", "user.email", "operator@example.org")
        self.refused(11, "wrote the commit", "--offline")

    def test_a_sign_off_by_the_operator(self) -> None:
        self.repository.sign(REVIEWER)
        self.refused(11, "runs the release", "--offline", GITHUB_ACTOR=REVIEWER)

    def test_a_sign_off_by_somebody_who_may_not(self) -> None:
        self.repository.sign(STRANGER)
        self.refused(11, "not by an allowed key", "--offline")

    def test_a_sign_off_of_another_commit(self) -> None:
        self.repository.sign()
        signature = self.repository.git("notes", "--ref=deploy-signoff", "show", "HEAD")
        self.repository.commit("one more")
        self.repository.git("notes", "--ref=deploy-signoff", "add", "--message", signature, "HEAD")
        self.refused(11, "not by an allowed key", "--offline")

    def test_a_sign_off_for_another_app(self) -> None:
        text = (self.repository.folder / "targets/trial.toml").read_text()
        (self.repository.folder / "targets/other.toml").write_text(text.replace("autorisen-trial", "autorisen-other"))
        self.repository.sign(app_target="other")
        self.refused(11, "not by an allowed key", "--offline")

    def test_a_commit_that_brings_its_own_reviewer(self) -> None:
        signers = self.repository.root / "deploy/allowed_signers"
        key = self.repository.keys[STRANGER].with_suffix(".pub").read_text()
        self.repository.commit("add myself", files={"deploy/allowed_signers": f"{signers.read_text()}{STRANGER} {key}"})
        self.repository.sign(STRANGER)
        self.refused(11, "not by an allowed key", "--offline")
        self.repository.commit("the next one")
        self.repository.sign(STRANGER)
        self.assertIn(f"signed off by          {STRANGER}", self.plan())

    def test_a_sign_off_that_only_the_remote_has(self) -> None:
        self.repository.sign()
        self.repository.git("push", "--quiet", "origin", "refs/notes/deploy-signoff")
        self.repository.git("update-ref", "-d", "refs/notes/deploy-signoff")
        self.assertIn(f"signed off by          {REVIEWER}", self.plan())

    def test_checks_that_are_not_green(self) -> None:
        self.repository.sign()
        path = self.repository.folder / "targets/trial.toml"
        path.write_text(path.read_text() + 'required_checks = ["gate"]\n')
        self.assertIn("not checked, for want of GITHUB_TOKEN", self.plan())
        asked = {"GITHUB_TOKEN": "token-of-nobody", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": NOWHERE}
        self.refused(13, "does not tell the checks", "--offline", "--engine", "buildah", **asked)

    def test_an_engine_that_is_not_there(self) -> None:
        self.repository.sign()
        self.refused(12, "docker", "--offline", "--engine", "docker", PATH="/usr/bin:/bin")

    def test_a_platform_without_a_token_or_an_answer(self) -> None:
        self.repository.sign()
        self.refused(12, "HEROKU_API_KEY is not set", "--engine", "buildah")
        self.refused(12, "no answer", "--engine", "buildah", HEROKU_API_KEY="token-of-nobody")


class Targets(unittest.TestCase):
    def setUp(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.folder = Path(self.place.name)

    def fault(self, text: str) -> str:
        from shiplib.exits import Stop
        from shiplib.target import load

        (self.folder / "t.toml").write_text(text)
        with self.assertRaises(Stop) as stopped:
            load(self.folder, "t")
        self.assertEqual(stopped.exception.code, 2)
        return stopped.exception.message

    def test_a_token_is_sent_to_the_platform_and_to_loopback_alone(self) -> None:
        self.assertIn(
            "api may only be", self.fault('app = "a1"\napi = "https://evil.example"\nregistry = "127.0.0.1:1"')
        )
        self.assertIn(
            "registry may only be", self.fault('app = "a1"\napi = "http://127.0.0.1:1"\nregistry = "evil.example"')
        )
        self.assertIn("of one place", self.fault('app = "a1"\nregistry = "127.0.0.1:1"'))
        self.assertIn(
            "api may only be", self.fault('app = "a1"\napi = "http://127.0.0.1.evil.example"\nregistry = "127.0.0.1:1"')
        )

    def test_every_fault_is_named(self) -> None:
        told = self.fault('base_url = "http://app.example"\nsigners_min = 0\nnonsense = 1\ndeadline_seconds = "long"')
        for part in (
            "app is missing",
            "base_url must be https",
            "signers_min",
            "nonsense is no setting",
            "deadline_seconds must be int",
        ):
            self.assertIn(part, told)

    def test_a_release_of_production_is_compiled(self) -> None:
        self.assertIn("bin_from", self.fault('app = "a1"\nbin_from = "elsewhere"'))

    def test_the_targets_that_are_kept_are_in_order(self) -> None:
        from shiplib.target import load

        folder = Path(__file__).resolve().parents[1] / "targets"
        names = {path.stem: load(folder, path.stem) for path in folder.glob("*.toml")}
        self.assertTrue(names["production"].production)
        self.assertFalse(names["staging"].production)
