"""Stands for kind, in front of a test cluster of its own: `python -m tests.kind.kind VERB NOUN OPTIONS`.

What kind's nodes would pull is imported from what was built here, under the names that they ask for. The
number of the cluster is PLATFORMCTL_TEST_CLUSTER.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from tests.cluster import archive, image_names, images, lifecycle
from tests.cluster.cluster import Cluster
from tests.cluster.requirements import built

_ROOT = Path(__file__).parents[2]
_LOCAL = "localhost"
"""Where `platformctl image build` says that images are."""


def main() -> None:
    """Do what kind would."""
    parser = argparse.ArgumentParser(prog="kind")
    parser.add_argument("verb")
    parser.add_argument("noun")
    parser.add_argument("images", nargs="*")
    for option in ("--name", "--config", "--kubeconfig", "--wait"):
        parser.add_argument(option)
    asked = parser.parse_intermixed_args()
    cluster = lifecycle.find()
    match asked.verb, asked.noun:
        case "get", "clusters":
            print(*["platformctl"] if cluster else [])  # noqa: T201 - a command line
        case "create", "cluster":
            _create(Path(asked.config), Path(asked.kubeconfig), asked.name)
        case "delete", "cluster":
            lifecycle.down()
        case "load", "docker-image" if cluster:
            _load(cluster, asked.images)
        case "export", "kubeconfig" if cluster:
            _write(cluster, Path(asked.kubeconfig), asked.name)
        case other:
            sys.exit(f"kind: {other} is not known here")


def _create(config: Path, kubeconfig: Path, name: str) -> None:
    [node] = yaml.safe_load(config.read_text())["nodes"]
    cluster = lifecycle.up("node")
    for original, reference, tar in _pulled(cluster):
        cluster.import_image(tar)
        if reference:
            _tag(cluster, original, reference)
    for mapping in node["extraPortMappings"]:
        here = f"{mapping['listenAddress']}:{mapping['hostPort']}"
        command = [
            sys.executable,
            "-m",
            "tests.kind.mapped",
            here,
            f"{cluster.address}:{mapping['containerPort']}",
        ]
        subprocess.Popen(
            [*command, str(cluster.folder)],
            cwd=_ROOT,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    _write(cluster, kubeconfig, name)


def _pulled(cluster: Cluster) -> Iterator[tuple[str, str, Path]]:
    """What a node would pull: an image's name here, the one that is asked for, its archive."""
    made, pins = images.archives(_programs()), pinned()
    for name in (image_names.GATEWAY, image_names.KSERVE, image_names.STORAGE_INITIALIZER):
        yield name, "", made[name]
    yield image_names.ENVOY, f"docker.io/envoyproxy/envoy:{pins['ENVOY']}", made[image_names.ENVOY]
    yield image_names.PYTHON, f"ghcr.io/mlflow/mlflow:{pins['MLFLOW']}-full", made[image_names.PYTHON]
    store = f"ghcr.io/versity/versitygw:{pins['VERSITYGW']}"
    program = {"versitygw": _programs()["versitygw"]}
    yield store, "", archive.image(cluster.folder / "versitygw.tar", store, program, ["/versitygw"])


def _programs() -> Mapping[str, Path]:
    return {name: Path(path) for name, path in built("all").items()}


def pinned() -> Mapping[str, str]:
    """The versions that hack/kind.sh installs."""
    lines = (_ROOT / "hack/kind/versions").read_text().splitlines()
    return dict(line.split("=") for line in lines if not line.startswith("#"))


def _load(cluster: Cluster, references: list[str]) -> None:
    made = images.archives(_programs())
    for reference in references:
        ours = reference.replace(_LOCAL, image_names.PREFIX, 1)
        cluster.import_image(made[ours])
        _tag(cluster, ours, reference)


def _tag(cluster: Cluster, reference: str, other: str) -> None:
    cluster.run("ctr", "--namespace", "k8s.io", "images", "tag", "--force", reference, other)


def _write(cluster: Cluster, kubeconfig: Path, name: str) -> None:
    """A kubeconfig as kind writes it: its context is `kind-NAME`."""
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["contexts"][0]["name"] = document["current-context"] = f"kind-{name}"
    kubeconfig.write_text(yaml.safe_dump(document))


if __name__ == "__main__":
    main()
