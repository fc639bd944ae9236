"""The images: what is promised about them, on a runtime without a shell."""

import gzip
import io
import json
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from bench import registry as registries
from bench.database import Database
from bench.dyno import Dyno, Rootfs, may_chroot
from bench.tools import ROOT, WORK, need, not_run, run
from bench.world import SECRET_KEY, binary, workshop
from shiplib import web

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MOST_COMPRESSED = 40_000_000
RELEASE = ROOT / "target/release/autorisen"


class Images(unittest.TestCase):
    """Both images are built once, pushed, and read back."""

    @classmethod
    def setUpClass(cls) -> None:
        need("buildah", "docker-registry", "mmdebstrap", "strip")
        if not may_chroot():
            not_run("images are run by root alone")
        if not binary().exists():
            not_run(f"{binary()} is not built")
        WORK.mkdir(parents=True, exist_ok=True)
        place = workshop()
        cls.addClassCleanup(place.cleanup)
        registries.storage()
        cls.registry = registries.Registry(Path(place.name))
        cls.addClassCleanup(cls.registry.stop)
        runtime, program = registries.bases(cls.registry, binary())
        cls.rootfs = Rootfs(cls.registry, Path(place.name))
        cls.log = Path(place.name, "log")
        cls.manifests, cls.configs = {}, {}
        (WORK / "nothing").mkdir(exist_ok=True)
        for kind, source in (("web", program), ("release", f"{cls.registry.address}/app/web:1")):
            name = f"{cls.registry.address}/app/{kind}:1"
            run(
                "buildah", "build", "--isolation", "chroot", "--format", "docker", "--tls-verify=false", "--no-cache",
                "--target", kind, "--build-arg", f"BIN_FROM={source}", "--build-arg", f"RUNTIME={runtime}", "--build-arg",
                f"AUTORISEN_COMMIT={COMMIT}", "--tag", name, "--file", str(ROOT / "deploy/Dockerfile"), str(WORK / "nothing"),
            )  # fmt: skip
            run("buildah", "push", "--quiet", "--tls-verify=false", "--format", "v2s2", name, f"docker://{name}")
            accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
            cls.manifests[kind] = web.send(
                "GET", f"http://{cls.registry.address}/v2/app/{kind}/manifests/1", accept
            ).json()
            cls.configs[kind] = json.loads(cls.registry.blob(f"app/{kind}", cls.manifests[kind]["config"]["digest"]))

    def test_each_image_has_its_own_command_in_exec_form(self) -> None:
        for kind, command in (("web", ["serve"]), ("release", ["release"])):
            config = self.configs[kind]["config"]
            self.assertEqual((config["Entrypoint"], config["Cmd"]), (["/usr/local/bin/autorisen"], command))
        ids = {manifest["config"]["digest"] for manifest in self.manifests.values()}
        self.assertEqual(len(ids), 2)

    def test_nobody_is_root_and_the_commit_is_on_the_label(self) -> None:
        for config in self.configs.values():
            self.assertEqual(config["config"]["User"], "65532:65532")
            self.assertEqual(config["config"]["Labels"]["org.opencontainers.image.revision"], COMMIT)
            names = [line.split("=")[0] for line in config["config"]["Env"]]
            self.assertFalse([name for name in names if name in ("APP_VERSION", "GIT_SHA", "AUTORISEN_COMMIT")])

    def test_they_are_small_and_have_few_layers(self) -> None:
        sizes = {kind: compressed(manifest) for kind, manifest in self.manifests.items()}
        which = "debug" if "debug" in binary().parts else binary().parent.name
        if RELEASE.exists():
            # What is pushed is one more layer around this.
            packed = len(gzip.compress(stripped(RELEASE), 6))
            program = max(layer["size"] for layer in self.manifests["web"]["layers"][-3:])
            sizes |= {f"{kind} from the release build": size - program + packed for kind, size in list(sizes.items())}
        else:
            which += " build, for there is no release build at target/release"
        self.told = ", ".join(f"{kind} {size / 1e6:.1f} MB" for kind, size in sizes.items()) + f"; with the {which}"
        for kind, size in sizes.items():
            self.assertLess(size, MOST_COMPRESSED, kind)
        for manifest in self.manifests.values():
            self.assertLess(len(manifest["layers"]), 10)

    def test_both_hold_the_same_program(self) -> None:
        programs = [self.files(kind) / "usr/local/bin/autorisen" for kind in ("web", "release")]
        self.assertEqual(programs[0].read_bytes(), programs[1].read_bytes())

    def test_the_runtime_has_no_shell(self) -> None:
        self.assertFalse((self.files("web") / "bin/sh").exists())

    def test_any_user_can_run_it_on_files_it_cannot_write_and_sigterm_ends_it_in_time(self) -> None:
        database = Database()
        self.addCleanup(database.close)
        variables = {"DATABASE_URL": database.url, "SECRET_KEY": SECRET_KEY, "DISABLE_RECAPTCHA": "true"}
        self.log.write_text("")
        release = Dyno(self.files("release"), self.configs["release"]["config"], variables, "release", self.log)
        self.assertEqual(release.wait(), 0, release.said())
        self.assertIn("This build can serve.", release.said())
        self.assertEqual(
            Dyno(self.files("release"), self.configs["release"]["config"], variables, "release", self.log).wait(), 0
        )
        self.assertIn("migrations applied: 0", release.said())
        self.log.write_text("")
        server = Dyno(self.files("web"), self.configs["web"]["config"], variables, "web", self.log)
        self.addCleanup(server.stop)
        deadline = time.monotonic() + 60
        while web.send("GET", f"http://127.0.0.1:{server.port}/api/health/ready").status != 200:
            self.assertTrue(server.runs and time.monotonic() < deadline, server.said())
            time.sleep(0.1)
        self.assertTrue(server.sees_read_only_files())
        code, seconds = server.stop()
        self.assertEqual(code, 0, server.said())
        self.assertLess(seconds, 25)
        self.assertIn("server.stop", server.said())

    def test_sqlite_is_refused_where_the_disk_is_lost(self) -> None:
        self.log.write_text("")
        dyno = Dyno(
            self.files("web"),
            self.configs["web"]["config"],
            {"SECRET_KEY": SECRET_KEY, "DISABLE_RECAPTCHA": "true"},
            "web",
            self.log,
        )
        self.assertEqual(dyno.wait(), 3)
        self.assertIn("is SQLite, whose file is lost", dyno.said())

    def files(self, kind: str) -> Path:
        return self.rootfs.of(f"app/{kind}", self.manifests[kind])[0]


class Dockerfile(unittest.TestCase):
    text = (ROOT / "deploy/Dockerfile").read_text()

    def test_nothing_is_fetched_that_is_not_pinned(self) -> None:
        self.assertFalse(self.text.startswith("# syntax"))
        for line in self.text.splitlines():
            if line.startswith("FROM ") and "/" in line:
                self.assertRegex(line, r"@sha256:[0-9a-f]{64} AS ")

    def test_the_toolchain_is_that_of_the_workspace(self) -> None:
        import tomllib

        channel = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
        self.assertIn(f"rust:{channel}-slim", self.text)
        self.assertIn(f"RUSTUP_TOOLCHAIN={channel}", self.text)

    def test_what_runs_beside_the_images_is_pinned_too(self) -> None:
        from shiplib import pins

        named = list(pins.found(ROOT))
        self.assertEqual({pin.file for pin in named}, set(pins.PLACES))
        self.assertEqual([pin.tagged for pin in named if not pin.digest], [])
        # No image is named in a form that would be overlooked.
        for line in (ROOT / "deploy/compose.yaml").read_text().splitlines():
            if line.strip().startswith("image:"):
                self.assertRegex(line, r"image: (\$\{AUTORISEN_IMAGE:\?|docker\.io/\S+@sha256:)")


def compressed(manifest: dict) -> int:
    return sum(layer["size"] for layer in manifest["layers"])


def stripped(program: Path) -> bytes:
    with tempfile.NamedTemporaryFile() as out:
        run("strip", "-o", out.name, str(program))
        return Path(out.name).read_bytes()


class Docker(unittest.TestCase):
    """What docker is asked for: BuildKit's defaults would make images that cannot be released."""

    def test_the_flags_that_keep_the_format(self) -> None:
        from shiplib.console import Console
        from shiplib.git import Commit
        from shiplib.images import Images as Build
        from shiplib.target import Target

        build = Build("docker", Commit(COMMIT, "a", "b", "c"), Target("t", "app1"), Console(True), Path("/x"))
        first, second = (build.build_command(kind) for kind in ("web", "release"))
        for command in (first, second):
            for flag in ("--provenance=false", "--sbom=false", "--no-cache"):
                self.assertIn(flag, command)
            self.assertIn("oci-mediatypes=false", command[command.index("--output") + 1])
            self.assertIsNone(build.push_command("web"))
        self.assertIn("BIN_FROM=compile", first)
        self.assertIn(f"BIN_FROM=registry.heroku.com/app1/web:{COMMIT[:12]}", second)

    def test_the_login_is_told_by_standard_input_and_is_gone_afterwards(self) -> None:
        from shiplib.console import Console
        from shiplib.exits import Exit, Stop
        from shiplib.git import Commit
        from shiplib.images import Images as Build
        from shiplib.target import Target

        token = "a-token-that-nobody-may-see"
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
            seen = Path(folder, "seen")
            docker = Path(folder, "docker")
            docker.write_text(
                f'#!/bin/sh\n{{ echo "argv $*"; echo "config $DOCKER_CONFIG"; echo "stdin $(cat)"; }} >>{seen}\n'
            )
            docker.chmod(0o755)
            os.environ |= {"PATH": f"{folder}:{os.environ['PATH']}", "HEROKU_API_KEY": token}
            out = io.StringIO()
            build = Build(
                "docker", Commit(COMMIT, "a", "b", "c"), Target("t", "app1"), Console(False, out), Path(folder)
            )
            build.console.hide(token)
            with self.assertRaises(KeyboardInterrupt), build.logged_in(token):
                # As docker does.
                place = Path(build.env["DOCKER_CONFIG"])
                (place / "config.json").write_text(token)
                raise KeyboardInterrupt
            self.assertFalse(place.exists())
            told = dict(line.split(" ", 1) for line in seen.read_text().splitlines())
            self.assertEqual(told["argv"], "login --username _ --password-stdin registry.heroku.com")
            self.assertEqual((told["stdin"], told["config"]), (token, str(place)))
            self.assertNotIn(token, out.getvalue() + "".join(build.log))
            self.assertNotIn("HEROKU_API_KEY", build.env)
            docker.write_text("#!/bin/sh\ncat >/dev/null; echo denied; exit 1\n")
            with self.assertRaises(Stop) as stopped, build.logged_in(token):
                self.fail("nothing may be built without a login")
            self.assertEqual(stopped.exception.code, Exit.PUSH)

    def test_a_push_that_docker_does_while_it_builds_fails_as_a_push(self) -> None:
        from shiplib.console import Console
        from shiplib.exits import Exit, Stop
        from shiplib.git import Commit
        from shiplib.images import Images as Build
        from shiplib.target import Target

        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
            docker = Path(folder, "docker")
            os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
            for last, code in (
                ("ERROR: failed to push registry.heroku.com/app1/web: denied", Exit.PUSH),
                ("ERROR: no", Exit.BUILD),
            ):
                docker.write_text(f"#!/bin/sh\necho '{last}'\nexit 1\n")
                docker.chmod(0o755)
                build = Build(
                    "docker",
                    Commit(COMMIT, "a", "b", "c"),
                    Target("t", "a1"),
                    Console(False, io.StringIO()),
                    Path(folder),
                )
                with self.assertRaises(Stop) as stopped:
                    build._run(build.build_command("web"), Exit.BUILD)
                self.assertEqual(stopped.exception.code, code)
