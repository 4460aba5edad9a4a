"""The test cluster with deployments in Knative mode: of our server, of a small one, and one that sleeps."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster.stage import SPEC, Ground, folder, furnish, namespaces, registered, running
from tests.cluster import image_names, knative, stack

_VERSIONS = 3
_MODE = 'mode = "knative"\n'
_SERVER = Path(__file__).parents[2] / "tests/cluster_load/pod_server.py"
_SMALL = """\
  predictor: {{image: {image}, args: ["python3", "-c", {server}], model: false}}
"""
"""Its pods are there within a second or two, so that many rollouts take little time."""

_AWAKE, _SLEEPS = "{}", "{min: 0, max: 1}"


@dataclass(frozen=True)
class KnativeStage(Ground):
    """The ground of Knative mode: version 1 of three of our server serves.

    Args:
        small: A namespace where version 1 of three of a small server serves, with a folder of its own.
        sleeper: One for a deployment that may go to sleep, by `sleeper.yaml`.
    """

    small: Ground
    sleeper: Ground


@contextmanager
def knative_stage() -> Iterator[KnativeStage]:
    """The stage; all of it is removed at the end, and a cluster that was up stays up, with Knative on it."""
    with running() as cluster, folder() as place, namespaces(cluster, 3) as (awake, rolled, sleeping):
        knative.ensure_apart(cluster)
        found = stack.of(cluster)
        small = Ground(cluster, found, place / "small", rolled)
        sleeper = Ground(cluster, found, place, sleeping)
        one = KnativeStage(cluster, found, place, awake, small, sleeper)
        model = registered(one, _VERSIONS, _MODE)
        for file, ground, scaling in (("churn.yaml", one, _AWAKE), ("sleeper.yaml", sleeper, _SLEEPS)):
            furnish(ground, ground.namespace)
            (place / file).write_text(SPEC.format(model=model, scaling=scaling))
        _furnish_small(one, model)
        for ground in (one, small):
            ground.platformctl("-n", ground.namespace, "deploy", "-f", "churn.yaml", "--version", "1")
        yield one


def _furnish_small(one: KnativeStage, model: str) -> None:
    place = one.small.folder
    place.mkdir()
    furnish(one.small, one.small.namespace)  # its pods read no model, and the settings name the Secret
    shutil.copy(one.folder / "platformctl.toml", place)
    server = json.dumps(_SERVER.read_text())
    small = _SMALL.format(image=image_names.PYTHON, server=server)
    (place / "churn.yaml").write_text(SPEC.format(model=model, scaling=_AWAKE) + small)
