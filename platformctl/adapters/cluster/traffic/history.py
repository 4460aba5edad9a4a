"""What the servers' figures were, from a Prometheus that has scraped them: the same query, over a range."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.adapters.cluster.traffic.prometheus import NO_FIGURES, figures, query
from platformctl.adapters.prometheus.client import ask, bare
from platformctl.domain.durations import shown
from platformctl.domain.errors import Refused, SpecError, Unreachable
from platformctl.domain.names import RevisionId
from platformctl.domain.readings import Moment, Period

MOST = 11_000
"""Points of one series that Prometheus gives at most."""

_SECONDS = 60.0
_ANY = ".*"


class PrometheusHistory:
    """The past of revisions, from one Prometheus.

    Args:
        url: Its address, without `/api`; None: there is none.
        namespace: That of the pods, figures without such a label count too; None: any.
    """

    def __init__(self, url: str | None, namespace: str | None) -> None:
        self._url = url
        self._namespace = namespace or _ANY

    def read(self, revisions: Sequence[RevisionId], period: Period, step: timedelta) -> Sequence[Moment]:
        """Read the figures of the given revisions in a period, oldest first.

        Raises:
            SpecError: So small a step gives more points than Prometheus does.
            Refused: There is nobody to ask, or it refuses the query.
            Unreachable: It does not answer, or not with figures.
        """
        if self._url is None:
            raise Refused(
                "there is no Prometheus to ask",
                field="--replay",
                hint='prometheus = "http://…" in platformctl.toml, or --replay http://…',
            )
        over = _over(period, step)
        try:
            data = ask(self._url, query(revisions, self._namespace), _SECONDS, over)
            return _moments(data, revisions)
        except Unreachable as error:
            raise _unreachable(self._url, error.message) from error
        except (*NO_FIGURES, OSError) as error:  # a time that no clock has
            raise _unreachable(self._url, f"{type(error).__name__}: {error}") from error


def _over(period: Period, step: timedelta) -> Mapping[str, float]:
    span = period.until - period.since
    if span / step > MOST - 1:
        least = timedelta(seconds=-(-span.total_seconds() // (MOST - 1)))
        raise SpecError(
            f"every {shown(step)} gives more points than the {MOST:,} that Prometheus does",
            field="--step",
            hint=f"{shown(least)} at least, or a shorter time: --since, --until",
        )
    return {
        "start": period.since.timestamp(),
        "end": period.until.timestamp(),
        "step": step.total_seconds(),
    }


def _unreachable(url: str, why: str) -> Unreachable:
    return Unreachable(
        f"the Prometheus at {bare(url)} gives no figures: {why}",
        field="--replay",
        hint="is that its address? else: prometheus in platformctl.toml",
    )


def _moments(data: Any, revisions: Sequence[RevisionId]) -> Sequence[Moment]:  # any JSON
    """Read the answer to the query over a range, each moment as an answer of its own.

    A revision of which no server was told of is not in its moment.
    """
    answers: dict[float, list[Mapping[str, Any]]] = defaultdict(list)
    for one in data["result"]:
        for at, value in one["values"]:
            answers[float(at)].append({"metric": one["metric"], "value": (at, value)})
    found = [(at, figures({"result": result}, revisions)) for at, result in sorted(answers.items())]
    return [
        Moment(datetime.fromtimestamp(at, UTC), {who: counts for who, counts in each.items() if counts.parts})
        for at, each in found
    ]
