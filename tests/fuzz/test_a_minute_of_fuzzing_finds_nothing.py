from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fuzz.__main__ import summary
from tests.fuzz.running import fuzz
from tests.fuzz.subjects import PLANS, Subject, make_models, running

pytestmark = pytest.mark.full

SEED = 20_251_121
"""`python -m tests.fuzz` draws another one each time."""


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Subject]]:
    models = tmp_path_factory.mktemp("fuzzed")
    make_models(models)
    with ExitStack() as stack:
        yield [stack.enter_context(running(name, plan, models)) for name, plan in PLANS.items()]


def test_no_500_no_hang_no_leak(subjects: list[Subject]) -> None:
    report = fuzz(subjects, 60, SEED)
    assert report.clean, summary(report)
    asked = {(subject, attack.split()[0]) for subject, attack, _ in report.answers}
    assert asked == {(name, protocol) for name in PLANS for protocol in ("v1", "v2", "grpc")}
    fine = {subject for subject, _, status in report.answers if status == "200"}
    assert fine == set(PLANS)
