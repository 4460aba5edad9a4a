"""Containers without an engine: runc runs what buildah has mounted, as a cluster's most careful pod would.

The image's own user, environment and entry point; a read-only root; no capability, no new privileges; a
`/tmp` in memory; the settings and the model mounted read-only where the contract says. The network is the
machine's, so that a test reaches it.
"""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_SECONDS = 120.0

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where images are kept and containers run; nothing of it is left afterwards.

    Args:
        environ: For buildah, and for whoever calls it.
        roots: What has been unpacked already.
    """

    folder: Path
    environ: Mapping[str, str]
    roots: dict[str, Path] = field(default_factory=dict)

    def run(self, *command: str | Path, seconds: float = 600) -> str:
        """Run a program that must succeed; what it prints."""
        done = subprocess.run(
            command,
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def config(self, image: str) -> dict[str, Any]:
        """What an image says of itself."""
        inspected = json.loads(self.run("buildah", "inspect", "--type", "image", image))
        return dict(inspected["OCIv1"])

    def megabytes(self, image: str) -> float:
        """The size of all its layers, unpacked."""
        inspected = json.loads(self.run("buildah", "images", "--json", image))
        number, unit = inspected[0]["size"].split()
        return float(number) * {"KB": 1e-3, "MB": 1.0, "GB": 1e3}[unit]

    def root(self, image: str) -> Path:
        """Its files, unpacked once; containers share them and cannot write to them."""
        if image not in self.roots:
            made = self.run("buildah", "from", "--pull-never", image).strip()
            self.roots[image] = Path(self.run("buildah", "mount", made).strip())
        return self.roots[image]


@dataclass(frozen=True)
class Container:
    """A running container.

    Args:
        process: runc, which ends as the container's first process does.
        runc: How to talk to it.
    """

    process: subprocess.Popen[bytes]
    log: Path
    runc: Sequence[str]
    settings: Settings

    @property
    def port(self) -> int:
        """Where it answers HTTP."""
        return int(self.settings["listen"]["http"])

    @property
    def grpc_port(self) -> int:
        """Where it answers gRPC."""
        return int(self.settings["listen"]["grpc"])

    @property
    def pid(self) -> int:
        """Its first process, as the machine numbers it; 0 if it has not been made yet."""
        done = subprocess.run(
            [*self.runc[:-1], "state", self.runc[-1]], capture_output=True, text=True, check=False
        )
        return int(json.loads(done.stdout)["pid"]) if done.returncode == 0 else 0

    def get(self, path: str) -> str:
        """Ask it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as reply:
            return str(reply.read().decode())

    def post(self, path: str, body: object) -> Any:
        """Ask it, JSON for JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - as above
            return json.loads(reply.read())

    def status(self, name: str) -> str:
        """A line of what the kernel says of its first process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))

    def inside(self, code: str) -> str:
        """Run Python in the container, as its own user; what it prints."""
        command = [*self.runc[:-1], "exec", self.runc[-1], "python", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> int:
        """What a kubelet does: SIGTERM to the first process; its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def started(place: Place, image: str, settings: Settings, model: Path) -> Iterator[Container]:
    """A container that has begun to start."""
    name = f"platformctl-test-{uuid.uuid4().hex[:12]}"
    bundle = place.folder / name
    (bundle / "settings").mkdir(parents=True)
    (bundle / "settings/serving.json").write_text(json.dumps(settings))
    runc = ["runc", "--root", str(place.folder / "runc")]
    specification = _specification(
        place.config(image)["config"], place.root(image), bundle / "settings", model, name
    )
    (bundle / "config.json").write_text(json.dumps(specification))
    log = bundle / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*runc, "run", "--bundle", bundle, name], stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        yield Container(process, log, [*runc, name], settings)
    finally:
        subprocess.run([*runc, "delete", "--force", name], capture_output=True, check=False)
        process.wait(60)


@contextmanager
def running(place: Place, image: str, settings: Settings, model: Path) -> Iterator[Container]:
    """A container that is ready."""
    with started(place, image, settings, model) as container:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(container):
            assert container.process.poll() is None, container.log.read_text()
            assert time.monotonic() < deadline, container.log.read_text()
            time.sleep(0.05)
        yield container


def _answers(container: Container) -> bool:
    try:
        container.get("/v2/health/ready")
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
    return True


def _specification(
    image: Mapping[str, Any], root: Path, settings: Path, model: Path, name: str
) -> dict[str, object]:
    """The container's configuration (OCI runtime specification) from the image's."""
    user, group = (int(number) for number in image["User"].split(":"))
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": user, "gid": group},
            "args": image["Entrypoint"],
            "env": image["Env"],
            "cwd": image.get("WorkingDir") or "/",
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["mode=1777"]},  # noqa: S108
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},  # noqa: S108
            _bound(settings, "/etc/platformctl"),
            _bound(model, "/mnt/models"),
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
            "cgroupsPath": f"/{name}",
        },
    }


def _bound(source: Path, destination: str) -> dict[str, object]:
    return {"destination": destination, "type": "bind", "source": str(source), "options": ["bind", "ro"]}
