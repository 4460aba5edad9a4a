"""Send predictions, and say who gave them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles

from platformctl.domain.errors import SpecError
from platformctl.domain.examples import v1_request
from platformctl.domain.names import Name
from platformctl.domain.traffic import Answer, Request
from platformctl.usecases.existing import existing
from platformctl.usecases.world import World

NOBODY = "nobody"
"""Who gave an answer that names no revision: the router itself, or a broken connection."""


@dataclass(frozen=True)
class Split:
    """Who answered many requests, and how.

    Args:
        requests: How many were sent.
        shares: Answers by revision.
        errors: 5xx, resets and timeouts by revision.
        rejected: 4xx by revision.
        latency: Seconds at the median, the 95th and the 99th percentile.
        seconds: How long all took.
    """

    requests: int
    shares: Mapping[str, int]
    errors: Mapping[str, int]
    rejected: Mapping[str, int]
    latency: tuple[float, float, float]
    seconds: float


def own_example(world: World, name: Name) -> bytes:
    """The input example of the model that is stable, as a V1 request.

    Raises:
        SpecError: It has none.
    """
    rollout = existing(world, name).rollout
    stable = rollout.stable
    if stable is None or stable.model.info.example is None:
        raise SpecError(
            f"the model of {name} has no input example to send",
            field="--input",
            hint="send an input of your own: --input FILE, or --input - for standard input",
        )
    return v1_request(world.registry.read(stable.model, stable.model.info.example))


def predict(world: World, name: Name, request: Request) -> Answer:
    """Send one request."""
    existing(world, name)
    return world.target.predict(name, request)


def predict_many(
    world: World,
    name: Name,
    requests: Sequence[Request],
    connections: int,
    progress: Callable[[int], None],
) -> Split:
    """Send all requests over so many connections; `progress` is told the number of answers."""
    existing(world, name)
    started = world.clock.now()
    answers: list[Answer] = []
    pool = ThreadPoolExecutor(connections)
    try:
        for answer in pool.map(lambda request: world.target.predict(name, request), requests):
            answers.append(answer)
            progress(len(answers))
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C must not wait for what has not been sent yet
    return split(answers, (world.clock.now() - started).total_seconds())


def split(answers: Sequence[Answer], seconds: float) -> Split:
    """Count answers by who gave them."""
    who = [answer.revision or NOBODY for answer in answers]
    return Split(
        requests=len(answers),
        shares=Counter(who),
        errors=Counter(w for w, answer in zip(who, answers, strict=True) if answer.is_error),
        rejected=Counter(
            w
            for w, answer in zip(who, answers, strict=True)
            if not answer.is_error and answer.status >= 400  # noqa: PLR2004 - the definition of a 4xx
        ),
        latency=_percentiles([answer.seconds for answer in answers]),
        seconds=seconds,
    )


def _percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    if len(seconds) == 1:
        return (seconds[0], seconds[0], seconds[0])
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
