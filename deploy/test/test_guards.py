"""Each guard stops a release, with its own code and message, before anything else is done."""

import tempfile
import unittest
from pathlib import Path

from bench.github import GitHub
from bench.repository import AUTHOR, REVIEWER, STRANGER, Repository
from bench.tools import need, run

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

    def test_a_lock_file_that_is_out_of_step(self) -> None:
        need("cargo")
        manifest = '[package]\nname = "x"\nversion = "{}"\nedition = "2021"\n'
        lock = 'version = 4\n\n[[package]]\nname = "x"\nversion = "1.0.0"\n'
        files = {"Cargo.toml": manifest.format("1.0.0"), "Cargo.lock": lock, "src/lib.rs": ""}
        self.repository.commit("in step", files=files)
        self.refused(11, "0 of 1 sign-offs", "--offline")
        self.repository.commit("out of step", files={"Cargo.toml": manifest.format("2.0.0")})
        self.refused(10, "Cargo.lock is not in step", "--offline")

    def test_no_sign_off(self) -> None:
        self.refused(11, "0 of 1 sign-offs", "--offline")

    def test_a_sign_off_by_the_author(self) -> None:
        self.repository.sign(AUTHOR)
        self.refused(11, "runs the release", "--offline")
        self.repository.git("config", "user.email", "operator@example.org")
        self.refused(11, "wrote the commit", "--offline")

    def test_a_sign_off_by_who_wrote_it_under_another_name_of_theirs(self) -> None:
        """In the browser GitHub commits with an address of its own, which has the login; and two may write together."""
        login = self.repository.keys[REVIEWER].with_suffix(".pub").read_text()
        signers = f'{REVIEWER},a-login namespaces="deploy-signoff" {login}'
        self.repository.commit("names the login", files={"deploy/allowed_signers": signers})
        self.repository.git("config", "user.email", "3141592+A-Login@users.noreply.github.com")
        self.repository.commit("in the browser")
        self.repository.git("config", "user.email", "operator@example.org")
        self.repository.sign()
        self.refused(11, "wrote the commit", "--offline")
        self.repository.commit(f"by two\n\nCo-authored-by: Somebody <{REVIEWER}>")
        self.repository.sign()
        self.refused(11, "wrote the commit", "--offline")
        self.repository.commit("by one")
        self.repository.sign()
        self.assertIn(f"signed off by          {REVIEWER}", self.plan())

    def test_a_sign_off_that_is_forged(self) -> None:
        """A reviewer's key signs many things; what was made for something else does not count, nor does what was changed."""
        from shiplib.signoff import statement

        text = self.repository.folder / "text"
        text.write_text(statement(self.repository.head, "autorisen-trial"))
        key = str(self.repository.keys[REVIEWER])
        run("ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key, str(text))
        other = Path(f"{text}.sig").read_text()
        Path(f"{text}.sig").unlink()
        text.write_text(statement(self.repository.head, "autorisen-trial").rstrip("\n"))
        run("ssh-keygen", "-q", "-Y", "sign", "-n", "deploy-signoff", "-f", key, str(text))
        nearly = Path(f"{text}.sig").read_text()
        nonsense = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n"
        for forged in (other, nearly, nonsense):
            self.repository.git("notes", "--ref=deploy-signoff", "add", "--force", "--message", forged, "HEAD")
            self.refused(11, "not by an allowed key", "--offline")

    def test_a_sign_off_that_was_withdrawn_with_its_key(self) -> None:
        signers = self.repository.root / "deploy/allowed_signers"
        kept = [line for line in signers.read_text().splitlines(keepends=True) if not line.startswith(REVIEWER)]
        self.repository.commit("the reviewer left", files={"deploy/allowed_signers": "".join(kept)})
        self.repository.commit("the next one")
        self.repository.sign()
        self.refused(11, "not by an allowed key", "--offline")

    def test_two_sign_offs_are_of_two_people(self) -> None:
        path = self.repository.folder / "targets/trial.toml"
        path.write_text(path.read_text() + "signers_min = 2\n")
        for _ in range(2):
            self.repository.sign()
        self.refused(11, "1 of 2 sign-offs", "--offline")

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
        before = self.repository.state()
        self.assertIn(f"signed off by          {REVIEWER}", self.plan())
        self.assertEqual(self.repository.state(), before, "a plan looks at the remote, and leaves no trace")

    def test_checks_that_are_not_green(self) -> None:
        self.repository.sign()
        path = self.repository.folder / "targets/trial.toml"
        path.write_text(path.read_text() + 'required_checks = ["gate"]\n')
        self.assertIn("not checked, for want of GITHUB_TOKEN", self.plan())
        asked = {"GITHUB_TOKEN": "token-of-nobody", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": NOWHERE}
        self.refused(13, "does not tell the checks", "--offline", "--engine", "buildah", **asked)
        github = GitHub()
        self.addCleanup(github.close)
        commit, told = f"/repos/an-owner/autorisen/commits/{self.repository.head}", []
        github.knows[f"{commit}/check-runs?per_page=100"] = {"check_runs": told}
        said = github.variables()
        for runs, shown in (
            ([], "missing"),
            ([{"name": "gate", "conclusion": None}], "[None]"),
            ([{"name": "gate", "conclusion": "success"}, {"name": "gate", "conclusion": "failure"}], "failure"),
            ([{"name": "other", "conclusion": "success"}], "missing"),
        ):
            told[:] = runs
            self.refused(13, shown, "--offline", "--engine", "buildah", **said)
        told[:] = [{"name": "gate", "conclusion": "success"}]
        approved = [{"state": "approved", "user": {"login": "a-lead"}}, {"state": "rejected", "user": {"login": "x"}}]
        github.knows["/repos/an-owner/autorisen/actions/runs/77/approvals"] = approved
        plan = self.plan(GITHUB_RUN_ID="77", **said)
        self.assertIn("gate: green", plan)
        self.assertIn(f"{REVIEWER}, a-lead (GitHub)", plan)
        self.assertEqual({method for method, _ in github.requests}, {"GET"})

    def test_an_engine_that_is_not_there(self) -> None:
        self.repository.sign()
        self.refused(12, "docker", "--offline", "--engine", "docker", PATH="/usr/bin:/bin")

    def test_a_platform_without_a_token_or_an_answer(self) -> None:
        self.repository.sign()
        self.refused(12, "HEROKU_API_KEY is not set", "--engine", "buildah")
        self.refused(12, "no answer", "--engine", "buildah", HEROKU_API_KEY="token-of-nobody")


class Usage(unittest.TestCase):
    """What is asked for in a way that cannot be meant."""

    def setUp(self) -> None:
        need("git", "ssh-keygen")
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.repository = Repository(Path(self.place.name))
        self.repository.target(api=NOWHERE, registry="127.0.0.1:1", bin_from="x", runtime="y", production="true")

    def wrong(self, told: str, *arguments: str, target: str = "trial") -> None:
        ended = self.repository.ship(*arguments, target=target)
        self.assertEqual(ended.returncode, 2, ended.stdout + ended.stderr)
        self.assertIn(told, ended.stderr)

    def test_production_is_written_to_only_by_who_names_it(self) -> None:
        for command in (("release",), ("redeploy",), ("rollback", "--reason", "x"), ("secrets", "sync")):
            self.wrong("needs --confirm autorisen-trial", *command, "--apply")
            self.wrong("needs --confirm autorisen-trial", *command, "--apply", "--confirm", "another")

    def test_flags_that_do_not_go_together(self) -> None:
        self.wrong("--offline is for a plan", "release", "--apply", "--offline", "--confirm", "autorisen-trial")
        self.wrong("--apply is for `secrets sync`", "secrets", "check", "--apply")
        self.wrong("--apply is for `pins update`", "pins", "check", "--apply")
        self.wrong("--reason", "rollback")
        self.wrong("invalid choice", "release", "--engine", "podman")
        self.wrong("invalid choice", "relaese")

    def test_a_target_is_a_name_and_no_path(self) -> None:
        self.wrong("there is no target", "plan", target="elsewhere")
        (self.repository.folder / "outside.toml").write_text('app = "evil"\n')
        self.wrong("there is no target", "plan", target="../outside")

    def test_a_record_that_cannot_be_written_is_found_before_the_release(self) -> None:
        self.repository.commit("spoils the record", files={"docs/DEPLOYMENTS.md": "# Deployments\n"})
        self.wrong("has lost its markers", "plan", "--offline")
        record = self.repository.root / "docs/DEPLOYMENTS.md"
        (self.repository.root / "elsewhere.md").write_text(record.read_text())
        record.unlink()
        record.symlink_to("../elsewhere.md")
        self.repository.git("add", "--all")
        self.repository.git("commit", "--quiet", "--message", "makes it a link")
        self.wrong("is a link", "plan", "--offline")


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
