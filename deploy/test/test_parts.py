"""The parts of `ship` that need nothing outside: the record, what is masked, what is gone back to."""

import contextlib
import hashlib
import io
import json
import os
import socket
import tempfile
import threading
import unittest
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from unittest import mock

from bench import tools
from bench.hub import Hub
from bench.repository import Repository
from bench.stage import Slack
from shiplib import pins, record, rollback, sbom, web, word
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

    def test_a_reason_cannot_end_the_table(self) -> None:
        for text in (record.END, record.BEGIN, "<!-- x -->"):
            record.add(self.root, row("v1", "c", "sha256:1", f"ok, rolled back: {text} y"))
            record.add(self.root, row("v2", "c", "sha256:1"))
        self.assertEqual([one.release for one in record.rows(self.root)], ["v2", "v1"] * 3)

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
        made = sbom.of_build(None, lock, "c" * 40)
        self.assertEqual(made["metadata"]["properties"][0]["value"], "Cargo.lock")
        listed = made["components"]
        self.assertEqual(len(listed), lock.count("[[package]]"))
        actix = next(one for one in listed if one["name"] == "actix-web")
        self.assertTrue(actix["purl"].startswith("pkg:cargo/actix-web@4."))
        self.assertEqual(len(actix["hashes"][0]["content"]), 64)

    def test_a_program_that_is_none_or_lies_about_its_sections_falls_back_to_the_lock_file(self) -> None:
        elf = b"\x7fELF\x02\x01" + b"\xff" * 200
        for program in (b"", b"#!/bin/sh\n", elf, elf[:40], b"\x7fELF\x02\x01" + b"\0" * 300):
            self.assertIsNone(sbom.section(program, sbom.SECTION), program[:10])
            self.assertEqual(len(sbom.of_build(program, "[[package]]\nname='a'\nversion='1'\n", "c")["components"]), 1)


class Answers(unittest.TestCase):
    """What a server can do to `ship`."""

    def answered(self, raw: bytes) -> web.Answer:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(raw)

            thread = threading.Thread(target=serve)
            thread.start()
            answer = web.send("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=5)
            thread.join()
            return answer

    def test_half_an_answer_is_no_answer(self) -> None:
        self.assertEqual(self.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{").status, 0)
        self.assertEqual(self.answered(b"HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\n{").status, 503)
        self.assertEqual(self.answered(b"nonsense\r\n\r\n").status, 0)
        self.assertEqual(self.answered(b"").status, 0)

    def test_nothing_is_followed_and_no_file_is_read(self) -> None:
        moved = self.answered(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual((moved.status, moved.body), (302, b""))
        self.assertEqual(web.send("GET", "file:///etc/passwd").status, 0)


class Words(unittest.TestCase):
    def test_a_reason_calls_nobody_and_is_one_line(self) -> None:
        told: list[bytes] = []
        with Slack(told) as url, mock.patch.dict(os.environ, {"SLACK_WEBHOOK_URL": url}):
            word.tell("rolled back: <!channel>\nlook & see", Console(False, io.StringIO()))
        self.assertEqual(json.loads(told[0]), {"text": "rolled back: &lt;!channel&gt; look &amp; see"})

    def test_an_address_without_tls_gets_nothing(self) -> None:
        out = io.StringIO()
        with mock.patch.dict(os.environ, {"SLACK_WEBHOOK_URL": "http://hooks.example/x"}):
            word.tell("x", Console(False, out))
        self.assertIn("is not https", out.getvalue())


class Pins(unittest.TestCase):
    """The images of others, at a registry on loopback that wants a token, as the real ones do."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = Path(place.name)
        self.manifests: dict[str, bytes] = {"1": b'{"schemaVersion": 2, "a": 1}'}
        self.server = Hub(self.manifests)
        self.addCleanup(self.server.close)
        self.digest = "sha256:" + hashlib.sha256(self.manifests["1"]).hexdigest()
        self.manifests[self.digest] = self.manifests["1"]

    def dockerfile(self, digest: str = "") -> Path:
        path = self.root / "deploy/Dockerfile"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"FROM {self.server.address}/library/base:1{digest} AS x\n")
        return path

    def said(self, what: Callable[[Path, Console], Exit], dry: bool = True) -> tuple[Exit, str]:
        out = io.StringIO()
        return what(self.root, Console(dry, out)), out.getvalue()

    def test_a_pin_is_what_its_tag_names_or_has_moved_or_is_gone(self) -> None:
        self.dockerfile(f"@{self.digest}")
        self.assertEqual(self.said(pins.check)[0], Exit.DONE)
        self.manifests["1"] = b'{"schemaVersion": 2, "a": 2}'
        code, told = self.said(pins.check)
        self.assertEqual(code, Exit.DONE)
        self.assertIn("has moved on to sha256:", told)
        del self.manifests[self.digest]
        code, told = self.said(pins.check)
        self.assertEqual(code, Exit.MANIFEST)
        self.assertIn("gone", told)

    def test_one_that_is_not_pinned_is_a_fault_and_can_be_pinned(self) -> None:
        path = self.dockerfile()
        code, told = self.said(pins.check)
        self.assertEqual(code, Exit.MANIFEST)
        self.assertIn(f"not pinned; its tag names {self.digest}", told)
        self.assertIn("DRY RUN", self.said(pins.update)[1])
        self.assertNotIn("@", path.read_text())
        self.assertEqual(self.said(pins.update, dry=False)[0], Exit.DONE)
        self.assertIn(f"/library/base:1@{self.digest} AS x", path.read_text())
        self.assertEqual(self.said(pins.check)[0], Exit.DONE)

    def test_a_registry_that_cannot_be_asked_says_nothing_of_a_pin(self) -> None:
        self.dockerfile(f"@{self.digest}")
        self.server.close()
        with self.assertRaises(Stop) as stopped:
            self.said(pins.check)
        self.assertEqual(stopped.exception.code, Exit.PREREQUISITE)

    def test_a_token_is_fetched_from_nobody_without_tls(self) -> None:
        self.dockerfile(f"@{self.digest}")
        self.server.realm = "http://evil.example/token"
        with self.assertRaises(Stop):
            self.said(pins.check)


class NotRun(unittest.TestCase):
    def test_what_cannot_be_had_is_a_skip_here_and_a_failure_in_ci(self) -> None:
        for in_ci, outcome in ((False, unittest.SkipTest), (True, AssertionError)):
            with mock.patch.object(tools, "IN_CI", in_ci), self.assertRaises(outcome):
                tools.not_run("nothing")

    def test_an_exit_code_that_no_run_ended_with_is_missed(self) -> None:
        loader = SourceFileLoader("the_run", str(Path(__file__).with_name("run")))
        the_run = module_from_spec(spec_from_loader("the_run", loader))
        loader.exec_module(the_run)
        every = [str(int(code)) for code in Exit]
        for seen, counts, told in (
            (every, [1, 0, 0], "ok      each of the"),
            (every[:-1], [0, 1, 0], "not INTERRUPTED (130)"),
            ([*every[:-1], tools.NOT_RUN], [0, 0, 1], "not run"),
        ):
            with tempfile.NamedTemporaryFile("w", delete=False) as noted:
                noted.write("\n".join(seen))
            with contextlib.redirect_stdout(io.StringIO()) as out:
                self.assertEqual(the_run.every_exit_was_seen(Path(noted.name)), counts)
            self.assertIn(told, out.getvalue())
