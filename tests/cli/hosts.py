"""The command line over a world of fakes: what it is given, and what it said."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import Stack
from platformctl.domain.configuration import ConfigFile, Context
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.exports import Judging, Verdict
from platformctl.domain.images import Recipe
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Gauge
from platformctl.domain.revision import ModelInfo, ModelVersion
from platformctl.domain.settings import Flags, Settings, settle
from platformctl.ports import Reporter
from platformctl.usecases.export import Bench
from platformctl.usecases.image import Workshop
from platformctl.usecases.world import World
from tests.fakes import (
    Behaviour,
    FakeClock,
    FakeCounters,
    FakeLease,
    FakeMetrics,
    FakeRegistry,
    FakeTarget,
    FakeVersion,
    FakeWorld,
    columns,
    mlmodel,
)

HOME = Path("/home/ann")
OF_A_CLUSTER = {
    "host": "churn-models.example.com",
    "inside": "http://envoy.gateways.svc",
    "accepted": True,
}
"""What a cluster says of a deployment beside what every target says."""

SCALED = {
    "created": datetime(2025, 12, 31, 21, tzinfo=UTC),
    "bounds": (1, 3),
    "gauges": (Gauge("cpu", "80 %", "45 %"),),
    "lacks": ("no metrics: its requests are not counted",),
    "address": "http://churn-v1-f03c1f-predictor.models.svc",
}
"""What it says of a revision that scales by itself, and is a person's own image."""

EXAMPLE = b'{"dataframe_split": {"columns": ["age", "plan"], "data": [[41, "basic"], [29, "flex"]]}}'
MLMODEL = mlmodel(inputs=columns(age="long", plan="string"), outputs=columns(churns="long"))
V1, V2, V3 = (RevisionId(text) for text in ("churn-v1-f03c1f", "churn-v2-cbef85", "churn-v3-fd76e0"))


def version() -> FakeVersion:
    """A version as mlflow logs one, with an input example."""
    info = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True, example="example.json")
    return FakeVersion(files={"MLmodel": MLMODEL, "example.json": EXAMPLE}, info=info)


def registry() -> FakeRegistry:
    """Three versions of churn, the first one called champion."""
    models = FakeRegistry()
    models.register("churn", version(), version(), version())
    models.register("Churn Model", version())
    models.aliases["churn", "champion"] = "1"
    models.aliases["churn", "challenger"] = "2"
    return models


def equal() -> Verdict:
    """What the gate finds of a good export."""
    bounds = {"flips": 0, "tolerance": 1e-5, "share": 0.999, "limit": 0.05}
    report = {"verdict": "passed", "bounds": bounds, "worst": []}
    return Verdict(
        passed=True,
        reason="the export is equal on 10171 rows, within the bounds",
        precision="double",
        rows=10171,
        flips=0,
        within=10171,
        largest=4.4e-16,
        report=report,
    )


@dataclass
class FakeImages:
    """Images in memory: the recipe of each, by name."""

    name: str = "docker"
    made: dict[str, Recipe] = field(default_factory=dict)
    pushed: list[str] = field(default_factory=list)

    def recipe(self, reference: str) -> str | None:
        """As it was built."""
        return self.made[reference].digest if reference in self.made else None

    def build(self, reference: str, recipe: Recipe) -> None:
        """Note it."""
        self.made[reference] = recipe

    def push(self, reference: str) -> None:
        """Note it."""
        self.pushed.append(reference)


@dataclass
class FakeExporter:
    """Exports in memory, and versions of them: what was asked for, and what the gate finds."""

    verdict: Verdict = field(default_factory=equal)
    asked: list[tuple[str, Path | None, Judging]] = field(default_factory=list)
    registered: list[tuple[str, Path, Mapping[str, str]]] = field(default_factory=list)

    @contextmanager
    def export(
        self, version: ModelVersion, out: Path | None, judging: Judging
    ) -> Iterator[tuple[Verdict, Path]]:
        """Note it."""
        self.asked.append((version.label, out, judging))
        yield self.verdict, out or Path("/tmp/made")  # noqa: S108 - a name; nothing is there

    def register(self, source: ModelVersion, folder: Path, tags: Mapping[str, str]) -> str:
        """Note it; versions are counted on."""
        self.registered.append((source.model, folder, tags))
        return "4"


@dataclass
class FakeHost:
    """Everything that a command line asks for, in memory; the settings are settled as always.

    Args:
        specs: The folder of specs that the context names.
        checks: How the cluster is, or why that cannot be told.
        took_over: Whether each world that was made takes over fields of others.
    """

    fakes: FakeWorld = field(default_factory=FakeWorld)
    registry: FakeRegistry = field(default_factory=registry)
    images: FakeImages = field(default_factory=FakeImages)
    exporter: FakeExporter = field(default_factory=FakeExporter)
    specs: Path | None = None
    checks: Sequence[Check] | PlatformctlError = ()
    took_over: list[bool] = field(default_factory=list)

    def settings(self, flags: Flags) -> Settings:
        """As for a person called ann, whose configuration has one context."""
        context = Context(specs=self.specs)
        file = ConfigFile(HOME / "platformctl.toml", "here", {"here": context}) if self.specs else None
        return settle(flags, {"HOME": str(HOME)}, file, cwd=HOME)

    def world(
        self, settings: Settings, reporter: Reporter, timeout: timedelta, *, takes_over: bool = False
    ) -> World:
        """The fakes, whatever the target."""
        del settings
        self.took_over.append(takes_over)
        return World(
            target=FakeTarget(self.fakes),
            registry=self.registry,
            lease=FakeLease(self.fakes),
            counters=FakeCounters(self.fakes),
            metrics=FakeMetrics(self.fakes),
            reporter=reporter,
            clock=FakeClock(self.fakes),
            fingerprint=lambda folder: f"digest of {folder}",
            holder="ann's platformctl",
            timeout=timeout,
        )

    def where(self, settings: Settings) -> str:
        """As kubeconfig would say."""
        return f"kube context {settings.kube_context.value or 'kind'}, namespace {settings.namespace.value}"

    def cluster(self, settings: Settings) -> Sequence[Check]:
        """As it was said."""
        del settings
        if isinstance(self.checks, PlatformctlError):
            raise self.checks
        return self.checks

    def stack(self, settings: Settings) -> Stack:
        """A real one; nobody has started it."""
        return Stack(Home.at(settings.home.value))

    def workshop(self, settings: Settings, reporter: Reporter) -> Workshop:
        """The fake registry; servers of a known digest."""
        del settings
        return Workshop(self.registry, reporter, source="5e12", version="0.1.0")

    def bench(self, settings: Settings, reporter: Reporter) -> Bench:
        """The fake registry; exports in memory."""
        del settings
        return Bench(self.registry, self.exporter, self.exporter, reporter)

    def image_tool(self, name: str | None) -> FakeImages:
        """The fake, by whatever name."""
        self.images.name = name or self.images.name
        return self.images

    def behaves(self, revision: RevisionId, behaviour: Behaviour) -> None:
        """Say how a revision fares from now on."""
        self.fakes.behaviours[revision] = behaviour


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str
