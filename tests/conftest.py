"""Each test belongs to a tier, and what a run leaves out is named at its end."""

import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared: that an example was slow says nothing. In CI the examples are the same each time.
settings.register_profile(
    "shared",
    settings.get_profile("ci" if os.environ.get("CI") else "default"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")

# A shell ignores Ctrl-C in what it runs in the background, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TIERS = ("quick", "full")
LEFT_OUT_FILE = "LEFT_OUT_FILE"
"""The variable that names a file to which what was left out is appended, for whoever runs several tiers."""

_ON_CLUSTER = {"cluster", "kubeconfig", "node"}
"""Fixtures of tests/cluster."""

_TOGETHER = ("tests/cluster_gpus/", "tests/cluster_images/", "tests/contract/")

_CLUSTER_SECONDS = 900
"""The first test has the cluster brought up, and all share two cores."""

_OUTPUT = "left_out"
_deselected = pytest.StashKey[Counter[str]]()


def _tiers(item: pytest.Item) -> list[str]:
    return [tier for tier in TIERS if item.get_closest_marker(tier)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # pytest-xdist has no types
    """With `--dist loadgroup`: each test wherever there is time, but those of some folders in one process.

    They hold the node's processors, or its GPUs, for as long as they have tests to run.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFolder(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)

    return ByFolder(config, log)


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects what has no tier
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Refuse a test that would run in no tier, or in both; mark those that share the test cluster."""
    config.stash[_deselected] = Counter()
    for item in items:
        if "full" in _tiers(item) and _ON_CLUSTER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")
        if item.get_closest_marker("cluster") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_CLUSTER_SECONDS))
    wrong = sorted({item.nodeid.partition("[")[0] for item in items if len(_tiers(item)) != 1})
    if wrong:
        listed = "\n  ".join(wrong)
        raise pytest.UsageError(f"not in exactly one of the tiers {', '.join(TIERS)}:\n  {listed}")


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count what the choice of a tier leaves out."""
    for item in items:
        item.config.stash[_deselected].update(_tiers(item))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what one process of several (pytest-xdist) has counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        counted: Counter[str] = session.config.stash.get(_deselected, Counter())
        output[_OUTPUT] = dict(counted)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # pytest-xdist has no type for it
    """Take over what that process has counted. Each has collected everything: one tells of all."""
    node.config.stash[_deselected] = Counter(node.workeroutput.get(_OUTPUT, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what this run left out."""
    skipped = [_named(report) for report in terminalreporter.stats.get("skipped", [])]
    tiers = terminalreporter.config.stash.get(_deselected, Counter())
    others = [f"{count} tests of the tier {tier}: pytest -m {tier}" for tier, count in sorted(tiers.items())]
    terminalreporter.section("left out")
    for line in [*skipped, *others] or ["nothing"]:
        terminalreporter.write_line(line)
    if skipped and os.environ.get(LEFT_OUT_FILE):
        with Path(os.environ[LEFT_OUT_FILE]).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in skipped)


def _named(report: pytest.TestReport) -> str:
    """Which test, and why this machine cannot run it."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return f"{report.nodeid}: {reason.removeprefix('Skipped: ')}"
