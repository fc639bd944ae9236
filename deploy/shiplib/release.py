"""A release from its guards to its row: build, push, read back, release, smoke, record; back when it is not good."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import guards, interruption, pins, provenance, record, rollback, sbom, word
from .console import Console
from .exits import Exit, Stop
from .git import Git
from .images import KINDS
from .images import Images as Build
from .lock import locked
from .platform import Images, Platform, PlatformFault
from .registry import PROGRAM, Pushed, Registry
from .smoke import READS_IN_A_ROW, Smoke, served_commit
from .target import Target


@dataclass
class Options:
    """How to release."""

    engine: str = "docker"
    detached: bool = False
    offline: bool = False
    restart: bool = False
    record_in: Path | None = None


class Release:
    """One release."""

    def __init__(self, git: Git, target: Target, console: Console, options: Options) -> None:
        self.git = git
        self.target = target
        self.console = console
        self.options = options
        self.platform = Platform(target, console)
        self.home = options.record_in or git.root
        self.pushed: dict[str, Pushed] = {}
        self.before: str = ""
        # Migrations behind which nothing goes back by itself.
        self.contracts: list[str] = []

    def run(self) -> Exit:
        """All of it; a dry run says what it would do, and writes nothing."""
        console, target = self.console, self.target
        record.check(self.home)
        platform = None if self.options.offline else self.platform
        self.facts = facts = guards.check(
            self.git, target, platform, console, self.options.engine, self.options.detached
        )
        self.commit = facts.commit
        if self.options.offline:
            self.plan()
            return Exit.DONE
        served = served_commit(facts.base_url)
        # What was released last counts, and during a preboot the build before it may still answer.
        if facts.previous:
            self.before = Registry(target, self.platform).commit_of("web", facts.previous.web) or served
        if facts.previous and target.smoke_account and not Smoke(facts.base_url, target, console).has_account:
            raise Stop(
                Exit.USAGE,
                "SHIP_SMOKE_EMAIL and SHIP_SMOKE_PASSWORD must name the account that the smoke signs in with",
            )
        console.fact("commit served now", served or "none")
        self.say_what_is_odd(served)
        console.fact(
            "rollback goes to",
            f"{self.before[:12]} {facts.previous.web}" if facts.previous else "nothing: this is the first release",
        )
        if facts.previous:
            self.contracts = self.git.contracts(self.before or None, self.commit.sha)
        for contraction in self.contracts:
            console.fact("takes away", contraction)
        if self.before and self.git.same_product(self.before, self.commit.sha) and facts.previous:
            return self.already_live()
        if console.dry:
            self.plan()
            return Exit.DONE
        with locked(self.git, target.name), tempfile.TemporaryDirectory(prefix="ship-") as folder:
            return self.apply(Path(folder))

    def say_what_is_odd(self, served: str) -> None:
        """What a person should know before a release, and what stops none."""
        previous = self.facts.previous
        if not previous:
            return
        if served != self.before:
            self.console.say(f"note: {self.before[:12] or 'something'} is released, and is not what is served")
        good = [row for row in record.rows(self.home) if row.target == self.target.name and row.is_live]
        if not any(row.web_image_id == previous.web for row in good):
            self.console.say("note: what runs is not on record as a good release, and is what a rollback goes back to")

    def plan(self) -> None:
        """Says every step of `apply`, from the same code."""
        console, folder = self.console, Path("/tmp/ship-CONTEXT")
        build = Build(self.options.engine, self.commit, self.target, console, folder)
        with build.logged_in(self.platform.token):
            build.build(self.git)
            build.push()
        console.say(
            "would read back both manifests: docker schema 2, amd64, the revision, the user, the commands, the layers"
        )
        self.platform.release_images(Images("<id of the web image>", "<id of the release image>"))
        console.say(
            f"would wait for {self.commit.sha} to be served {READS_IN_A_ROW} times in a row, up to {self.target.deadline_seconds} s, then check:"
        )
        console.say(
            "  GET /, GET /api/health, ready, the CSRF cookie, a login with the smoke account, who it is, logout,"
        )
        console.say("  a login with nobody, a chat token without auth, HSTS, all dynos up at the new release")
        if self.contracts:
            console.say("would NOT go back by itself: the build before may not live with what is taken away")
        else:
            console.say("would go back to the images of before if any of these fails")
        console.say("would put the row into docs/DEPLOYMENTS.md")
        console.say("DRY RUN: nothing was built, pushed or released")

    def already_live(self) -> Exit:
        """What is to be released is what runs."""
        self.console.say(f"{self.commit.short} is already live: nothing to do")
        if self.options.restart:
            self.platform.restart()
        return Exit.DONE

    def apply(self, folder: Path) -> Exit:
        """Does it."""
        self.evidence = record.Evidence(self.home, self.commit.short, self.console)
        build = Build(self.options.engine, self.commit, self.target, self.console, folder)
        try:
            with build.logged_in(self.platform.token):
                build.build(self.git)
                self.not_raced()
                build.push()
            registry = Registry(self.target, self.platform)
            for kind in KINDS:
                self.pushed[kind] = found = registry.read_back(kind, self.commit.short, self.commit.sha)
                self.evidence.json(f"manifest-{kind}.json", found.manifest)
                self.console.fact(
                    f"{kind} image", f"{found.digest}, id {found.image_id}, {found.compressed_bytes / 1e6:.1f} MB"
                )
            if self.pushed["web"].image_id == self.pushed["release"].image_id:
                raise Stop(
                    Exit.MANIFEST, "the web and the release image are the same: the release phase would serve for ever"
                )
            program = registry.file(self.pushed["web"], PROGRAM)
            lock = self.git.file(self.commit.sha, "Cargo.lock") or ""
            self.evidence.json("sbom.cdx.json", sbom.of_build(program, lock, self.commit.sha))
            self.evidence.json("provenance.json", provenance.statement(
                self.target, self.commit.sha, self.pushed, pins.found(self.git.root), self.facts.operator,
                (self.evidence.utc, record.now()),
            ))  # fmt: skip
            self.not_raced()
        except Stop as stop:
            self.evidence.packed("build.log.gz", "".join(build.log))
            return self.ended(stop.code, f"stopped: {stop.message.splitlines()[0]}", "-", stop.message)
        self.evidence.packed("build.log.gz", "".join(build.log))
        return self.released()

    def not_raced(self) -> None:
        """Nobody else has released since the guards looked."""
        now = self.platform.version()
        if now != self.facts.version:
            raise Stop(Exit.RACED, f"somebody released v{now} since v{self.facts.version} was looked at")

    def released(self) -> Exit:
        """From the first write on: whatever goes wrong now is answered here, Ctrl-C too."""
        ids = Images(self.pushed["web"].image_id, self.pushed["release"].image_id)
        smoke = Smoke(self.facts.base_url, self.target, self.console)
        version = 0
        # Should this be killed now, this is what is found of it.
        self.put_down("under way", "-")
        try:
            self.platform.release_images(ids)
            self.console.say("waiting for the release phase")
            release = rollback.wait_for_release(self.platform, self.facts.version, self.target.release_phase_seconds)
            if release is None:
                return self.ended(
                    Exit.DONE, "ok, unchanged: the platform runs these images already", f"v{self.facts.version}"
                )
            version = int(release["version"])
            self.evidence.text("release-phase.log", self.platform.log_of(release))
            if release["status"] != "succeeded":
                return self.release_phase(release)
            good = smoke.wait_for(self.commit.sha, self.platform, version)
            good = smoke.run(self.commit.sha, "" if self.facts.previous else "this is the first release") and good
            good = smoke.dynos(self.platform, version) and good
            why = smoke.summary()
        except KeyboardInterrupt:
            good, why = False, "interrupted"
        except PlatformFault as fault:
            if not version and self.nothing_came():
                return self.ended(Exit.PREREQUISITE, "stopped: the platform refused the release", "-", fault.message)
            good, why = False, fault.message
        except Exception as error:
            # It is released, so a fault in here is no reason to leave it at that.
            good, why = False, f"{type(error).__name__}: {error}"
        self.evidence.json("smoke.json", smoke.table())
        if good:
            return self.ended(Exit.DONE, f"ok: {why}", f"v{version}")
        return self.back(f"v{version}" if version else "-", why)

    def nothing_came(self) -> bool:
        """Whether the platform surely made no release of what it refused."""
        try:
            return rollback.wait_for_release(self.platform, self.facts.version, 0) is None
        except Stop:
            return False

    def release_phase(self, release: dict[str, Any]) -> Exit:
        """The build was refused before anybody was sent to it. What ran before still does."""
        why = (
            "did not end in time and may still go live" if release["status"] == "pending" else f"is {release['status']}"
        )
        told = f"the release phase of v{release['version']} {why}; what ran before serves on"
        log = self.platform.log_of(release).strip().splitlines()[-20:]
        return self.ended(Exit.RELEASE_PHASE, "release phase failed", f"v{release['version']}", "\n".join([told, *log]))

    def back(self, version: str, why: str) -> Exit:
        """The build is served and not good, or nobody knows."""
        interruption.ignore()
        self.console.say(f"not good: {why}")
        try:
            # What was asked for when it was interrupted may come a moment later.
            rollback.wait_for_release(self.platform, self.facts.version, 0)
            newest = rollback.settled(self.platform)
            now = self.platform.images()
        except Stop as stop:
            return self.ended(
                Exit.ROLLBACK_FAILED, f"failed, rollback failed: {why}", version, f"{stop.message}\nlook at `status`"
            )
        if newest and newest["status"] == "failed" and int(newest["version"]) > self.facts.version:
            return self.release_phase(newest)
        if not self.facts.previous:
            return self.ended(
                Exit.NO_PREVIOUS,
                f"failed, no way back: {why}",
                version,
                "this was the first release: there is nothing to go back to",
            )
        if now and now not in (
            self.facts.previous,
            Images(self.pushed["web"].image_id, self.pushed["release"].image_id),
        ):
            return self.ended(
                Exit.RACED,
                f"failed, and somebody else released since: {why}",
                version,
                f"v{newest['version'] if newest else '?'} is somebody else's, so nothing was undone: look at `status`",
            )
        if self.contracts:
            names = ", ".join(self.contracts)
            return self.ended(
                Exit.HUMAN_NEEDED,
                f"failed, not rolled back: {why}",
                version,
                f"the build before cannot live with {names}: decide by hand",
            )
        try:
            smoke, number = rollback.go_back(
                self.platform, self.target, self.console, self.facts.previous, self.before, self.facts.base_url
            )
        except Stop as stop:
            return self.ended(Exit.ROLLBACK_FAILED, f"failed, rollback failed: {why}", version, stop.message)
        self.evidence.json("smoke-rollback.json", smoke.table())
        return self.ended(
            Exit.ROLLED_BACK,
            f"failed, rolled back as v{number}: {why}",
            version,
            f"{self.before[:12]} serves again, as v{number}",
        )

    def ended(self, code: Exit, result: str, version: str, message: str = "") -> Exit:
        """Writes it down and tells the team. Nothing that fails here changes how it ended."""
        interruption.ignore()
        console, web_image = self.console, self.pushed.get("web")
        release_image = self.pushed.get("release")
        if message:
            console.say(message)
        self.put_down(result, version, code)
        self.evidence.text("plan.txt", "\n".join(console.lines) + "\n")
        row = record.Row(
            self.evidence.utc, version, self.target.name, self.commit.sha,
            web_image.digest if web_image else "-", web_image.image_id if web_image else "-",
            release_image.image_id if release_image else "-",
            console.redact(result)[:200], self.facts.operator, ", ".join(self.facts.reviewers), self.evidence.seal(),
        )  # fmt: skip
        record.keep(Git(self.home), row, console, self.target.branch)
        word.tell(
            f"autorisen {self.target.name} {version} {self.commit.short}: {result} (by {self.facts.operator})", console
        )
        console.say(f"{result} [{code.name}, exit {int(code)}]")
        return code

    def put_down(self, result: str, version: str, code: Exit | None = None) -> None:
        """What is known so far, for a program to read."""
        self.evidence.json("record.json", {
            "exit": code if code is None else int(code), "result": result, "release": version,
            "commit": self.commit.sha, "app": self.target.app, "operator": self.facts.operator,
            "reviewers": self.facts.reviewers, "previous_commit": self.before,
            "images": {kind: {"name": self.target.image(kind), "digest": one.digest, "id": one.image_id}
                       for kind, one in self.pushed.items()},
        })  # fmt: skip
