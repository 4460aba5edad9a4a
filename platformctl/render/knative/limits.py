"""What has no place in Knative mode, and the way out.

The rules are those of Knative's webhook (knative.dev/serving/pkg/apis/serving/k8s_validation.go, v0.48): it
would refuse what KServe makes, long after KServe has taken the InferenceService.
"""

from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.revision import Revision
from platformctl.domain.route import WHOLE
from platformctl.render.names import is_separate, refuse_long_name

_PORTS = frozenset({8008, 8012, 8013, 8022, 8112, 9090, 9091})
"""Those of the proxy beside each replica."""
_VARIABLES = frozenset({"K_CONFIGURATION", "K_REVISION", "K_SERVICE", "PORT"})
"""Those that Knative sets."""
_OTHER_MODE = "take Standard mode (--mode standard)"


def refuse(revision: Revision) -> None:
    """Refuse what Knative does not take of a revision.

    Raises:
        SpecError: There is something; the message says the way out.
    """
    host = f"latest-{revision.deployment}-predictor"
    refuse_long_name(revision.deployment, host, f"the host by which its newest revision is asked, {host},")
    refuse_long_name(revision.deployment, revision.id, f"its revision {revision.id}")
    if is_separate(revision):
        raise _separate(revision)
    if isinstance(revision.predictor, Image):
        _refuse_of_image(revision.predictor)


def refuse_percent(percent: int) -> None:
    """Refuse a share that is none: KServe takes any number, and Knative then leaves the traffic as it is.

    Raises:
        SpecError: It is not between 0 and 100.
    """
    if not 0 <= percent <= WHOLE:
        raise SpecError(
            f"a revision has 0 to {WHOLE} percent of the requests, not {percent}",
            field="canaryTrafficPercent",
            hint="write a share such as 10",
        )


def _separate(revision: Revision) -> SpecError:
    """Why a transformer has to be in the predictor's process."""
    if isinstance(revision.transformer, Image):
        field, inside = "spec.transformer.image", "write it as features or a class"
    elif isinstance(revision.predictor, Image):
        field, inside = "spec.predictor.image", "let the image do what the transformer does"
    else:
        field, inside = "spec.transformer.placement", "write placement: collocated"
    return SpecError(
        "in Knative mode a transformer of its own would ask stable's predictor and the canary's, whichever "
        "it belongs to: KServe splits the requests to each of the two by itself",
        field=field,
        hint=f"{inside}, or {_OTHER_MODE}",
    )


def _refuse_of_image(image: Image) -> None:
    if image.port in _PORTS:
        raise SpecError(
            f"in Knative mode port {image.port} is that of the proxy beside each replica",
            field="spec.predictor.port",
            hint=f"let the image listen on another one, such as 8080, or {_OTHER_MODE}",
        )
    taken = sorted(_VARIABLES & image.env.keys())
    if taken:
        raise SpecError(
            f"in Knative mode {taken[0]} is not to be set: Knative sets it",
            field=f"spec.predictor.env.{taken[0]}",
            hint="leave it out: PORT will be spec.predictor.port" if taken[0] == "PORT" else "leave it out",
        )
