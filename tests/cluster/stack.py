"""What a deployment needs of a cluster: KServe, a gateway, metrics, images, models; and where it is."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cluster import charts, gateway, image_names, images, kserve, metrics_server, store
from tests.cluster.cluster import Cluster
from tests.cluster.store import S3, Registry

_FILE = "stack.json"
_STORAGE = Path(__file__).parents[2] / "storage/clusterstoragecontainer.yaml"
_FIRST = (image_names.GATEWAY, image_names.ENVOY, image_names.KSERVE)
"""Images that the cluster itself runs; a pod whose image is missing tries again only after 10 s."""


@dataclass(frozen=True)
class Stack:
    """Where things are, for pods and for this machine alike.

    Args:
        gateway: The gateway's URL; it tells deployments apart by their host.
        s3: Where models are.
        registry: Where they are registered.
        volumes: A folder of the node that is one of this machine too, for volumes of `hostPath`; None: there
            is none.
        kserve: Its version, as `v0.20.0`.
    """

    gateway: str
    s3: S3
    registry: Registry
    volumes: Path | None
    kserve: str


def install(cluster: Cluster) -> Stack:
    """Bring all of it up, on a cluster that runs pods.

    Raises:
        ClusterError: A part does not come up.
    """
    s3, s3_running = store.start_s3(cluster)
    registry, registry_running = store.start_registry(cluster, s3)
    volumes = cluster.folder / "volumes"
    volumes.mkdir()
    with ThreadPoolExecutor() as pool:
        resources = pool.submit(_resources, cluster)
        archives = images.archives(cluster.programs)
        cluster.import_image(archives.pop(image_names.METRICS_SERVER))
        metrics_server.install(cluster)  # first: it looks twice, 10 s apart, before it says anything
        for reference in _FIRST:
            cluster.import_image(archives.pop(reference))
        resources.result()
        rest = pool.submit(_import, cluster, archives.values())
        gateway.install(cluster)
        kserve.install(cluster)
        address = _await(cluster)
        rest.result()
    store.await_answer(s3_running, s3.endpoint)
    store.await_answer(registry_running, f"{registry.uri}/health")
    stack = Stack(f"http://{address}", s3, registry, volumes, image_names.KSERVE_VERSION)
    (cluster.folder / _FILE).write_text(json.dumps(asdict(stack), default=str))
    return stack


def of(cluster: Cluster) -> Stack:
    """What was installed on a cluster that is up."""
    return read(cluster.folder / _FILE)


def read(file: Path) -> Stack:
    """What a file says, as JSON with the fields of `Stack`."""
    kept: dict[str, Any] = json.loads(file.read_text())
    s3, registry, volumes = S3(**kept.pop("s3")), Registry(**kept.pop("registry")), kept.pop("volumes", None)
    return Stack(**kept, s3=s3, registry=registry, volumes=Path(volumes) if volumes else None)


def _resources(cluster: Cluster) -> None:
    charts.apply(cluster, [charts.namespace(kserve.NAMESPACE)])
    charts.create(cluster, [*gateway.resources(cluster), *kserve.resources(cluster)])
    charts.await_established(cluster)


def _import(cluster: Cluster, archives: Iterable[Path]) -> None:
    for archive in archives:
        cluster.import_image(archive)


def _await(cluster: Cluster) -> str:
    """Return when all of it works: the gateway's address."""
    kserve.await_ready(cluster)
    [container] = charts.read(_STORAGE.read_text())
    container["spec"]["container"]["image"] = image_names.STORAGE
    charts.apply(cluster, [container])
    address = gateway.await_ready(cluster)
    metrics_server.await_ready(cluster)
    return address
