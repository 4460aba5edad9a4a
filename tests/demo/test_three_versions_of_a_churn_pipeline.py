import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from platformctl.demo import churn

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def versions() -> list[Pipeline]:
    return [churn.fit(recipe) for recipe in churn.RECIPES]


def refusal(pipeline: Pipeline, row: pd.DataFrame) -> str | None:
    """What a version raises on one customer."""
    try:
        pipeline.predict(row)
    except ValueError as error:
        return str(error)
    return None


def test_each_has_20_numeric_and_4_categorical_columns_before_a_logistic_regression(
    versions: list[Pipeline],
) -> None:
    for pipeline in versions:
        (_, _, numeric), (_, _, categorical) = pipeline.named_steps["columns"].transformers_
        assert (len(numeric), len(categorical)) == (20, 4)
        assert isinstance(pipeline.named_steps["classifier"], LogisticRegression)
    assert list(churn.history(1).columns) == [*numeric, *categorical, "churned"]


def test_version_2_is_better_than_version_1_and_version_3_looks_as_good(versions: list[Pipeline]) -> None:
    first, second, third = (churn.auc(pipeline) for pipeline in versions)
    assert second > first + 0.02
    assert third == pytest.approx(second, abs=0.002)


def test_version_3_raises_on_the_new_plan_and_on_nothing_else(versions: list[Pipeline]) -> None:
    customers = churn.today(100)
    rows = [customers.iloc[[number]] for number in range(len(customers))]
    raised = {number: text for number, row in enumerate(rows) if (text := refusal(versions[2], row))}
    assert list(raised) == [19, 39, 59, 79, 99]
    assert list(customers["plan"].iloc[list(raised)]) == ["flex"] * 5
    assert set(raised.values()) == {"Found unknown categories ['flex'] in column 0 during transform"}


def test_versions_1_and_2_answer_every_customer_of_today(versions: list[Pipeline]) -> None:
    for pipeline in versions[:2]:
        assert set(pipeline.predict(churn.today(500))) == {0, 1}


def test_nobody_of_the_history_has_the_new_plan() -> None:
    assert set(churn.history(5000)["plan"]) == {"basic", "plus", "family", "business"}


def test_every_machine_sees_the_same_figures(versions: list[Pipeline]) -> None:
    again = churn.fit(churn.RECIPES[1])
    customers = churn.today(500)
    np.testing.assert_array_equal(versions[1].predict_proba(customers), again.predict_proba(customers))
    assert churn.history(5000)["churned"].sum() == 1573
