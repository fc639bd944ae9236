"""The command line of `ship`."""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import audit, doctor, drift, interruption, pins, record, rollback, signoff
from . import target as targets
from .console import Console, let_go
from .exits import Exit, Stop
from .git import Git, find_root
from .platform import Platform
from .release import Options, Release
from .smoke import Smoke, served_commit
from .target import Target

WRITERS = ("release", "redeploy", "rollback", "secrets")

EPILOG = """\
Without --apply nothing is built, pushed or released: what would be done is printed, exactly as it would be done.

What it is told by the environment:
  HEROKU_API_KEY                        the token of the platform
  SHIP_SMOKE_EMAIL, SHIP_SMOKE_PASSWORD the account that the smoke signs in with
  GITHUB_TOKEN, GITHUB_REPOSITORY       to look at the checks of the commit
  SLACK_WEBHOOK_URL                     where the team is told
Exit codes and what each asks of a person are in deploy/README.md."""


def main(arguments: Sequence[str]) -> int:
    """Does what was asked, and answers the exit code."""
    options = _parser().parse_args(arguments)
    interruption.listen()
    out = io.StringIO() if getattr(options, "json", False) else None
    console = Console(dry=not getattr(options, "apply", False), out=out)
    try:
        code, message = _run(options, console), ""
    except Stop as stop:
        code, message = stop.code, console.redact(stop.message)
    except KeyboardInterrupt:
        code, message = Exit.INTERRUPTED, "interrupted before anything was written"
        if console.wrote:
            code, message = Exit.HUMAN_NEEDED, "interrupted after something was written: look at `status`"
    if message:
        try:
            print(f"ship: {message}", file=sys.stderr, flush=True)
        except OSError:
            let_go(sys.stderr)
    if out is not None:
        document = {"exit": int(code), "fault": message, "said": console.lines, "commands": console.planned}
        print(json.dumps(document, indent=2))
    return int(code)


def _run(options: argparse.Namespace, console: Console) -> Exit:
    git = Git(find_root(Path.cwd()))
    target = targets.load(Path(options.targets or git.root / "deploy/targets"), options.target)
    if getattr(options, "apply", False) and getattr(options, "offline", False):
        raise Stop(Exit.USAGE, "--offline is for a plan: a release asks the platform")
    if options.command == "secrets" and options.what != "sync" and options.apply:
        raise Stop(Exit.USAGE, "--apply is for `secrets sync`")
    if options.command == "pins" and options.what != "update" and options.apply:
        raise Stop(Exit.USAGE, "--apply is for `pins update`")
    if options.command in WRITERS and options.apply:
        options.confirm = _confirm(target, options.confirm)
    match options.command:
        case "plan" | "release":
            home = Path(options.record_in) if options.record_in else None
            how = Options(options.engine, options.detached, options.offline, options.restart, home)
            return Release(git, target, console, how).run()
        case "redeploy":
            return _redeploy(git, target, options, console)
        case "rollback":
            return rollback.by_command(git, target, console, options.to, options.reason, options.despite_contract)
        case "smoke":
            return _smoke(target, options.expect, console)
        case "status":
            return _status(git, target, console)
        case "sign":
            signoff.sign(git, git.commit(options.commit), target, Path(options.key), console)
            return Exit.DONE
        case "doctor":
            return doctor.examine(target, console, options.engine)
        case "secrets":
            return drift.run(options.what, git, target, console, options.prune)
        case "pins":
            return (pins.update if options.what == "update" else pins.check)(git.root, console)
        case "audit":
            return audit.take(git, target, console)
    raise Stop(Exit.USAGE, f"{options.command} is not known")


def _confirm(target: Target, confirmed: str | None) -> str | None:
    """Production is written to only by somebody who says its name; answers what was said."""
    if not target.production or confirmed == target.app:
        return confirmed
    if confirmed is None and sys.stdin.isatty():
        confirmed = input("This writes to production. Name the app to go on: ")
    if confirmed != target.app:
        raise Stop(Exit.USAGE, f"writing to production needs --confirm {target.app}")
    return confirmed


def _redeploy(git: Git, target: Target, options: argparse.Namespace, console: Console) -> Exit:
    """Releases what the remote has, with the script that is in there, whatever is checked out here."""
    ref = f"refs/heads/{target.branch}"
    git("fetch", "--quiet", target.remote, ref)
    sha = git("rev-parse", "FETCH_HEAD")
    console.say(f"{target.remote} has {sha} on {target.branch}")
    with tempfile.TemporaryDirectory(prefix="ship-") as folder:
        tree = Path(folder, "tree")
        git("worktree", "add", "--quiet", "--detach", str(tree), sha)
        try:
            passed = [f"--{name}" for name in ("apply", "offline", "restart") if getattr(options, name)]
            passed += ["--confirm", options.confirm] if options.confirm else []
            passed += ["--targets", str(Path(options.targets).resolve())] if options.targets else []
            script = [str(tree / "deploy/ship"), "release", "--target", target.name, "--engine", options.engine]
            script += ["--detached", "--record-in", str(git.root), *passed]
            console.say("the release of that tree follows")
            sys.stdout.flush()
            child = subprocess.Popen(script, cwd=tree)
            interruption.pass_on_to(child)
            return _code_of(child.wait())
        finally:
            git("worktree", "remove", "--force", str(tree))


def _code_of(returned: int) -> Exit:
    if returned not in list(Exit):
        raise Stop(Exit.HUMAN_NEEDED, f"the release ended with {returned}, in the middle: look at `status`")
    return Exit(returned)


def _smoke(target: Target, expect: str | None, console: Console) -> Exit:
    base = target.base_url or Platform(target, console).base_url()
    commit = expect or served_commit(base)
    smoke = Smoke(base, target, console)
    good = (smoke.wait_for(commit) if expect else bool(commit)) and smoke.run(commit)
    console.say(smoke.summary() if commit else "nothing is served")
    return Exit.DONE if good else Exit.HUMAN_NEEDED


def _status(git: Git, target: Target, console: Console) -> Exit:
    platform = Platform(target, console)
    newest, images, served = platform.newest_release(), platform.images(), served_commit(platform.base_url())
    console.fact("release", f"v{newest['version']} {newest['status']}" if newest else "none")
    console.fact("web image", images.web if images else "none")
    console.fact("commit served", served or "none")
    for dyno in platform.get("/dynos"):
        console.fact("dyno", f"{dyno['type']} {dyno['state']} v{dyno['release']['version']}")
    rows = [row for row in record.rows(git.root) if row.target == target.name]
    console.fact("last on record", f"{rows[0].utc} {rows[0].release} {rows[0].result}" if rows else "none")
    recorded = any(row.is_live and images and row.web_image_id == images.web for row in rows)
    if images and not recorded:
        console.say("what runs is not on record as a good release")
    return Exit.DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy/ship", description="Releases autorisen, with proof.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, engine: bool = False, apply: bool = False) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--target", default="production", help="a file of deploy/targets, without .toml")
        added.add_argument("--targets", help="another folder of targets")
        if engine:
            added.add_argument(
                "--engine", choices=("docker", "buildah"), default="docker", help="what builds and pushes"
            )
        if apply:
            added.add_argument("--apply", action="store_true", help="do it; without, it is only said")
            added.add_argument("--confirm", metavar="APP", help="the app's name, to write to production")
        return added

    for name, text in (("plan", "say what a release would do"), ("release", "build, push, release, check, record"),
                       ("redeploy", "release what the remote's branch has, whatever is checked out")):  # fmt: skip
        added = command(name, text, engine=True, apply=name != "plan")
        added.add_argument("--offline", action="store_true", help="ask no platform; only for a plan")
        added.add_argument("--restart", action="store_true", help="restart when this commit is live already")
        if name != "redeploy":
            added.add_argument("--json", action="store_true", help="print one JSON document")
            added.add_argument("--detached", action="store_true", help="no branch need be checked out")
            added.add_argument("--record-in", metavar="FOLDER", help="the repository that gets the row")
    added = command("rollback", "go back to the images of before; settings and tables stay", apply=True)
    added.add_argument("--to", metavar="vN|SHA", help="which release on record; by default the last good one before")
    added.add_argument("--reason", required=True, help="why, for the record")
    added.add_argument(
        "--despite-contract", action="store_true", help="also behind a migration that the old build cannot live with"
    )
    added = command("smoke", "check what is served")
    added.add_argument("--expect", metavar="SHA", help="wait for this commit")
    command("status", "say what runs")
    added = command("sign", "sign a commit off as a reviewer")
    added.add_argument("--commit", required=True, metavar="SHA")
    added.add_argument("--key", required=True, metavar="FILE", help="your ssh key")
    added = command("secrets", "compare or write the settings of the app that are secret", apply=True)
    added.add_argument(
        "what", choices=("check", "plan", "sync"), help="compare; say what would be written; write, with --apply"
    )
    added.add_argument("--prune", action="store_true", help="also remove what the source no longer has")
    added = command("pins", "look at the images of others that are built on, or pin them anew")
    added.add_argument("what", choices=("check", "update"), help="compare with the registry; pin what its tags name")
    added.add_argument("--apply", action="store_true", help="write the files; without, it is only said")
    command("audit", "put a snapshot of what is live below artifacts/live-audit/")
    command("doctor", "say what stands in the way of a release", engine=True)
    return parser
