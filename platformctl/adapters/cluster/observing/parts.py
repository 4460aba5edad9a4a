"""What revisions of both modes have in common: pods that are there or not, and why. Pure.

Ready is what pods say: all containers of one answer, Knative's queue-proxy too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes import pods
from platformctl.adapters.cluster.observing.causes.cause import Cause
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Serving

_SHOWN = 3
_RECENT = 300.0


@dataclass(frozen=True)
class Told:
    """What the servers say of themselves.

    Args:
        serving: What serves; None: nobody was ready, or it does not say.
        lacks: What they do not have.
    """

    serving: Serving | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """Pods that are alike.

    Args:
        wanted: Those that should be there now.
        pods: Those that are there and not being deleted.
        ended: Those that are over, as after an eviction.
    """

    wanted: int
    pods: tuple[Manifest, ...]
    ended: tuple[Manifest, ...] = ()

    @property
    def ready(self) -> int:
        """Pods that answer."""
        return sum(pods.is_ready(pod) for pod in self.pods)

    @property
    def unready(self) -> tuple[Manifest, ...]:
        """The others."""
        return tuple(pod for pod in self.pods if not pods.is_ready(pod))


def told_apart(found: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    """Of pods those that are there and those that are over; what is being deleted is neither."""
    staying = [pod for pod in found if not objects.is_leaving(pod)]
    over = [pod for pod in staying if pods.has_ended(pod)]
    return tuple(pod for pod in staying if not pods.has_ended(pod)), tuple(over)


def of_pods(part: Part, evidence: Mapping[str, Evidence], now: datetime) -> list[Cause]:
    """Why those of its pods that are there are not ready."""
    nothing = Evidence()
    unready = sorted(part.unready, key=objects.name)
    return [pods.cause(pod, evidence.get(objects.uid(pod), nothing), now) for pod in unready]


def of_ends(part: Part, now: datetime) -> list[Cause]:
    """Why pods of it have ended, as long as that matters."""
    return [pods.end(pod) for pod in part.ended if objects.seconds(_changed(pod), now) < _RECENT]


def worst_first(causes: Iterable[Cause]) -> list[Cause]:
    """Those without hope, then what went wrong, then what only takes its time."""
    return sorted(causes, key=lambda cause: (not cause.hopeless, not cause.trouble))


def given_up(causes: Iterable[Cause], limit: str) -> list[Cause]:
    """The same, hopeless where something is wrong for longer than it is waited for.

    Args:
        causes: Why it is not ready.
        limit: For how long one waits, in words.
    """
    return [
        Cause(f"it made no progress {limit}: {one.text}", one.hint, hopeless=True)
        if one.trouble and not one.hopeless
        else one
        for one in causes
    ]


def failure(causes: Iterable[Cause], ready: int) -> str | None:
    """Why it will not get ready by itself; None while there is hope, or one of it answers."""
    hopeless = next((cause for cause in causes if cause.hopeless), None) if not ready else None
    return str(hopeless) if hopeless else None


def detail(causes: Sequence[Cause]) -> str:
    """The causes in words, each once, with how many pods have it. What only takes time waits for the rest."""
    troubles = [cause for cause in causes if cause.trouble]
    texts = [str(cause) for cause in troubles or causes]
    each = list(dict.fromkeys(texts))
    shown = [f"{texts.count(text)} pods: {text}" if texts.count(text) > 1 else text for text in each]
    return "; ".join(shown[:_SHOWN]) + ("; …" if shown[_SHOWN:] else "")


def since(found: Sequence[Part]) -> datetime | None:
    """When it began to be as it is: the last change of those pods that are not ready, else of all."""
    unready = [pod for part in found for pod in part.unready]
    concerned = unready or [pod for part in found for pod in part.pods]
    changes = [_changed(pod) for pod in concerned]
    return max((change for change in changes if change), default=None)


def restarts(found: Sequence[Part]) -> int:
    """How often containers of its pods have died and come back."""
    return sum(pods.restarts(pod) for part in found for pod in part.pods)


def _changed(pod: Manifest) -> datetime | None:
    return objects.moment(objects.condition(pod, "Ready"), "lastTransitionTime") or objects.created(pod)
