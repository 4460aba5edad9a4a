"""What /metrics says about inference requests; docs/server-contract.md lists it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from platformctl_predictors.serving.failures import Failure, Refused, invalid_reason
from platformctl_predictors.serving.metrics.histograms import ROWS, SECONDS, Histogram
from platformctl_predictors.serving.metrics.scores import Scores


class Recorder(Collector):
    """Counts and times the inference requests of one model; a collector of prometheus_client.

    Only the event loop's thread calls it, so plain numbers do.

    Args:
        model: Its name, a label.
        revision: The revision, a label.
    """

    def __init__(self, model: str, revision: str) -> None:
        self._labels = {"model": model, "revision": revision}
        self.info: dict[str, str] | None = None
        self.in_flight = 0
        self.scores = Scores()
        self.reset()

    def reset(self) -> None:
        """Forget what was counted: warm-up is nobody's request."""
        self.requests: Counter[tuple[str, ...]] = Counter()
        self.seconds: dict[str, Histogram] = {}
        self.invalid: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.extra_columns = 0
        self.scores.reset()
        self._waits = Histogram(SECONDS)
        self._batches = Histogram(ROWS)

    def answered(self, protocol: str, code: str, seconds: float) -> None:
        """One request answered, after so many seconds."""
        self.requests[protocol, code] += 1
        if protocol not in self.seconds:
            self.seconds[protocol] = Histogram(SECONDS)
        self.seconds[protocol].observe(seconds)

    def failed(self, error: Exception, told: Failure) -> None:
        """One request that got no answer because of itself, or of how busy the server is."""
        if isinstance(error, Refused):
            if error.reason:
                self.refused[error.reason] += 1
        elif told.status == HTTPStatus.BAD_REQUEST:
            self.invalid[invalid_reason(error)] += 1

    def called(self, rows: int, waits: Sequence[float]) -> None:
        """One call of the model for so many rows, of requests that waited so many seconds."""
        self._batches.observe(rows)
        for wait in waits:
            self._waits.observe(wait)
        self.scores.gathered(rows)

    def describe(self) -> Iterator[Metric]:
        """Nothing: the registry need not ask at registration."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """All metrics of this model."""
        self.scores.look()
        yield self._counter("requests", "Inference requests answered.", ("protocol", "code"), self.requests)
        yield self._histograms(
            "request_seconds",
            "Time from an inference request's arrival to the end of its answer.",
            ("protocol",),
            {(protocol,): histogram for protocol, histogram in self.seconds.items()},
        )
        yield self._gauge("in_flight", "Inference requests that are being answered.", {}, self.in_flight)
        yield self._histograms(
            "queue_seconds", "Time that a request waited for the model.", (), {(): self._waits}
        )
        yield self._histograms("batch_rows", "Rows in a call of the model.", (), {(): self._batches})
        yield self._counter("invalid", "Requests that do not fit.", ("reason",), _one(self.invalid))
        yield self._counter("refused", "Requests not computed.", ("reason",), _one(self.refused))
        yield self._counter(
            "extra_columns", "Columns sent and not known.", (), Counter({(): self.extra_columns})
        )
        yield from self._model()

    def _model(self) -> Iterator[Metric]:
        for label, histogram in self.scores.histograms.items():
            names = () if label is None else ("class",)
            values = () if label is None else (label,)
            yield self._histograms("score", "What the model gives out.", names, {values: histogram})
        if self.scores.predicted:
            predicted = _one(self.scores.predicted)
            yield self._counter("predicted", "Labels given out.", ("class",), predicted)
        if self.info is not None:
            yield self._gauge("model_info", "What serves.", self.info, 1)

    def _counter(
        self, name: str, text: str, labels: Sequence[str], values: Counter[tuple[str, ...]]
    ) -> Metric:
        family = CounterMetricFamily(f"platformctl_{name}", text, labels=[*self._labels, *labels])
        for key, value in values.items():
            family.add_metric([*self._labels.values(), *key], value)
        return family

    def _gauge(self, name: str, text: str, labels: dict[str, str], value: float) -> Metric:
        family = GaugeMetricFamily(f"platformctl_{name}", text, labels=[*self._labels, *labels])
        family.add_metric([*self._labels.values(), *labels.values()], value)
        return family

    def _histograms(
        self, name: str, text: str, labels: Sequence[str], values: dict[tuple[str, ...], Histogram]
    ) -> Metric:
        family = HistogramMetricFamily(f"platformctl_{name}", text, labels=[*self._labels, *labels])
        for key, histogram in values.items():
            family.add_metric(
                [*self._labels.values(), *key], buckets=histogram.cumulative(), sum_value=histogram.total
            )
        return family


def _one(counter: Counter[str]) -> Counter[tuple[str, ...]]:
    return Counter({(key,): value for key, value in counter.items()})
