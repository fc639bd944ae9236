"""What takes long or takes large tools, and is run with --long alone: the second opinions of real programs on what the
other tests see through stand-ins, and a build from its source.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from bench import registry as registries
from bench.database import Database
from bench.dyno import Dyno, Rootfs
from bench.heroku import TOKEN
from bench.others import Engine, heroku, of_python, only_long
from bench.repository import APP
from bench.stage import ReleaseCase
from bench.tools import ROOT, WORK, alone, need, not_run, run
from bench.world import ACCOUNT, SECRET_KEY, binary, workshop
from shiplib import fallback, sbom, web
from shiplib import registry as readers

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


class HerokuCli(ReleaseCase):
    """The real command line of the platform against the stand-in: it must take the one for the other."""

    @classmethod
    def setUpClass(cls) -> None:
        only_long()
        cls.cli = heroku()
        super().setUpClass()

    def heroku(self, *arguments: str) -> str:
        environment = self.world.repository.environment(
            HEROKU_HOST=self.world.platform.url, HEROKU_API_KEY=TOKEN, HEROKU_SKIP_NEW_VERSION_CHECK="1"
        )
        return run(self.cli, *arguments, "--app", APP, env=environment)

    def test_it_sees_what_was_released_and_its_rollback_takes_settings_back_where_ours_does_not(self) -> None:
        self.live()
        version = self.world.platform.releases[-1]["version"]
        seen = json.loads(self.heroku("releases", "--json"))
        self.assertEqual((seen[0]["version"], seen[0]["status"]), (version, "succeeded"))
        self.heroku("config:set", "LATER=x")
        self.settled()
        self.assertEqual(json.loads(self.heroku("config", "--json"))["LATER"], "x")
        self.world.repository.commit("after the setting")
        self.ends(self.world.release(), 0)
        self.ends(self.world.ship("rollback", "--reason", "x", "--apply"), 0)
        self.assertEqual(json.loads(self.heroku("config", "--json"))["LATER"], "x")
        self.heroku("rollback", f"v{version}")
        self.settled()
        self.assertNotIn("LATER", json.loads(self.heroku("config", "--json")))


class Workflow(ReleaseCase):
    """The workflow that releases, run by `act` on this machine against the stand-in."""

    @classmethod
    def setUpClass(cls) -> None:
        only_long()
        cls.act = str(of_python("act") / "act")
        super().setUpClass()

    def run_it(self, event: str, job: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Runs one job; actions of others do nothing here."""
        world, root = self.world, self.world.repository.root
        with tempfile.TemporaryDirectory() as folder:
            nothing = Path(folder, "nothing")
            nothing.mkdir()
            (nothing / "action.yml").write_text(
                "name: x\nruns: {using: composite, steps: [{run: 'true', shell: bash}]}\n"
            )
            text = (ROOT / ".github/workflows/release.yml").read_text()
            used = sorted(set(re.findall(r"uses: (\S+)", text)))
            local = [part for one in used for part in ("--local-repository", f"{one}={nothing}")]
            (Path(folder) / "release.yml").write_text(text)
            given = [part for name, value in inputs.items() for part in ("--input", f"{name}={value}")]
            # A plan only asks whether it is there.
            (Path(folder) / "docker").write_text("#!/bin/sh\n")
            (Path(folder) / "docker").chmod(0o755)
            path = f"{folder}:{os.environ['PATH']}"
            hidden = {"HEROKU_READ_KEY": TOKEN, "HEROKU_API_KEY": TOKEN, **ACCOUNT}
            Path(folder, "secrets").write_text("".join(f"{name}={value}\n" for name, value in hidden.items()))
            return subprocess.run(
                [self.act, event, "--workflows", f"{folder}/release.yml", "--job", job, "--platform",
                 "ubuntu-24.04=-self-hosted", "--secret-file", f"{folder}/secrets", "--actor", "author@example.org", *local, *given],
                cwd=root, env=world.repository.environment(PATH=path, XDG_CACHE_HOME=f"{folder}/cache"), capture_output=True,
                text=True, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def test_the_plan_of_the_workflow_is_the_plan_of_the_script_and_writes_nothing(self) -> None:
        self.live()
        targets = self.world.repository.folder / "targets/trial.toml"
        files = {"deploy/targets/staging.toml": targets.read_text()}
        self.world.repository.commit("by a workflow", files=files)
        self.world.repository.sign()
        writes = len(self.world.platform.writes)
        ended = self.run_it("workflow_dispatch", "plan", target="staging", action="plan", apply="false")
        said = ended.stdout + ended.stderr
        self.assertEqual(ended.returncode, 0, said[-3000:])
        for part in ("signed off by          reviewer@example.org", "would run: docker buildx build", "DRY RUN"):
            self.assertIn(part, said)
        self.assertEqual(len(self.world.platform.writes), writes)
        self.assertNotIn(TOKEN, said)


class Aws(unittest.TestCase):
    """The template, made by the real `aws` command line at a model of AWS, and audited there."""

    def test_what_the_template_makes_has_no_findings_and_what_is_changed_has(self) -> None:
        only_long()
        place, port = tempfile.TemporaryDirectory(), registries.free_port()
        self.addCleanup(place.cleanup)
        programs = of_python("aws")
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "HOME": place.name, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1", "MOTO_ACCOUNT_ID": "402837465019",
            "GITHUB_REPOSITORY": "an-owner/autorisen", "GITHUB_REPOSITORY_OWNER_ID": "9081726",
            "GITHUB_REPOSITORY_ID": "773301942",
        }  # fmt: skip
        with Path(place.name, "log").open("w") as log:
            server = subprocess.Popen(
                [str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
                env=environment,
                stdout=log,
                stderr=log,
            )
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        while not _listens(port):
            self.assertIsNone(server.poll())
            time.sleep(0.1)

        def aws(*arguments: str) -> str:
            return run("aws", *arguments, env=environment)

        parameters = Path(place.name, "parameters.json")
        parameters.write_text(run(
            str(ROOT / "deploy/aws/render"), "--account", "402837465019", "--owner", "an-owner", "--owner-id", "9081726",
            "--repo", "autorisen", "--repo-id", "773301942",
        ))  # fmt: skip
        aws(
            "cloudformation", "deploy", "--stack-name", "autorisen-images", "--template-file",
            str(ROOT / "deploy/aws/role.json"), "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", f"file://{parameters}",
        )  # fmt: skip
        role = aws("iam", "list-roles", "--query", "Roles[?contains(RoleName,`PushRole`)].Arn|[0]", "--output", "text")
        environment["AWS_PUSH_ROLE"] = role
        # This model of AWS leaves those out when a template makes them.
        variables = {name: environment[name] for name in ("AWS_PUSH_ROLE", "AWS_REGION", *fallback.OF_REPOSITORY)}
        with mock.patch.dict(os.environ, variables):
            due = fallback.Fallback(ROOT, "production").due()
        aws("iam", "put-role-policy", "--role-name", role.rpartition("/")[2], "--policy-name", "push", "--policy-document", json.dumps(due["role"]["policies"]["push"]))  # fmt: skip
        aws("ecr", "delete-repository", "--repository-name", "autorisen")
        aws("ecr", "create-repository", "--repository-name", "autorisen", "--image-tag-mutability", "IMMUTABLE", "--image-scanning-configuration", "scanOnPush=true", "--encryption-configuration", "encryptionType=AES256")  # fmt: skip

        def findings() -> list[str]:
            look = "from pathlib import Path; from shiplib.fallback import Fallback; import json; print(json.dumps(Fallback(Path('.'), 'production').findings()[1]))"
            return list(
                json.loads(
                    run("python3", "-c", look, env=environment | {"PYTHONPATH": str(ROOT / "deploy")}, cwd=str(ROOT))
                )
            )

        self.assertEqual(findings(), [])
        name = role.rpartition("/")[2]
        more = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        aws("iam", "put-role-policy", "--role-name", name, "--policy-name", "also", "--policy-document", more)
        aws("ecr", "put-image-tag-mutability", "--repository-name", "autorisen", "--image-tag-mutability", "MUTABLE")
        told = "\n".join(findings())
        self.assertIn("role policies also is", told)
        self.assertIn("tags is MUTABLE", told)


class Docker(unittest.TestCase):
    """A real Docker engine builds the images, runs them as the platform does, and pushes what can be released."""

    def test_it_builds_runs_stops_and_pushes(self) -> None:
        only_long()
        place = workshop()
        self.addCleanup(place.cleanup)
        registry = registries.Registry(Path(place.name))
        self.addCleanup(registry.stop)
        registries.storage()
        runtime, program = registries.bases(registry, binary())
        # A socket has a short name.
        engine_place = tempfile.TemporaryDirectory(prefix="ship-", ignore_cleanup_errors=True)
        self.addCleanup(engine_place.cleanup)
        docker = Engine(Path(engine_place.name))
        self.addCleanup(docker.stop)
        for name in (runtime, program):
            docker("pull", "--quiet", name)
        empty = Path(place.name, "empty")
        empty.mkdir()
        web_name, release_name = f"{registry.address}/{APP}/web:1", f"{registry.address}/{APP}/release:1"
        for kind, name, source in (("web", web_name, program), ("release", release_name, web_name)):
            docker(
                "build", "--network=none", "--no-cache", "--target", kind, "--build-arg", f"BIN_FROM={source}", "--build-arg",
                f"RUNTIME={runtime}", "--build-arg", f"AUTORISEN_COMMIT={COMMIT}", "--tag", name, "--file",
                str(ROOT / "deploy/Dockerfile"), str(empty),
            )  # fmt: skip
            docker("push", "--quiet", name)
            accept = {"Accept": ", ".join(readers.ACCEPTED)}
            manifest = web.send("GET", f"http://{registry.address}/v2/{APP}/{kind}/manifests/1", accept).json()
            self.assertEqual(manifest["mediaType"], readers.SCHEMA_2)
        database = Database()
        self.addCleanup(database.close)
        variables = {
            "DATABASE_URL": database.url,
            "SECRET_KEY": SECRET_KEY,
            "DISABLE_RECAPTCHA": "true",
            "DYNO": "web.1",
        }
        as_there = ["--network", "host", "--read-only", "--cap-drop", "ALL", "--user", "12345"]
        as_there += [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        said = docker("run", "--rm", *as_there, "--env", f"PORT={registries.free_port()}", release_name)
        self.assertIn("This build can serve.", said)
        port = registries.free_port()
        container = docker("run", "--detach", *as_there, "--env", f"PORT={port}", web_name)
        deadline = time.monotonic() + 60
        while web.send("GET", f"http://127.0.0.1:{port}/api/health/ready").status != 200:
            self.assertLess(time.monotonic(), deadline, docker("logs", container))
            time.sleep(0.2)
        started = time.monotonic()
        docker("stop", "--time", "30", container)
        self.assertLess(time.monotonic() - started, 25)
        self.assertEqual(docker("inspect", "--format", "{{.State.ExitCode}}", container), "0")


class Compiled(unittest.TestCase):
    """Both images from the source, by the Dockerfile as it is; the bases of others are made here, under their names."""

    def test_the_image_compiles_what_it_runs_and_lists_what_it_is_made_of(self) -> None:
        only_long()
        need("buildah", "docker-registry", "mmdebstrap", "git")
        if not shutil.which("rustc"):
            not_run("no toolchain to put into the base that compiles")
        place = workshop()
        self.addCleanup(place.cleanup)
        folder = Path(place.name)
        registries.storage()
        registry = registries.Registry(folder)
        self.addCleanup(registry.stop)
        runtime, _ = registries.bases(registry, binary())
        contexts = [*context("rust", rust_base()), *context("distroless", runtime)]
        tree = folder / "tree"
        tree.mkdir()
        run("bash", "-c", f"git -C {ROOT} archive HEAD | tar --extract --directory {tree}")
        names = {kind: f"{registry.address}/{APP}/{kind}:1" for kind in ("web", "release")}
        for kind, source in (("web", "compile"), ("release", names["web"])):
            ended = subprocess.run(
                ["buildah", "build", "--isolation", "chroot", "--format", "docker", "--tls-verify=false", *contexts,
                 "--target", kind, "--build-arg", f"BIN_FROM={source}", "--build-arg", "RUNTIME=small", "--build-arg",
                 f"AUTORISEN_COMMIT={COMMIT}", "--tag", names[kind], "--file", str(tree / "deploy/Dockerfile"), str(tree)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.assertEqual(ended.returncode, 0, (ended.stdout + ended.stderr)[-4000:])
            run("buildah", "push", "--tls-verify=false", "--format", "v2s2", names[kind], f"docker://{names[kind]}")
        accept = {"Accept": readers.SCHEMA_2}
        for kind in names:
            manifest = web.send("GET", f"http://{registry.address}/v2/{APP}/{kind}/manifests/1", accept).json()
            size = sum(layer["size"] for layer in manifest["layers"])
            print(f"          {kind}: {size / 1e6:.1f} MB compressed, from source, on a base like the small one")
            self.assertLess(size, 40_000_000)
        files, config = Rootfs(registry, folder).of(f"{APP}/web", manifest | {})
        program = (files / "usr/local/bin/autorisen").read_bytes()
        listed = sbom.of_build(program, (ROOT / "Cargo.lock").read_text(), COMMIT)
        self.assertIn("cargo auditable", listed["metadata"]["properties"][0]["value"])
        inside = {one["name"] for one in listed["components"]}
        self.assertLessEqual({"actix-web", "diesel", "autorisen-server"}, inside)
        self.assertNotIn("autorisen-testkit", inside)
        database = Database()
        self.addCleanup(database.close)
        variables = {"DATABASE_URL": database.url, "SECRET_KEY": SECRET_KEY, "DISABLE_RECAPTCHA": "true"}
        dyno = Dyno(files, config | {"Cmd": ["release"]}, variables, "release", folder / "log")
        self.assertEqual(dyno.wait(), 0, dyno.said())
        server = Dyno(files, config | {"Cmd": ["serve"]}, variables, "web", folder / "log")
        self.addCleanup(server.stop)
        health = f"http://127.0.0.1:{server.port}/api/health"
        deadline = time.monotonic() + 60
        while web.send("GET", health).status != 200:
            self.assertTrue(server.runs and time.monotonic() < deadline, server.said())
            time.sleep(0.1)
        self.assertIn(COMMIT, web.send("GET", health).text, "the commit is compiled in")


class Pins(unittest.TestCase):
    """The digests of images of others, at their real registries."""

    def test_every_pin_is_there(self) -> None:
        only_long()
        ended = subprocess.run(
            [str(ROOT / "deploy/ship"), "pins", "check"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if ended.returncode == 12:
            not_run(f"the registries of images cannot be reached: {ended.stderr.strip()[:120]}")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)


def context(name: str, image: str) -> list[str]:
    """Puts a local image in the place of the one that the Dockerfile names, digest and all."""
    text = (ROOT / "deploy/Dockerfile").read_text()
    [named] = [line.split()[1] for line in text.splitlines() if line.startswith("FROM ") and name in line]
    return ["--build-context", f"{named}=container-image://{image}"]


def rust_base() -> str:
    """Debian with a C compiler and this machine's toolchain, as the official image of Rust has them."""
    root, name = WORK / "rust-root.tar", "localhost/rust:1"
    with alone():
        if not root.exists():
            packages = "--include=ca-certificates,gcc,libc6-dev"
            run("mmdebstrap", "--variant=minbase", packages, "bookworm", f"{root}.new.tar")
            Path(f"{root}.new.tar").rename(root)
    toolchain = Path(run("rustc", "--print", "sysroot", cwd=str(ROOT)))
    container = run("buildah", "from", "scratch")
    run("buildah", "add", "--quiet", container, str(root), "/")
    for part in ("bin", "lib"):
        run("buildah", "add", "--quiet", container, str(toolchain / part), f"/usr/local/{part}")
    for path in (
        Path("/etc/ssl/certs/ca-certificates.crt"),
        Path("/etc/apt/sources.list.d"),
        Path("/etc/apt/apt.conf.d"),
    ):
        if path.exists():
            run("buildah", "add", "--quiet", container, str(path), str(path))
    run("buildah", "config", "--arch", "amd64", "--os", "linux", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container)  # fmt: skip
    run("buildah", "commit", "--quiet", "--rm", "--disable-compression", "--format", "docker", container, name)
    return name


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
