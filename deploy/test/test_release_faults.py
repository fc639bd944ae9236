"""What goes wrong with a release, each with its exit code and its row."""

import os
import signal
import threading
import time

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
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            seen = len(self.world.platform.writes)
            while len(self.world.platform.writes) == seen and process.poll() is None:
                time.sleep(0.05)
            process.send_signal(number)
            out, _ = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 40, out)
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
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(
            (len(record.rows(self.world.repository.root)), len(self.world.platform.writes)), (rows, writes)
        )
        self.serves(before)

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
