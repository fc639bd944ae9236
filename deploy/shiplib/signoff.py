"""The reviewer's sign-off: an ssh signature over the commit and the app, kept as a git note.

It works offline, in CI, and on plans of GitHub that have no approvals. The keys that count are those of the
commit before, so no change can bring its own reviewer.
"""

import os
import re
import tempfile
from pathlib import Path

from . import github
from .console import Console
from .exits import Exit, Stop
from .git import Commit, Git
from .process import attempt
from .target import Target

NAMESPACE = "deploy-signoff"
NOTES = "deploy-signoff"
SIGNERS = "deploy/allowed_signers"
# A commit that was made in the browser has this address instead of its author's.
NOREPLY = re.compile(r"(?:[0-9]+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com", re.IGNORECASE)
SIGNATURE = re.compile(r"-----BEGIN SSH SIGNATURE-----.*?-----END SSH SIGNATURE-----", re.DOTALL)


def statement(commit: str, app: str) -> str:
    """What is signed."""
    return f"deploy {commit} {app}\n"


def operator(git: Git) -> str:
    """Who releases."""
    return (
        os.environ.get("GITHUB_ACTOR") or attempt(["git", "config", "user.email"], git.root).stdout.strip() or "unknown"
    )


def sign(git: Git, commit: Commit, target: Target, key: Path, console: Console) -> None:
    """Signs, and adds the signature to the notes of the commit."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "statement")
        text.write_text(statement(commit.sha, target.app))
        signed = attempt(["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(text)])
        if signed.returncode != 0:
            raise Stop(Exit.SIGNOFF, f"the key {key} could not sign: {signed.stderr.strip()}")
        signature = Path(f"{text}.sig").read_text()
    git("notes", f"--ref={NOTES}", "append", "-m", signature.strip(), commit.sha)
    console.say(f"signed: {statement(commit.sha, target.app).strip()}")
    console.say(f"now share it: git push {target.remote} refs/notes/{NOTES}")


def reviewers(git: Git, commit: Commit, target: Target) -> dict[str, list[str]]:
    """Who signed this commit off for this app, and may, each with all names. Ends the work when those are too few."""
    signers = git.file(f"{commit.sha}^", SIGNERS)
    if signers is None or not [line for line in signers.splitlines() if line.strip() and not line.startswith("#")]:
        raise Stop(Exit.SIGNOFF, f"the commit before {commit.short} names nobody in {SIGNERS} who could sign off")
    found: dict[str, list[str]] = {}
    refused: list[str] = []
    for signature in _signatures(git, commit, target.remote):
        principals = _verified(signature, signers, statement(commit.sha, target.app))
        if not principals:
            refused.append("a signature that is not by an allowed key over this commit and app")
        elif why := _involved(principals, git, commit):
            refused.append(f"{principals[0]}, who {why}")
        else:
            found[principals[0]] = principals
    enough(found, refused, commit, target)
    return found


def enough(found: dict[str, list[str]], refused: list[str], commit: Commit, target: Target) -> None:
    """Ends the work when those who signed are too few, and says who was not counted."""
    if len(found) >= target.signers_min:
        return
    told = f"; not counted: {', '.join(refused)}" if refused else ""
    raise Stop(
        Exit.SIGNOFF,
        f"{len(found)} of {target.signers_min} sign-offs for {commit.short} on {target.app}{told}; a reviewer "
        f"runs: deploy/ship sign --commit {commit.sha} --target {target.name} --key FILE",
    )


def without_owner(found: dict[str, list[str]], owner: str, commit: Commit, target: Target) -> dict[str, list[str]]:
    """Those who signed, less the owner of the platform's token: who releases can say any name but that one."""
    names = _names_of(owner)
    kept = {name: names_ for name, names_ in found.items() if not names & {one.casefold() for one in names_}}
    enough(kept, [f"{name}, whose token it is" for name in found if name not in kept], commit, target)
    return kept


def approvals(console: Console) -> list[str]:
    """Who approved this run at GitHub, for the record; it takes nobody's sign-off away."""
    if github.missing("GITHUB_RUN_ID"):
        return []
    answer = github.ask(f"/actions/runs/{os.environ['GITHUB_RUN_ID']}/approvals", console)
    found = answer.json() if answer.status == 200 else None
    if not isinstance(found, list):
        console.say(f"GitHub does not tell who approved this run: {answer.status}")
        return []
    return [f"{one['user']['login']} (GitHub)" for one in found if one.get("state") == "approved"]


def _signatures(git: Git, commit: Commit, remote: str) -> list[str]:
    here = attempt(["git", "notes", f"--ref={NOTES}", "show", commit.sha], git.root).stdout
    return list(dict.fromkeys(SIGNATURE.findall(here + "\n" + _remote_note(git, commit, remote))))


def _remote_note(git: Git, commit: Commit, remote: str) -> str:
    """The note that the remote has. No ref is written here, for a plan asks too."""
    ref = f"refs/notes/{NOTES}"
    notes = git.at_remote(remote, ref)
    if not notes:
        return ""
    git("fetch", "--quiet", "--no-write-fetch-head", "--no-tags", remote, ref)
    # Many notes are spread over folders that are named by the first digits.
    for line in git("ls-tree", "-r", notes).splitlines():
        what, _, path = line.partition("\t")
        if path.replace("/", "") == commit.sha:
            return git("cat-file", "blob", what.split()[2])
    return ""


def _verified(signature: str, signers: str, text: str) -> list[str]:
    """The names of the key that made this signature; none when it is not good."""
    with tempfile.TemporaryDirectory() as folder:
        sig, allowed = Path(folder, "sig"), Path(folder, "allowed")
        sig.write_text(signature + "\n")
        allowed.write_text(signers)
        found = attempt(["ssh-keygen", "-Y", "find-principals", "-s", str(sig), "-f", str(allowed)])
        principals = [name for line in found.stdout.splitlines() for name in line.split(",") if name]
        if found.returncode != 0 or not principals:
            return []
        verify = [
            "ssh-keygen",
            "-Y",
            "verify",
            "-n",
            NAMESPACE,
            "-f",
            str(allowed),
            "-I",
            principals[0],
            "-s",
            str(sig),
        ]
        return principals if attempt(verify, stdin=text).returncode == 0 else []


def _involved(principals: list[str], git: Git, commit: Commit) -> str:
    names = {name.casefold() for name in principals}
    for who, why in (
        (operator(git), "runs the release"),
        (os.environ.get("GITHUB_TRIGGERING_ACTOR", ""), "runs the release"),
        (commit.author, "wrote the commit"),
        *((who, "wrote the commit") for who in commit.with_them),
        (commit.committer, "committed it"),
    ):
        if _names_of(who) & names:
            return why
    return ""


def _names_of(who: str) -> set[str]:
    """What somebody is called: as it is told, and the login that is in an address of GitHub."""
    login = NOREPLY.fullmatch(who)
    return {who.casefold(), login[1].casefold()} if login else {who.casefold()} - {""}
