"""The way back: the images of before, and nothing else. Settings and tables stay as they are."""

import time
from typing import Any

from . import interruption, record, signoff, word
from .console import Console
from .exits import Exit, Stop
from .git import Git
from .lock import locked
from .platform import Images, Platform
from .record import Row
from .smoke import Smoke, served_commit
from .target import Target


def wait_for_release(platform: Platform, after: int, seconds: float) -> dict[str, Any] | None:
    """The release that came after a number, once its release phase has ended.

    `None` when there is none within a moment: the platform makes no release of images that run already.
    """
    target, started = platform.target, time.monotonic()
    while True:
        release = platform.release_after(after)
        if release:
            if release["status"] != "pending" or time.monotonic() - started > seconds:
                return release
        elif time.monotonic() - started > 5 * target.poll_seconds:
            return None
        time.sleep(target.poll_seconds)


def settled(platform: Platform) -> dict[str, Any] | None:
    """The newest release, once nothing is under way any more: what is pending could still replace what is put back."""
    started = time.monotonic()
    while True:
        newest = platform.newest_release()
        late = time.monotonic() - started > platform.target.release_phase_seconds
        if not newest or newest["status"] != "pending" or late:
            return newest
        time.sleep(platform.target.poll_seconds)


def go_back(
    platform: Platform, target: Target, console: Console, to: Images, commit: str, base_url: str
) -> tuple[Smoke, int]:
    """Releases the images of before and makes sure that they are what is served. Ends with 41 when they are not."""
    smoke = Smoke(base_url, target, console)
    try:
        before = platform.version()
        platform.release_images(to)
        release = wait_for_release(platform, before, target.release_phase_seconds)
        if release is None:
            # These images were never replaced.
            release = platform.running_release()
        if release["status"] != "succeeded":
            raise Stop(Exit.ROLLBACK_FAILED, f"v{release['version']}, the rollback, is {release['status']}")
        version = int(release["version"])
        good = smoke.dynos(platform, version)
        # What is served right now says nothing where there is a preboot: it could be the build from before the
        # one that failed, which is yet to come.
        smoke.outwait(target.preboot_seconds)
        good = smoke.wait_for(commit) and good
        good = smoke.run(commit) and good
    except Stop as stop:
        raise Stop(Exit.ROLLBACK_FAILED, f"the rollback failed: {stop.message}\n{by_hand(platform, to)}") from stop
    if not good:
        raise Stop(Exit.ROLLBACK_FAILED, f"the rollback is not sound: {smoke.summary()}\n{by_hand(platform, to)}")
    return smoke, version


def by_hand(platform: Platform, to: Images) -> str:
    """What a person can do when `ship` could not."""
    url = f"{platform.base}/formation"
    data = (
        f'{{"updates":[{{"type":"web","docker_image":"{to.web}"}},{{"type":"release","docker_image":"{to.release}"}}]}}'
    )
    return (
        "By hand:\n"
        f"  heroku releases --app {platform.target.app}\n"
        f"  curl -X PATCH {url} -H 'Accept: application/vnd.heroku+json; version=3.docker-releases' "
        f"-H 'Content-Type: application/json' --netrc -d '{data}'"
    )


def choose(rows: list[Row], target: Target, now: Images | None, to: str | None) -> Row:
    """The row to go back to: the one that was named, else the last good one of other images than those that run."""
    good = [row for row in rows if row.target == target.name and row.is_live]
    if to:
        fitting = [row for row in good if to == row.release or (len(to) >= 7 and row.commit.startswith(to))]
    else:
        fitting = [row for row in good if not now or row.web_image_id != now.web]
    fitting = [row for row in fitting if row.web_image_id.startswith("sha256:")]
    if not fitting:
        raise Stop(Exit.NO_PREVIOUS, f"the record has no good release {to or 'before this one'} of {target.name}")
    return fitting[0]


def lives_with(git: Git, row: Row, rows: list[Row], target: Target, served: str) -> None:
    """The build to go back to can live with the tables: with what is served, and with what was tried since, for a
    release that failed may have migrated. Ends with 42 when it cannot, or when nobody can say."""
    since = [one.commit for one in rows[: rows.index(row)] if one.target == target.name]
    commits = list(dict.fromkeys([served or "HEAD", *since]))
    if unknown := [commit[:12] for commit in commits if not git.knows(commit)]:
        raise Stop(
            Exit.HUMAN_NEEDED,
            f"{', '.join(unknown)} is not known here, so nobody can say whether {row.commit[:12]} can live with its "
            "tables: fetch it; --despite-contract goes back all the same",
        )
    taken = dict.fromkeys(taken for commit in commits for taken in git.contracts(row.commit, commit))
    if taken:
        raise Stop(
            Exit.HUMAN_NEEDED,
            f"{row.commit[:12]} cannot live with {', '.join(taken)}; --despite-contract goes back all the same",
        )


def by_command(git: Git, target: Target, console: Console, to: str | None, reason: str, despite_contract: bool) -> Exit:
    """`ship rollback`: needs no sign-off, and is written down like a release."""
    platform = Platform(target, console)
    now = platform.images()
    rows = record.rows(git.root)
    row = choose(rows, target, now, to)
    images = Images(row.web_image_id, row.release_image_id)
    served = served_commit(platform.base_url())
    console.fact("commit served now", served or "none")
    console.fact("rollback goes to", f"{row.release} {row.commit} {row.web_image_id}")
    if not despite_contract:
        lives_with(git, row, rows, target, served)
    if now == images:
        console.say("these images run already: nothing to do")
        return Exit.DONE
    if console.dry:
        platform.release_images(images)
        console.say("DRY RUN: nothing was rolled back")
        return Exit.DONE
    record.check(git.root)
    with locked(git, target.name):
        return _put_back(git, platform, console, row, reason)


def _put_back(git: Git, platform: Platform, console: Console, row: Row, reason: str) -> Exit:
    """Does it, and writes it down however it ends."""
    target, images = platform.target, Images(row.web_image_id, row.release_image_id)
    evidence = record.Evidence(git.root, row.commit[:12], console)
    before, settings = platform.version(), platform.config()
    try:
        smoke, version = go_back(platform, target, console, images, row.commit, platform.base_url())
        code, result, release, message = Exit.DONE, f"ok, rolled back: {reason}", f"v{version}", ""
        evidence.json("smoke.json", smoke.table())
    except KeyboardInterrupt:
        code, result, release = Exit.ROLLBACK_FAILED, f"rollback interrupted: {reason}", "-"
        message = f"interrupted: look at `status`\n{by_hand(platform, images)}"
    except Stop as stop:
        code = Exit.NO_PREVIOUS if _still_at(platform, before) else stop.code
        result, release, message = f"rollback failed: {reason}", "-", stop.message
    interruption.ignore()
    evidence.text("plan.txt", "\n".join(console.lines) + "\n")
    operator = signoff.operator(git)
    new = record.Row(
        evidence.utc, release, target.name, row.commit, row.manifest_digest, images.web, images.release, result,
        operator, "-", evidence.seal(),
    )  # fmt: skip
    record.keep(git, new, console, target.branch)
    word.tell(f"autorisen {target.name} {release} {row.commit[:12]}: {result} (by {operator})", console)
    console.say(f"{message}\n{result} [{code.name}, exit {int(code)}]".strip())
    console.say(_settings_since(platform, settings))
    return code


def _still_at(platform: Platform, version: int) -> bool:
    """Whether surely nothing was released since."""
    try:
        return platform.version() == version
    except Stop:
        return False


def _settings_since(platform: Platform, before: dict[str, str]) -> str:
    """What to know of the settings: images alone go back, so they must be what they were."""
    should = "`deploy/ship secrets check` shows whether they are as they should be"
    try:
        now = platform.config()
    except Stop as stop:
        return f"the settings could not be looked at: {stop.message}; {should}"
    changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
    return f"settings that somebody changed meanwhile: {', '.join(changed)}" if changed else f"settings stay; {should}"
