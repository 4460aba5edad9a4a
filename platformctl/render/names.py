"""How the objects of a revision are called. KServe decides most of it; one place knows it."""

from typing import Literal

from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.kube_names import LABEL_LIMIT
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Revision

Part = Literal["predictor", "transformer"]

HTTP_PORT, GRPC_PORT, SERVICE_PORT = 8080, 8081, 80
"""Of a pod; of the Service in front of the pods."""

MODE = "serving.kserve.io/deploymentMode"
"""The annotation of an InferenceService that says what KServe makes of it."""
BEFORE_NEW_MODES = "0.15"
"""The version of KServe that has the modes' former names. Later ones would write over those."""

_APP_LABEL = "isvc."
"""KServe puts it before the name of a component and makes a label of that, by which Services select."""


def is_separate(revision: Revision) -> bool:
    """Whether its transformer has pods of its own: by choice, or as it or the predictor is an image."""
    if revision.transformer is None:
        return False
    images = isinstance(revision.transformer, Image) or isinstance(revision.predictor, Image)
    return images or revision.placement == "separate"


def parts(revision: Revision) -> tuple[Part, ...]:
    """The components of its InferenceService."""
    return ("predictor", "transformer") if is_separate(revision) else ("predictor",)


def component(revision: RevisionId, part: Part) -> str:
    """The name of a component's Deployment, Service and HorizontalPodAutoscaler."""
    return f"{revision}-{part}"


def service(revision: Revision) -> str:
    """The Service that answers the revision's requests: its weight goes there."""
    return component(revision.id, parts(revision)[-1])


def service_of(inference_service: Manifest) -> str:
    """The same of an InferenceService that was found in a cluster."""
    part: Part = "transformer" if "transformer" in inference_service["spec"] else "predictor"
    return component(RevisionId(inference_service["metadata"]["name"]), part)


def grpc_service(revision: RevisionId) -> str:
    """The Service by which a transformer finds the pods of its predictor."""
    return f"{revision}-grpc"


def pod_labels(revision: RevisionId, part: Part) -> dict[str, str]:
    """The labels that the pods of a component have: ours, which KServe copies, and KServe's own."""
    return {"component": part, REVISION: revision}


def refuse_long_names(revision: Revision) -> None:
    """Refuse a revision whose objects cannot be named.

    Raises:
        SpecError: The label that KServe makes of the name is too long for Kubernetes.
    """
    label = _APP_LABEL + service(revision)
    refuse_long_name(revision.deployment, label, f"with what KServe adds, its label {label}")


def refuse_long_name(deployment: Name, text: str, what: str) -> None:
    """Refuse a deployment of whose name Kubernetes cannot take what is made.

    Args:
        deployment: Its name.
        text: What is made of it: a label's value, or a part of a host.
        what: The same in words.

    Raises:
        SpecError: It is too long; the message says which name is not.
    """
    if len(text) <= LABEL_LIMIT:
        return
    most = len(deployment) - (len(text) - LABEL_LIMIT)
    raise SpecError(
        f"{deployment!r} is too long: {what} has {len(text)} characters, and Kubernetes takes {LABEL_LIMIT}",
        field="metadata.name",
        hint=f"use a name of at most {most} characters; spec.model.name says which model it is",
    )
