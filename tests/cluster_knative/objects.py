"""Objects of a deployment in Knative mode, as a cluster has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from platformctl.adapters.cluster.knative.seen import MADE, Seen
from platformctl.domain import manifests
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision
from tests.fakes.values import revision

CHURN = Name("churn")
V1, V2, V3 = (revision(version) for version in (1, 2, 3))


def knative_revision(of: Revision, number: int, made: int | None = None) -> dict[str, Any]:
    """Knative's revision of that number; `made` is the number too, as a rule."""
    labels = manifests.labels(CHURN, of.id)
    return {
        "metadata": {
            "name": f"churn-predictor-{number:05}",
            "labels": {**labels, "serving.knative.dev/configurationGeneration": str(number)},
            "annotations": {MADE: str(made or number)},
        }
    }


def seen(  # noqa: PLR0913 - what there is to see
    template: Revision,
    *revisions: Mapping[str, Any],
    percent: int | None = 100,
    rolled_out: int = 0,
    previous: int = 0,
    ready: int = 0,
    traffic: Sequence[tuple[int, int]] = (),
    handed_on: int | None = None,
    routed: str = "True",
    editors: Mapping[str, Mapping[str, Any]] | None = None,
) -> Seen:
    """A deployment whose template was made as often as its newest revision.

    Args:
        template: What the template is of.
        revisions: Knative's, newest first.
        percent: The percentage; None: it says none.
        rolled_out: The number of the one that was rolled out; 0: none.
        previous: Of the one before.
        ready: Of the newest one that is ready.
        traffic: Who gets how many percent now.
        handed_on: The percentage that Knative was given; None: the same.
        routed: Whether the ingress serves it.
        editors: Fields of the predictor that somebody else has set, by who.
    """
    made = revisions[0]["metadata"]["annotations"][MADE] if revisions else "1"
    predictor: dict[str, Any] = {
        "labels": manifests.labels(CHURN, template.id),
        "annotations": {MADE: made},
    }
    if percent is not None:
        predictor["canaryTrafficPercent"] = percent
    status = {"latestRolledoutRevision": _name(rolled_out), "previousRolledoutRevision": _name(previous)}
    service = {
        "metadata": {
            "name": CHURN,
            "managedFields": [_fields(who, set_) for who, set_ in (editors or {}).items()],
        },
        "spec": {"predictor": predictor},
        "status": {"components": {"predictor": status}},
    }
    newest = revisions[0]["metadata"]["name"] if revisions else ""
    given = (100 if percent is None else percent) if handed_on is None else handed_on
    knative = {
        "metadata": {"generation": 3},
        "spec": {"traffic": [{"latestRevision": True, "percent": given, "tag": "latest"}]},
        "status": {
            "observedGeneration": 3,
            "url": "http://churn-predictor.ml.example.com",
            "latestReadyRevisionName": _name(ready),
            "latestCreatedRevisionName": newest,
            "traffic": [
                {
                    "revisionName": _name(number),
                    "percent": share,
                    "url": f"http://{tag}-churn-predictor.ml.example.com",
                }
                for tag, (number, share) in zip(("latest", "prev"), traffic, strict=False)
            ],
            "conditions": [{"type": "RoutesReady", "status": routed, "reason": "IngressNotConfigured"}],
        },
    }
    return Seen(service, knative, revisions)


def _name(number: int) -> str:
    return f"churn-predictor-{number:05}" if number else ""


def _fields(who: str, predictor: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "manager": who,
        "time": "2026-01-01T00:00:00Z",
        "fieldsV1": {"f:spec": {"f:predictor": predictor}},
    }
