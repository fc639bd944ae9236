"""What goes wrong with a release, each with its exit code and its row."""

import fcntl
import os
import signal
import threading
import time

from bench.registry import Registry
from bench.stage import NOT_READ_ONLY, READ_ONLY, ReleaseCase
from shiplib import record


class Faults(ReleaseCase):
    def test_a_build_that_is_not_healthy_is_rolled_back_by_itself(self) -> None:
        before = self.live()
        bad = self.world.repository.commit("cannot write", web=READ_ONLY, release=NOT_READ_ONLY)
        self.ends(self.world.release(), 40)
        self.serves(before)
        self.assertEqual(self.world.row().commit, bad)
        self.assertRegex(self.world.row().result, r"failed, rolled back as v\d+: \d+ checks green, failed: .*login")

    def test_a_build_that_crashes_at_boot_is_rolled_back_by_itself(self) -> None:
        before = self.live()
        name = "AUTORISEN__SERVER__WORKERS"
        self.world.repository.commit("cannot start", web=f"ENV {name}=0", release=f"ENV {name}=1")
        self.ends(self.world.release(), 40)
        self.serves(before)

    def test_behind_a_preboot_the_build_before_fools_nobody(self) -> None:
        before = self.live()
        self.world.platform.preboot_seconds = 4
        self.world.aim(preboot=5)
        commit = self.world.repository.commit("served late")
        self.ends(self.world.release(), 0)
        self.serves(commit)
        bad = self.world.repository.commit("bad and late", web=READ_ONLY, release=NOT_READ_ONLY)
        said = self.ends(self.world.release(), 40)
        self.assertIn("waiting 5 s", said)
        self.serves(commit)
        self.assertNotIn(bad, (before, commit))

    def test_who_interrupts_after_the_first_write_gets_the_build_before(self) -> None:
        before = self.live()
        self.world.repository.commit("interrupted")
        self.world.repository.sign()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            seen = len(self.world.platform.writes)
            process = self.start()
            self.write_of(process, seen)
            # At a terminal the whole group hears of it, and people press twice.
            os.killpg(process.pid, number)
            time.sleep(0.3)
            os.killpg(process.pid, number)
            self.over(process, 40)
            self.serves(before)
            self.assertIn("interrupted", self.world.row().result)
            self.world.repository.push()
            self.world.repository.sign()

    def test_who_interrupts_before_the_first_write_changes_nothing(self) -> None:
        before = self.live()
        self.world.repository.commit("interrupted early")
        self.world.repository.sign()
        rows, writes = len(record.rows(self.world.repository.root)), len(self.world.platform.writes)
        process = self.start()
        for line in process.stdout or []:
            if "buildah build" in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        self.over(process, 130)
        self.assertEqual(
            (len(record.rows(self.world.repository.root)), len(self.world.platform.writes)), (rows, writes)
        )
        self.serves(before)

    def test_who_interrupts_a_redeploy_gets_the_build_before_too(self) -> None:
        before = self.live()
        self.world.repository.commit("redeployed and interrupted")
        self.world.repository.sign()
        for number, to_all in ((signal.SIGINT, True), (signal.SIGTERM, False)):
            seen = len(self.world.platform.writes)
            process = self.start("redeploy", "--apply", "--engine", "buildah")
            self.write_of(process, seen)
            (os.killpg if to_all else os.kill)(process.pid, number)
            self.over(process, 40)
            self.serves(before)
            self.assertIn("interrupted", self.world.row().result)
            self.world.repository.push()
            self.world.repository.sign()
        self.assertEqual(self.world.repository.git("worktree", "list").count("\n"), 0, "the tree of it is gone")

    def test_a_reader_that_goes_away_does_not_end_the_way_back(self) -> None:
        """As `ship release --apply | tee log` and Ctrl-C, where tee goes first."""
        before = self.live()
        self.world.repository.commit("nobody reads")
        self.world.repository.sign()
        seen = len(self.world.platform.writes)
        process = self.start()
        reader = threading.Thread(target=lambda: self.write_of(process, seen))
        reader.start()
        for _ in process.stdout or []:
            if not reader.is_alive():
                break
        process.stdout.close()  # type: ignore[union-attr]
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(300), 40)
        self.serves(before)
        self.assertIn("interrupted", self.world.row().result)

    def test_an_answer_that_nobody_expects_after_the_release_is_a_reason_to_go_back(self) -> None:
        before = self.live()
        self.world.repository.commit("odd answers")
        self.world.platform.faults.append(("GET", "/dynos", 200))
        self.ends(self.world.release(), 40)
        self.assertIn("TypeError", self.world.row().result)
        self.serves(before)

    def test_a_build_that_does_not_build_has_its_row(self) -> None:
        before = self.live()
        writes, tags = len(self.world.platform.writes), self.tags()
        commit = self.world.repository.commit("does not build", web="COPY there-is-no-such-file /x")
        said = self.ends(self.world.release(), 20)
        self.assertIn("there-is-no-such-file", said)
        row = self.world.row()
        self.assertEqual((row.commit, row.release, row.manifest_digest, row.is_live), (commit, "-", "-", False))
        self.assertEqual((len(self.world.platform.writes), self.tags()), (writes, tags))
        self.serves(before)

    def test_a_registry_that_takes_nothing_has_its_row(self) -> None:
        before = self.live()
        closed = Registry(self.world.registry_folder, read_only=True)
        self.addCleanup(closed.stop)
        writes = len(self.world.platform.writes)
        commit = self.world.repository.commit("cannot be pushed")
        self.world.aim(registry=closed.address)
        said = self.ends(self.world.release(), 21)
        self.assertIn("buildah ended with", said)
        self.assertEqual((self.world.row().commit, self.world.row().release), (commit, "-"))
        self.assertEqual(len(self.world.platform.writes), writes)
        self.serves(before)

    def test_a_migration_that_fails_leaves_the_build_before_as_it_was(self) -> None:
        before = self.live()
        commit = self.world.repository.commit("cannot migrate", release=READ_ONLY)
        said = self.ends(self.world.release(), 30)
        self.assertIn("what ran before serves on", said)
        row = self.world.row()
        self.assertEqual((row.commit, row.result), (commit, "release phase failed"))
        self.assertRegex(row.manifest_digest, "^sha256:")
        self.serves(before)

    def test_evidence_that_cannot_be_kept_does_not_undo_a_good_release(self) -> None:
        self.live()
        folder = self.world.repository.root / "artifacts/releases"
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.write_text("in the way")
        self.addCleanup(lambda: (folder.unlink(), aside.rename(folder)))
        commit = self.world.repository.commit("no room for evidence")
        said = self.ends(self.world.release(), 0)
        self.assertIn("could not be kept", said)
        self.serves(commit)
        self.assertEqual((self.world.row().commit, self.world.row().evidence), (commit, "not kept"))

    def test_a_release_from_this_clone_that_is_under_way_keeps_others_out(self) -> None:
        before = self.live()
        self.world.repository.commit("two at once")
        self.world.repository.sign()
        path = self.world.repository.root / ".git/ship-trial.lock"
        writes = len(self.world.platform.writes)
        source = {f"SOURCE_{name}": f"{name}-{'x' * 40}" for name in ("SECRET_KEY",)}
        with path.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for arguments in (
                ("release", "--apply", "--engine", "buildah"),
                # What went before may have taken tables away; here it is about the lock.
                ("rollback", "--reason", "x", "--despite-contract", "--apply"),
                ("secrets", "sync", "--apply"),
            ):
                self.assertIn("under way from this clone", self.ends(self.world.ship(*arguments, **source), 31))
        self.assertEqual(len(self.world.platform.writes), writes)
        self.serves(before)

    def test_what_somebody_else_released_since_is_not_undone(self) -> None:
        self.live()
        old = dict(self.world.platform.formation)
        self.world.repository.commit("good, and between")
        self.ends(self.world.release(), 0)
        self.world.repository.commit("bad, and overtaken", web=READ_ONLY, release=NOT_READ_ONLY)
        self.world.repository.push()
        platform = self.world.platform
        platform.hooks["GET /dynos"] = lambda: platform.release_images(old)
        said = self.ends(self.world.release(), 31)
        self.assertIn("somebody else's, so nothing was undone", said)
        self.assertIn("somebody else released since", self.world.row().result)
        self.assertEqual(platform.formation, old)

    def test_a_release_of_somebody_else_meanwhile_stops_ours(self) -> None:
        before = self.live()
        self.world.repository.commit("too late")
        self.world.repository.sign()
        # The guards ask for the releases once, and then it happens.
        platform = self.world.platform

        def somebody() -> None:
            platform.hooks["GET /releases"] = lambda: platform.change_config({"NOTE": "changed by somebody"})

        platform.hooks["GET /releases"] = somebody
        writes = len(platform.writes)
        said = self.ends(self.world.ship("release", "--apply", "--engine", "buildah"), 31)
        self.assertIn("somebody released", said)
        self.assertEqual(len(platform.writes), writes)
        while platform.releases[-1]["status"] == "pending":
            time.sleep(0.1)
        self.serves(before)

    def test_errors_of_the_platform_stop_before_the_first_write_and_undo_after_it(self) -> None:
        before = self.live()
        self.world.repository.commit("errors everywhere")
        for status, told in ((401, "not accepted"), (429, "too many requests"), (503, "503")):
            self.world.platform.faults.append(("GET", "/formation", status))
            self.assertIn(told, self.ends(self.world.release(), 12))
        self.world.platform.faults.append(("PATCH", "/formation", 503))
        self.assertIn("the platform refused the release", self.ends(self.world.release(), 12))
        self.serves(before)
        self.world.repository.push()
        # Once it is released an error means that nobody knows, so it goes back.
        patched = threading.Event()
        self.world.platform.hooks["GET /dynos"] = patched.set
        self.world.platform.faults.append(("GET", "/dynos", 500))
        self.ends(self.world.release(), 40)
        self.assertTrue(patched.is_set())
        self.serves(before)

    def test_a_rollback_whose_images_are_gone_says_what_to_do_by_hand(self) -> None:
        self.live()
        gone = set(self.world.platform.formation.values())
        self.world.repository.commit("bad, and no way back", web=READ_ONLY, release=NOT_READ_ONLY)
        self.world.platform.expired = gone
        self.addCleanup(self.world.platform.expired.clear)
        said = self.ends(self.world.release(), 41)
        self.assertIn("curl -X PATCH", said)
        self.assertIn("rollback failed", self.world.row().result)

    def test_a_migration_that_the_build_before_cannot_live_with_is_left_to_a_person(self) -> None:
        self.live()
        name = "migrations/postgres/9999_drop/up.sql"
        bad = self.world.repository.commit(
            "contract",
            web=READ_ONLY,
            release=NOT_READ_ONLY,
            files={name: "-- contract: nobody asks for old\nDROP TABLE old;\n"},
        )
        self.world.repository.sign()
        planned = self.ends(self.world.ship("plan", "--engine", "buildah"), 0)
        self.assertIn(f"{name}: nobody asks for old", planned)
        self.assertIn("would NOT go back by itself", planned)
        self.assertIn(f"{name}: nobody asks for old", self.ends(self.world.release(), 42))
        # Nor does it by hand, unless somebody decides so.
        self.assertIn("--despite-contract", self.ends(self.world.ship("rollback", "--reason", "look"), 42))
        self.serves(bad)
        self.assertIn("not rolled back", self.world.row().result)
        self.world.repository.git("rm", "--quiet", name)
        self.world.repository.commit("without it again")

    def test_a_release_phase_that_hangs_is_given_up(self) -> None:
        before = self.live()
        self.world.aim(preboot=0)
        path = self.world.repository.folder / "targets/trial.toml"
        path.write_text(path.read_text().replace("release_phase_seconds = 60", "release_phase_seconds = 3"))
        # It waits for the lock of migrators, which somebody else has.
        commit = self.world.repository.commit("hangs", release="ENV AUTORISEN__LOG__LEVEL=debug")
        self.world.platform.hooks["PATCH /formation"] = lambda: self.freeze(6)
        said = self.ends(self.world.release(), 30)
        self.assertIn("may still go live", said)
        self.assertNotEqual(before, commit)
        while self.world.platform.releases[-1]["status"] == "pending":
            time.sleep(0.2)

    def test_a_manifest_of_another_kind_is_never_released(self) -> None:
        self.live()
        commit = self.world.repository.commit("of the wrong kind")
        short = commit[:12]
        shim = self.world.repository.folder / "shim"
        shim.mkdir(exist_ok=True)
        (shim / "buildah").write_text('#!/bin/sh\nexec /usr/bin/buildah $(echo "$@" | sed s/v2s2/oci/)\n')
        (shim / "buildah").chmod(0o755)
        writes = len(self.world.platform.writes)
        said = self.ends(self.world.release(PATH=f"{shim}:{os.environ['PATH']}"), 22)
        self.assertIn("vnd.oci.image.manifest", said)
        self.assertEqual(len(self.world.platform.writes), writes)
        self.assertEqual((self.world.row().commit[:12], self.world.row().release), (short, "-"))
