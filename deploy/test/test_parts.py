"""The parts of `ship` that need nothing outside: the record, what is masked, what is gone back to."""

import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from bench import tools
from bench.repository import Repository
from shiplib import record, rollback, sbom
from shiplib.console import Console
from shiplib.exits import Exit, Stop
from shiplib.git import RECORD, Git
from shiplib.platform import Images
from shiplib.record import Row
from shiplib.target import Target


def row(release: str, commit: str, image: str, result: str = "ok: 12 checks green", target: str = "t") -> Row:
    return Row("2026-01-01T00:00:00Z", release, target, commit, "sha256:m", image, image, result, "a", "b", "e")


class Record(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = Path(place.name)
        (self.root / "docs").mkdir()
        (self.root / RECORD).write_text((tools.ROOT / RECORD).read_text())

    def test_the_newest_row_comes_first_and_nothing_else_changes(self) -> None:
        text = (self.root / RECORD).read_text()
        rows = [row("v1", "a" * 40, "sha256:1"), row("v2", "b" * 40, "sha256:2", "failed, rolled back as v3: x")]
        for one in rows:
            record.add(self.root, one)
        self.assertEqual(record.rows(self.root)[:2], rows[::-1])
        self.assertEqual([one.is_live for one in record.rows(self.root)[:2]], [False, True])
        for part in (record.BEGIN, record.END):
            self.assertEqual(
                text.split(part)[0 if part == record.BEGIN else 1],
                (self.root / RECORD).read_text().split(part)[0 if part == record.BEGIN else 1],
            )

    def test_what_would_break_the_table_is_taken_out(self) -> None:
        record.add(self.root, row("v1", "c", "sha256:1", "ok, rolled back: a | b\nc"))
        self.assertEqual(record.rows(self.root)[0].result, "ok, rolled back: a b c")

    def test_a_record_without_its_markers_is_not_guessed_at(self) -> None:
        (self.root / RECORD).write_text("# Something else\n")
        with self.assertRaises(Stop) as stopped:
            record.add(self.root, row("v1", "c", "sha256:1"))
        self.assertEqual(stopped.exception.code, Exit.USAGE)

    def test_a_changed_file_no_longer_fits_its_row(self) -> None:
        evidence = record.Evidence(self.root, "abc", Console(False, io.StringIO()))
        evidence.text("log", "as it was")
        sealed = evidence.seal().split()[1]
        (evidence.folder / "log").write_text("as it was not")
        self.assertNotEqual(record.seal(evidence.folder), sealed)


class WayBack(unittest.TestCase):
    rows = (
        row("v5", "e" * 40, "sha256:5", "failed, rolled back as v6: x"),
        row("v4", "d" * 40, "sha256:4"),
        row("v3", "c" * 40, "sha256:3"),
        row("v9", "f" * 40, "sha256:9", target="other"),
    )
    target = Target("t", "app1")

    def chosen(self, now: str | None, to: str | None = None) -> str:
        return rollback.choose(list(self.rows), self.target, Images(now, now) if now else None, to).release

    def test_it_is_the_last_good_release_of_this_target_that_does_not_run(self) -> None:
        self.assertEqual(self.chosen("sha256:4"), "v3")
        self.assertEqual(self.chosen("sha256:5"), "v4")

    def test_another_may_be_named_if_it_was_good(self) -> None:
        self.assertEqual((self.chosen("sha256:4", "v3"), self.chosen("sha256:4", "c" * 12)), ("v3", "v3"))
        for wrong in ("v5", "v9", "c", "e" * 12):
            with self.assertRaises(Stop) as stopped:
                self.chosen("sha256:4", wrong)
            self.assertEqual(stopped.exception.code, Exit.NO_PREVIOUS)


class Contracts(unittest.TestCase):
    """Migrations that take something away, from one build to the next."""

    name = "migrations/postgres/00{}/up.sql"

    def setUp(self) -> None:
        tools.need("git", "ssh-keygen")
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.repository = Repository(Path(place.name))
        self.git = Git(self.repository.root)

    def commit(self, number: int, text: str) -> str:
        return self.repository.commit(f"migration {number}", files={self.name.format(number): text})

    def test_only_migrations_since_the_build_that_serves_count(self) -> None:
        old = self.commit(1, "-- contract: nobody reads a\nDROP TABLE a;\n")
        mild = self.commit(2, "-- no contract: at all\nCREATE TABLE c (d TEXT);\n-- contract: too late\n")
        hard = self.commit(3, "-- contract: nobody reads b\r\nDROP TABLE b;\r\n")
        self.assertEqual(self.git.contracts(old, mild), [])
        self.assertEqual(self.git.contracts(mild, hard), [self.name.format(3) + ": nobody reads b"])
        of_all = self.git.contracts("0" * 40, mild)
        self.assertEqual(of_all, [self.name.format(1) + ": nobody reads a"], "of an unknown build all count")

    def test_the_way_back_ends_at_one_that_was_served_or_only_tried(self) -> None:
        target = Target("t", "app1")
        first = self.commit(1, "CREATE TABLE a (b TEXT);\n")
        second = self.commit(2, "CREATE TABLE c (d TEXT);\n")
        third = self.commit(3, "-- contract: nobody reads a\nDROP TABLE a;\n")
        fourth = self.commit(4, "CREATE TABLE e (f TEXT);\n")
        tried = row("v3", third, "sha256:3", "release phase failed")
        rows = [row("v4", fourth, "sha256:4"), tried, row("v2", second, "sha256:2"), row("v1", first, "sha256:1")]
        # Behind it, and before it came.
        rollback.lives_with(self.git, rows[0], rows, target, fourth)
        rollback.lives_with(self.git, rows[3], rows[2:], target, second)
        cases = [(rows, fourth), (rows[1:], second), (rows[2:], third), (rows[2:], "")]
        for rows_then, served in cases:
            with self.assertRaises(Stop) as stopped:
                rollback.lives_with(self.git, rows[2], rows_then, target, served)
            self.assertEqual(stopped.exception.code, Exit.HUMAN_NEEDED)
            self.assertIn("nobody reads a", stopped.exception.message)
        # What another target tried says nothing of this one.
        elsewhere = [row("v3", third, "sha256:3", target="other"), *rows[2:]]
        rollback.lives_with(self.git, rows[2], elsewhere, target, second)

    def test_nobody_goes_back_from_what_is_not_known_here(self) -> None:
        first = self.commit(1, "CREATE TABLE a (b TEXT);\n")
        rows = [row("v1", first, "sha256:1")]
        with self.assertRaises(Stop) as stopped:
            rollback.lives_with(self.git, rows[0], rows, Target("t", "app1"), "f" * 40)
        self.assertEqual(stopped.exception.code, Exit.HUMAN_NEEDED)
        self.assertIn("fetch", stopped.exception.message)


class Masks(unittest.TestCase):
    def test_a_secret_is_masked_whole_also_when_another_is_part_of_it(self) -> None:
        out = io.StringIO()
        console = Console(False, out)
        console.hide("abcdefgh", "abcdefgh-and-more", "", None, "short")
        console.say("x abcdefgh-and-more y abcdefgh z short")
        console.command(["curl", "abcdefgh"])
        self.assertEqual(out.getvalue(), "x [redacted] y [redacted] z short\nrun: curl [redacted]\n")
        self.assertNotIn("abcdefgh", "".join(console.planned + console.lines))


class Contents(unittest.TestCase):
    def test_every_package_of_the_lock_file_is_listed(self) -> None:
        lock = (tools.ROOT / "Cargo.lock").read_text()
        listed = sbom.from_lock(lock, "c" * 40)["components"]
        self.assertEqual(len(listed), lock.count("[[package]]"))
        actix = next(one for one in listed if one["name"] == "actix-web")
        self.assertTrue(actix["purl"].startswith("pkg:cargo/actix-web@4."))
        self.assertEqual(len(actix["hashes"][0]["content"]), 64)


class NotRun(unittest.TestCase):
    def test_what_cannot_be_had_is_a_skip_here_and_a_failure_in_ci(self) -> None:
        for in_ci, outcome in ((False, unittest.SkipTest), (True, AssertionError)):
            with mock.patch.object(tools, "IN_CI", in_ci), self.assertRaises(outcome):
                tools.not_run("nothing")
