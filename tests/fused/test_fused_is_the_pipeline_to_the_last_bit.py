from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.fused.pipelines import Fitted, asked, assert_fused_is_the_pipeline, fused, pipelines

SEEDS = st.integers(0, 2**32 - 1)
BATCHES = ((1, 0.0), (1, 0.3), (2, 0.1), (7, 0.02), (40, 0.02), (40, 0.0))
"""Rows, and the share of odd values."""


def compare(fitted: Fitted | None, seed: int) -> None:
    assume(fitted is not None)
    assert fitted is not None
    fast = fused(fitted, fitted.rows[:4])
    dice = np.random.default_rng(seed)
    for count, odd in BATCHES:
        assert_fused_is_the_pipeline(fitted, fast, asked(fitted, dice, count, odd))


@pytest.mark.quick
@given(pipelines(), SEEDS)
@settings(max_examples=25, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
def test_pipelines_of_standard_steps_are_fused_and_equal_on_any_rows(fitted: Any, seed: int) -> None:
    compare(fitted, seed)


@pytest.mark.full
@pytest.mark.timeout(1800)
@given(pipelines(), SEEDS)
@settings(max_examples=500, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
def test_many_pipelines_of_standard_steps_are_fused_and_equal_on_any_rows(fitted: Any, seed: int) -> None:
    compare(fitted, seed)
