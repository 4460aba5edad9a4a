"""Each of these pipelines has only types that are understood, and does not do what such types do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from platformctl_predictors.fused import NotFused, fuse
from tests.fused.pipelines import Fitted, quiet
from tests.fused.shop import fitted, usual

pytestmark = pytest.mark.quick


def outcome(model: Fitted) -> NotFused:
    found = quiet(fuse, model.pipeline, model.signature, model.rows[:3])
    assert isinstance(found, NotFused), found
    return found


def changed(own: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *arguments, **options: change(own(*arguments, **options))


def nudged(found: Any) -> Any:
    """One bit up, but only for large numbers."""
    return np.where(np.abs(found) > 3, np.nextafter(found, np.inf), found)


def test_a_transformer_that_nudges_a_bit() -> None:
    model = fitted(usual())
    whole = model.pipeline.named_steps["prepare"]
    whole.transform = changed(whole.transform, nudged)
    found = outcome(model)
    assert "the steps before the last: not equal on" in found.reason


def test_a_classifier_that_nudges_a_bit() -> None:
    model = fitted(usual())
    last = model.pipeline.named_steps["last"]
    calls = iter(range(10**6))
    last.predict_proba = changed(last.predict_proba, lambda found: found + next(calls) * 1e-15)
    assert "predict_proba: not equal on" in outcome(model).reason


def test_a_pipeline_that_refuses_what_its_steps_take() -> None:
    model = fitted(usual())
    own = model.pipeline.named_steps["prepare"].transform

    def refuse(data: Any) -> Any:
        if (data["spent"] == 0).any():
            raise ValueError("no customer of ours spends nothing")
        return own(data)

    model.pipeline.named_steps["prepare"].transform = refuse
    assert "no customer of ours" in outcome(model).reason


def test_a_pipeline_that_answers_otherwise_than_its_parts() -> None:
    model = fitted(
        Pipeline([("scale", MinMaxScaler()), ("last", LogisticRegression())]), columns=("age", "spent")
    )
    model.pipeline.predict = changed(model.pipeline.predict, lambda found: found[::-1])
    assert "predict: not equal on" in outcome(model).reason


def test_a_scaler_whose_own_transform_is_another_is_called_as_it_is() -> None:
    """The operation does not agree with the step, so the step itself runs, and all is equal again."""
    model = fitted(
        Pipeline([("scale", StandardScaler()), ("last", LogisticRegression())]), columns=("age", "spent")
    )
    scaler = model.pipeline.named_steps["scale"]
    scaler.transform = changed(scaler.transform, lambda found: found * 3)
    found = quiet(fuse, model.pipeline, model.signature, model.rows[:3])
    assert not isinstance(found, NotFused), found
