"""What can go wrong with a revision in Knative mode, and how to bring it about on a real cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platformctl.domain.manifests import labels
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus
from tests.cluster_status.scenarios import FAILED, HOPE, SCENARIOS, Json, Scenario

_AGAIN = {one.name: one for one in SCENARIOS}


@dataclass(frozen=True)
class InKnative:
    """Something that goes wrong in Knative mode, or is as it should be.

    Args:
        scenario: What: its container, what it needs, and what is said of it.
        annotations: Of the template.
        least: The replicas that it is to keep.
        asleep: Whether it is to sleep in the end, which is nothing that goes wrong.
    """

    scenario: Scenario
    annotations: Mapping[str, str] = field(default_factory=dict)
    least: int = 1
    asleep: bool = False

    @property
    def name(self) -> str:
        """Of the deployment."""
        return self.scenario.name

    @property
    def revision(self) -> RevisionId:
        """Its only revision."""
        return self.scenario.revision

    def service(self) -> Json:
        """The InferenceService."""
        standard = self.scenario.service()
        predictor = standard["spec"]["predictor"]
        (container,) = predictor["containers"]
        container = {"ports": [{"containerPort": 8080}], **container}
        return {
            **standard,
            "metadata": {
                "name": self.name,
                "labels": labels(Name(self.name)),
                "annotations": {"serving.kserve.io/deploymentMode": "Knative"},
            },
            "spec": {
                "predictor": {
                    **predictor,
                    "labels": labels(Name(self.name), self.revision),
                    "annotations": dict(self.annotations),
                    "minReplicas": self.least,
                    "containers": [container],
                    "canaryTrafficPercent": 100,
                }
            },
        }

    def is_told_of(self, found: RevisionStatus) -> bool:
        """Whether it is as it is to be in the end."""
        told = (found.failure or "") if self.scenario.hopeless else found.detail
        return self.scenario.words in told and found.asleep == self.asleep and not found.ready


def _again(name: str, **other: Any) -> InKnative:
    """The same as in Standard mode, told in the same words."""
    return InKnative(_AGAIN[name], **other)


def _short_lived(code: str) -> Json:
    return {"command": ["python3", "-c", code]}


_IN_TIME = {"serving.knative.dev/progress-deadline": "15s"}

KNATIVE: Sequence[InKnative] = [
    InKnative(
        Scenario(
            "no-digest",
            "Knative's controller cannot ask the registry",
            HOPE,
            {"image": "registry.invalid/churn:1"},
        )
    ),
    InKnative(
        Scenario(
            "no-image",
            "the registry of docker.io/platformctl/nowhere:1",
            HOPE,
            {"image": "docker.io/platformctl/nowhere:1"},
        )
    ),
    InKnative(
        Scenario(
            "refused",
            "webhook validation.webhook.serving.knative.dev refuses it",
            FAILED,
            {"env": [{"name": "PORT", "value": "1"}]},
        )
    ),
    InKnative(
        Scenario(
            "given-up",
            "Knative has given it up: its container ended",
            FAILED,
            _short_lived("raise ValueError('no')"),
        ),
        annotations=_IN_TIME,
    ),
    InKnative(
        Scenario(
            "too-slow",
            "Knative has given it up: it was not ready for 15 s",
            FAILED,
            _short_lived("import time; time.sleep(1000)"),
        ),
        annotations=_IN_TIME,
    ),
    InKnative(Scenario("sleeps", "", HOPE), least=0, asleep=True),
    *map(
        _again,
        (
            *("no-secret", "no-cpu", "no-gpu", "out-of-memory", "crashes", "not-ready", "is-corrupt"),
            *("no-program", "is-root", "no-bucket", "no-model", "wrong-key", "quota", "limit-range"),
            "pod-security",
        ),
    ),
]
