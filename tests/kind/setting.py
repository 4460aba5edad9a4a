"""A newcomer's machine: a folder with a checkout, and programs on PATH, Docker and kind being stand-ins."""

import os
import shutil
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.cluster import image_names
from tests.cluster.requirements import built

ROOT = Path(__file__).parents[2]
NUMBER = "8"
"""Of the test cluster that stands for kind's."""

_DOCKER = """#!/bin/sh
# Docker builds nothing here: that its context has what is built is all that is looked at.
case $1 in
version) echo 28 ;;
info) ;;
build) while [ "$1" != --file ]; do shift; done && test -f "$2" ;;
*) exit 1 ;;
esac
"""
_KIND = f"""#!/bin/sh
cd '{ROOT}' && exec '{sys.executable}' -m tests.kind.kind "$@"
"""


def program(folder: Path, name: str, text: str) -> None:
    """Write a script that can be run."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def environment(folder: Path, gateway_port: int, mlflow_port: int) -> Mapping[str, str]:
    """What the script is told; it is the same script, and the same manifests, from other sources."""
    made = built("all")
    programs = folder / "bin"
    program(programs, "docker", _DOCKER)
    program(programs, "kind", _KIND)
    for name in ("kubectl", "helm"):
        (programs / name).symlink_to(made[name])
    return {
        **{
            key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "PLATFORMCTL_"))
        },
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PLATFORMCTL_TEST_CLUSTER": NUMBER,
        "KIND_GATEWAY_PORT": str(gateway_port),
        "KIND_MLFLOW_PORT": str(mlflow_port),
        "KIND_KSERVE_CHARTS": str(Path(made["kserve-crd"]).parent),
        "KIND_ENVOY_CHARTS": str(_envoy_charts(folder / "charts", made)),
        "KIND_STORE": str(_store(folder / "store")),
    }


def _envoy_charts(folder: Path, made: Mapping[str, str]) -> Path:
    """As they are published: with the values that a release fills in, here our image."""
    for chart in ("gateway-crds-helm", "gateway-helm"):
        shutil.copytree(made[chart], folder / chart)
    values = (folder / "gateway-helm/values.tmpl.yaml").read_text()
    values = values.replace("${GatewayImagePullPolicy}", "IfNotPresent")
    values = values.replace("${GatewayImage}", image_names.GATEWAY)
    (folder / "gateway-helm/values.yaml").write_text(values)
    return folder


def _store(folder: Path) -> Path:
    """The same manifests; MLflow is this machine's own, which its pod sees under the same paths."""
    shutil.copytree(ROOT / "hack/kind/store", folder)
    seen = sorted({"/usr", sys.base_prefix, sys.prefix, str(ROOT)} - {"/"})
    container = {
        "name": "mlflow",
        "command": [f"{sys.prefix}/bin/mlflow"],
        "securityContext": {"runAsUser": 0},
        "volumeMounts": [
            {"name": f"host-{index}", "mountPath": path, "readOnly": True} for index, path in enumerate(seen)
        ],
    }
    volumes = [{"name": f"host-{index}", "hostPath": {"path": path}} for index, path in enumerate(seen)]
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mlflow", "namespace": "platform"},
        "spec": {"template": {"spec": {"containers": [container], "volumes": volumes}}},
    }
    file = folder / "kustomization.yaml"
    document = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**document, "patches": [{"patch": yaml.safe_dump(patch)}]}))
    return folder
