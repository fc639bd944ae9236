"""Whether a release may begin. The order is from what is cheap and local to what asks others; each guard has
its own message, and none can be skipped."""

import os
import shutil
from dataclasses import dataclass
from typing import Any

from . import github, signoff
from .console import Console
from .exits import Exit, Stop
from .git import Commit, Git
from .platform import Images, Platform
from .process import attempt
from .target import Target

# What the platform or the build decides; a config variable of that name would say something else.
RESERVED = ("PORT", "DYNO", "APP_VERSION", "GIT_SHA", "AUTORISEN__APP__VERSION", "AUTORISEN__SERVER__PORT")


@dataclass(frozen=True)
class Facts:
    """What was found while the guards looked."""

    commit: Commit
    operator: str
    reviewers: tuple[str, ...]
    version: int  # Of the newest release, whatever became of it.
    previous: Images | None  # What runs, and what a rollback goes back to.
    base_url: str


def check(git: Git, target: Target, platform: Platform | None, console: Console, engine: str, detached: bool) -> Facts:
    """Runs every guard. Without a platform (`--offline`) those that ask it are named as not checked."""
    commit = tree(git, target, detached)
    console.fact("commit", f"{commit.sha} {commit.subject}")
    console.fact("author, committer", f"{commit.author}, {commit.committer}")
    lock_file(git, console)
    checks(commit, target, console)
    operator = signoff.operator(git)
    signed = signoff.reviewers(git, commit, target)
    approved = signoff.approvals(console)
    console.fact("operator", operator)
    console.fact("signed off by", ", ".join([*sorted(signed), *approved]))
    tools(engine)
    if platform is None:
        console.say("not checked, for --offline: the app, its database, its releases")
        return Facts(commit, operator, (*sorted(signed), *approved), 0, None, target.base_url)
    if owner := platform.owner():
        signed = signoff.without_owner(signed, owner, commit, target)
    else:
        console.say("not checked, for the platform does not tell: whether the token is a reviewer's")
    app(platform)
    version, previous = platform.version(), platform.images()
    console.fact("release now", f"v{version}" if version else "none")
    for kind in ("web", "release"):
        console.fact(f"{kind} image now", getattr(previous, kind) if previous else "none")
    return Facts(commit, operator, (*sorted(signed), *approved), version, previous, platform.base_url())


def tree(git: Git, target: Target, detached: bool) -> Commit:
    """The tree is clean, on the branch, and neither behind nor ahead of the remote."""
    if changes := git.changes():
        raise Stop(Exit.TREE, f"the tree has changes that are not committed:\n{changes}")
    branch = os.environ.get("GITHUB_REF_NAME") if os.environ.get("GITHUB_ACTIONS") else git.branch()
    if not detached and branch != target.branch:
        raise Stop(Exit.TREE, f"on {branch or 'no branch'}, and {target.name} is released from {target.branch}")
    commit = git.commit()
    theirs = git.at_remote(target.remote, f"refs/heads/{target.branch}")
    if commit.sha != theirs:
        raise Stop(
            Exit.TREE, f"HEAD is {commit.short} and {target.remote} has {theirs[:12] or 'nothing'}: pull or push"
        )
    return commit


def lock_file(git: Git, console: Console) -> None:
    """The lock file is in step with the manifests, or the build would refuse it after minutes."""
    if not (git.root / "Cargo.toml").is_file():
        return
    asked = attempt(["cargo", "metadata", "--locked", "--offline", "--format-version", "1"], git.root)
    if "--locked was passed" in asked.stderr:
        raise Stop(Exit.TREE, "Cargo.lock is not in step with the manifests: run cargo check and commit it")
    if asked.returncode != 0:
        console.say("not checked, for cargo cannot tell here: whether Cargo.lock is in step")


def checks(commit: Commit, target: Target, console: Console) -> None:
    """The checks of the commit are green, where GitHub can be asked."""
    if not target.required_checks:
        return
    if github.missing():
        console.say(f"not checked, for want of GITHUB_TOKEN and GITHUB_REPOSITORY: {', '.join(target.required_checks)}")
        return
    answer = github.ask(f"/commits/{commit.sha}/check-runs?per_page=100", console)
    runs = (answer.json() or {}).get("check_runs") if answer.status == 200 else None
    if runs is None:
        raise Stop(Exit.CHECKS, f"GitHub does not tell the checks of {commit.short}: {answer.status}")
    for name in target.required_checks:
        ended = [run.get("conclusion") for run in runs if run.get("name") == name]
        if "success" not in ended or any(end not in ("success", "skipped") for end in ended):
            raise Stop(Exit.CHECKS, f"the check {name!r} of {commit.short} is {ended or 'missing'}")
    console.fact("checks", ", ".join(target.required_checks) + ": green")


def tools(engine: str) -> None:
    """The engine is there."""
    for tool in (engine, "git", "ssh-keygen"):
        if not shutil.which(tool):
            raise Stop(Exit.PREREQUISITE, f"{tool} is not installed")
    if engine == "docker" and attempt(["docker", "buildx", "version"]).returncode != 0:
        raise Stop(Exit.PREREQUISITE, "docker has no buildx")


def app(platform: Platform) -> None:
    """The app takes images, keeps its data in PostgreSQL, and no variable hides what is built in."""
    stack: Any = platform.get().get("stack") or {}
    if stack.get("name") != "container":
        raise Stop(Exit.PREREQUISITE, f"the stack of {platform.target.app} is {stack.get('name')}, not container")
    config = platform.config()
    url = config.get("DATABASE_URL") or config.get("AUTORISEN__DATABASE__URL") or ""
    if not url.startswith(("postgres://", "postgresql://")):
        found = "missing" if not url else "no PostgreSQL"
        raise Stop(
            Exit.PREREQUISITE, f"DATABASE_URL of {platform.target.app} is {found}: data would be lost at each restart"
        )
    if taken := [name for name in RESERVED if name in config]:
        raise Stop(Exit.PREREQUISITE, f"{', '.join(taken)} of {platform.target.app} must not be set")
