"""How many replicas, and by what they become more and fewer, as KServe and Knative have it.

KServe turns the fields of an InferenceService into annotations of Knative's revisions. Knative's autoscaler
(KPA) keeps to those; or its HPA class makes a HorizontalPodAutoscaler of them, with one metric.
"""

import math
from collections.abc import Mapping

from platformctl.domain import quantity
from platformctl.domain.errors import SpecError
from platformctl.domain.revision import Scale

_DOMAIN = "autoscaling.knative.dev"
_CLASS, _METRIC, _TARGET = f"{_DOMAIN}/class", f"{_DOMAIN}/metric", f"{_DOMAIN}/target"
_LEAST, _MOST = f"{_DOMAIN}/min-scale", f"{_DOMAIN}/max-scale"
_HPA = f"hpa.{_DOMAIN}"

_MIB = 2**20
_LEAST_MEMORY = 100 * _MIB
"""Below it a percent of the memory is less than a MiB, and no percent is read back from those."""


def refuse(scale: Scale, memory: str) -> None:
    """Refuse what nothing in Knative mode scales by.

    Args:
        scale: Of a revision.
        memory: What a replica of it has.

    Raises:
        SpecError: There is something; the message says the way out.
    """
    if scale.prometheus is not None:
        raise SpecError(
            "in Knative mode nothing scales by a query: KEDA and Knative would both set the replicas",
            field="spec.scaling.prometheus",
            hint="write concurrency or rps, or take Standard mode (--mode standard)",
        )
    if scale.memory is None:
        return
    if scale.cpu is not None:
        raise SpecError(
            "in Knative mode a revision scales by one thing, and here are cpu and memory",
            field="spec.scaling.memory",
            hint="leave one of them out, or take Standard mode (--mode standard)",
        )
    if quantity.parse(memory) < _LEAST_MEMORY:
        raise SpecError(
            f"in Knative mode memory is held in whole MiB: {memory} is too little for {scale.memory} % of it",
            field="spec.scaling.memory",
            hint="write resources.memory: 100Mi or more, or scale by something else",
        )


def scaler(scale: Scale) -> Mapping[str, str]:
    """The annotation of an InferenceService that names what scales, where that is not Knative's own."""
    by_resources = scale.memory is not None or (scale.cpu is not None and not scale.by_default)
    return {_CLASS: _HPA} if by_resources else {}


def metric(scale: Scale) -> tuple[str, int] | None:
    """What KServe is told to scale by, and its target; None: nothing."""
    targets = {"cpu": scale.cpu, "concurrency": scale.concurrency, "rps": scale.rps}
    named = ((name, target) for name, target in targets.items() if target is not None)
    return None if scale.by_default else next(named, None)


def by_memory(scale: Scale, memory: str) -> Mapping[str, str]:
    """The annotations by which memory scales. KServe makes them of fields too, up to 100 MiB."""
    if scale.memory is None:
        return {}
    target = math.floor(quantity.parse(memory) * scale.memory / 100 / _MIB)
    return {_METRIC: "memory", _TARGET: str(target)}


def in_place(scale: Scale, said: Mapping[str, str]) -> Mapping[str, str | None]:
    """How the annotations of a Knative revision change where it is to scale otherwise; None: one that goes.

    Knative's revisions hand them on to what scales them. Who does that cannot be changed, and by what only
    where that is Knative's own autoscaler.

    Args:
        scale: What is wanted.
        said: The annotations as they are.
    """
    wanted: dict[str, str | None] = {_LEAST: str(scale.minimum), _MOST: str(scale.maximum)}
    if said.get(_CLASS) != _HPA and not scaler(scale):
        named, target = metric(scale) or (None, None)
        wanted |= {_METRIC: named, _TARGET: None if target is None else str(target)}
    return {key: value for key, value in wanted.items() if said.get(key) != value}


def told(annotations: Mapping[str, str], memory: str) -> Scale | None:
    """What a Knative revision is told to keep to; None if that is nothing that a spec could say.

    Args:
        annotations: Its own.
        memory: What a replica of it has.
    """
    try:
        bounds = {"minimum": int(annotations.get(_LEAST, "0")), "maximum": int(annotations[_MOST])}
        return Scale(**bounds, **_targets(annotations, memory))
    except (KeyError, ValueError):  # pydantic's is one
        return None


def _targets(annotations: Mapping[str, str], memory: str) -> dict[str, int]:
    """The targets of a `Scale`.

    Raises:
        ValueError: They are none of ours.
    """
    is_hpa, target = annotations.get(_CLASS) == _HPA, annotations.get(_TARGET)
    named = annotations.get(_METRIC, "cpu" if is_hpa else "concurrency")
    if target is None:
        return {}
    if named not in (("cpu", "memory") if is_hpa else ("concurrency", "rps")):
        raise ValueError(named)
    if named == "memory":
        return {named: math.ceil(int(target) * 100 * _MIB / quantity.parse(memory))}
    return {named: int(target)}
