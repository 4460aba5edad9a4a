"""The container of a component: our model server, or a person's image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.resources import Gpu
from platformctl.domain.revision import Code, Revision
from platformctl.render import storage
from platformctl.render.names import GRPC_PORT, HTTP_PORT, Part, component, is_separate
from platformctl.render.templates import render

START_SECONDS = 720
"""Until a container that has not answered is restarted. A transformer waits 600 s for its predictor."""

LEAVE_SECONDS = 5
"""Between a pod's removal from the Services and its SIGTERM: until gateway and kube-proxy know."""

_READY_SECONDS = {Mode.STANDARD: 5, Mode.KNATIVE: 1}
"""Between two looks at whether it is ready. Where a request waits for one to wake, a second is long."""

_USER = 10001
_SETTINGS_FOLDER = "/etc/platformctl"
_SETTINGS, _SCRATCH, _SHARED = "settings", "tmp", "shared-memory"


@dataclass(frozen=True)
class Container:
    """A container, and the volumes that it wants of its pod."""

    content: Mapping[str, Any]
    volumes: Sequence[Mapping[str, Any]]


def container(revision: Revision, part: Part, shape: Shape, mode: Mode = Mode.STANDARD) -> Container:
    """The container of a component.

    In Knative mode it has one port, and no hook: what ends requests before the pod is theirs.

    Raises:
        SpecError: Pods cannot read the model.
    """
    chosen = revision.predictor if part == "predictor" else revision.transformer
    if isinstance(chosen, Image):
        return _theirs(revision, part, chosen, shape, mode)
    gpus = revision.resources.gpus if part == "predictor" else None
    shared = _shared_memory(gpus)
    scratch = {"name": _SCRATCH, "emptyDir": {}}
    content = render(
        "container",
        image=_server(revision, part, shape),
        args=[],
        env=_model(revision, shape) if part == "predictor" else [],
        ports=_ports(HTTP_PORT, mode, grpc=True),
        resources=_resources(revision, gpus),
        ready=f"/v2/models/{revision.deployment}/ready",
        live="/v2/health/live",
        port=HTTP_PORT,
        start_seconds=START_SECONDS,
        ready_seconds=_READY_SECONDS[mode],
        leave_seconds=_leave_seconds(mode),
        read_only=True,
        user=_USER,
        mounts=[_mount(_SETTINGS, _SETTINGS_FOLDER), _mount(_SCRATCH, "/tmp", read_only=False), *_at(shared)],  # noqa: S108 a folder in the pod
    )
    return Container(content, [_settings_volume(revision, part), scratch, *shared])


def _theirs(revision: Revision, part: Part, image: Image, shape: Shape, mode: Mode) -> Container:
    """A person's image. It may want to write to its own files, and need not have a page for liveness."""
    gpus = revision.resources.gpus if part == "predictor" else None
    shared = _shared_memory(gpus)
    asked = part == "predictor" and is_separate(revision) and not isinstance(revision.transformer, Image)
    name = revision.deployment
    content = render(
        "container",
        image=image.image,
        args=_arguments(revision, image, shape) if part == "transformer" else list(image.args),
        env=[
            *(_model(revision, shape) if part == "predictor" and image.model else []),
            *({"name": key, "value": image.env[key]} for key in sorted(image.env)),
            {"name": "PLATFORMCTL_MODEL_NAME", "value": name},
            {"name": "PLATFORMCTL_REVISION", "value": revision.id},
            *([{"name": "PROTOCOL", "value": image.protocol}] if image.protocol != "v1" else []),
        ],
        ports=_ports(image.port, mode, grpc=asked),
        resources=_resources(revision, gpus),
        ready=f"/v1/models/{name}" if image.protocol == "v1" else f"/v2/models/{name}/ready",
        live=None,
        port=image.port,
        start_seconds=START_SECONDS,
        ready_seconds=_READY_SECONDS[mode],
        leave_seconds=_leave_seconds(mode),
        read_only=False,
        user=_USER,
        mounts=_at(shared),
    )
    return Container(content, shared)


def _server(revision: Revision, part: Part, shape: Shape) -> str:
    stock = shape.images.predictor if part == "predictor" else shape.images.transformer
    return revision.serving.image or stock


def _arguments(revision: Revision, image: Image, shape: Shape) -> list[str]:
    """KServe appends these where they are missing, and takes the InferenceService's name for the model's."""
    host = f"{component(revision.id, 'predictor')}.{shape.namespace}"
    wanted = {
        "--model_name": revision.deployment,
        "--predictor_host": host,
        "--http_port": str(image.port),
    }
    given = {argument.partition("=")[0] for argument in image.args}
    missing = ((name, value) for name, value in wanted.items() if name not in given)
    return [*image.args, *(text for pair in missing for text in pair)]


def _model(revision: Revision, shape: Shape) -> list[dict[str, str]]:
    """KServe's controller sees it, and downloads the model to /mnt/models before the container starts."""
    return [{"name": "STORAGE_URI", "value": storage.uri(revision.model, shape.storage)}]


def _leave_seconds(mode: Mode) -> int | None:
    return LEAVE_SECONDS if mode is Mode.STANDARD else None


def _ports(http: int, mode: Mode, *, grpc: bool) -> list[dict[str, Any]]:
    """KServe makes the first one port 80 of the Service, and each other one its own. Knative takes one."""
    if mode is Mode.KNATIVE:
        return [{"name": "http1", "containerPort": http, "protocol": "TCP"}]
    first = {"name": "http", "containerPort": http, "protocol": "TCP"}
    return [first, {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"}] if grpc else [first]


def _resources(revision: Revision, gpus: Gpu | None) -> dict[str, str]:
    resources = revision.resources
    plain = {"cpu": resources.cpu, "memory": resources.memory}
    return plain | ({gpus.resource: str(gpus.count)} if gpus else {})


def _shared_memory(gpus: Gpu | None) -> list[dict[str, Any]]:
    if gpus is None or gpus.shared_memory is None:
        return []
    return [{"name": _SHARED, "emptyDir": {"medium": "Memory", "sizeLimit": gpus.shared_memory}}]


def _at(shared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_mount(_SHARED, "/dev/shm", read_only=False)] if shared else []  # noqa: S108 a folder in the pod


def _mount(volume: str, path: str, *, read_only: bool = True) -> dict[str, Any]:
    return {"name": volume, "mountPath": path} | ({"readOnly": True} if read_only else {})


def _settings_volume(revision: Revision, part: Part) -> dict[str, Any]:
    items = [{"key": settings_key(part), "path": "serving.json"}]
    return {"name": _SETTINGS, "configMap": {"name": revision.id, "items": items}}


def settings_key(part: Part) -> str:
    """The settings of a component in the revision's ConfigMap."""
    return f"{part}.json"


def refuse_classes_in_folders(revision: Revision) -> None:
    """Refuse a person's class that lies in a folder of this machine.

    Raises:
        SpecError: There is one; the message says the way out.
    """
    for part in ("predictor", "transformer"):
        chosen = getattr(revision, part)
        if isinstance(chosen, Code) and chosen.path is not None:
            raise SpecError(
                f"{chosen.class_} is in a folder of this machine ({chosen.path}); a cluster "
                "needs it in an image",
                field=f"spec.{part}.path",
                hint="install it in an image of yours on top of ours (platformctl image build), name that in "
                "spec.serving.image, and leave path out",
            )


def runs_our_server(revision: Revision, part: Part) -> bool:
    """Whether a component is a model server of ours, which reads settings."""
    chosen = revision.predictor if part == "predictor" else revision.transformer
    return not isinstance(chosen, Image)
