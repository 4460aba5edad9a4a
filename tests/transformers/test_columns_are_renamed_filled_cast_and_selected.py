from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve.errors import InvalidInput

from platformctl_transformers import Expected
from platformctl_transformers.casts import CASTS, Refused
from tests.transformers.columns import rows, transformer

pytestmark = pytest.mark.quick

FULL: dict[str, Any] = {
    "rename": {"AGE": "age", "tarif": "plan"},
    "default": {"plan": "basic", "income": 0},
    "cast": {"age": "long", "income": "double"},
}


def test_a_row_becomes_what_the_predictor_takes() -> None:
    row = {"tarif": "plus", "AGE": "41", "income": 2, "unknown": 1}
    assert rows(transformer(**FULL), row) == [{"age": 41, "income": 2.0, "plan": "plus"}]


def test_a_default_stands_for_what_is_absent_and_for_null_and_is_cast_too() -> None:
    model = transformer(**FULL)
    wanted = {"age": 41, "income": 0.0, "plan": "basic"}
    made = rows(model, {"AGE": 41}, {"AGE": 41.0, "income": None, "tarif": None})
    assert made == [wanted, wanted]
    assert [type(row["income"]) for row in made] == [float, float]


def test_an_optional_column_stays_away_or_comes_along() -> None:
    model = transformer(rename={"remark": "note"})
    row = {"age": 1, "income": 1.0, "plan": "a"}
    assert rows(model, row, {**row, "remark": "b"}, {**row, "remark": None}) == [
        row,
        {**row, "note": "b"},
        {**row, "note": None},
    ]


def test_null_goes_on_where_there_is_no_default() -> None:
    row = {"age": None, "income": None, "plan": None}
    assert rows(transformer(cast={"age": "long"}), row) == [row]


def test_names_can_be_swapped() -> None:
    model = transformer([Expected("a", "long"), Expected("b", "long")], rename={"a": "b", "b": "a"})
    assert rows(model, {"a": 1, "b": 2}) == [{"a": 2, "b": 1}]


def test_a_column_can_be_a_default_and_nothing_else() -> None:
    model = transformer([Expected("a", "long"), Expected("b", "long")], rename={"a": "b"}, default={"a": 7})
    assert rows(model, {"a": 1}) == [{"a": 7, "b": 1}]
    assert [column.name for column in model.expected or ()] == ["a"]


def test_select_gives_columns_without_names_their_order() -> None:
    model = transformer([Expected(None, "double")] * 2, select=["x", "y"], default={"y": 0.5})
    assert rows(model, {"y": 2.0, "x": 1.0}, {"x": 1.0}) == [[1.0, 2.0], [1.0, 0.5]]


def test_a_predictor_that_does_not_say_what_it_takes_gets_all_of_it() -> None:
    model = transformer(None, rename={"A": "a"}, cast={"a": "long"}, default={"b": 1})
    assert rows(model, {"A": "3", "c": [1]}) == [{"a": 3, "c": [1], "b": 1}]
    with pytest.raises(InvalidInput, match='row 0: two columns become "a"'):
        rows(model, {"A": "3", "a": 4})
    chosen = transformer(None, select=["a"], rename={"A": "a"})
    assert rows(chosen, {"A": "3", "c": 1}) == [{"a": "3"}]


def test_all_else_of_the_body_goes_on() -> None:
    body = {"instances": [{"age": 1, "income": 1, "plan": ""}], "params": {"top": 3}}
    assert transformer().preprocess(body) == body


EXPECTS = "the transformer expects AGE: long, income: double?, tarif: string?, note: string?"


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ({"income": 1}, "column", f'row 1: missing column "AGE"; {EXPECTS}'),
        ({"age": 1}, "column", f'row 1: missing column "AGE"; {EXPECTS}'),
        ([1, 2], "row", f"row 1 is a list; names are needed: an object a row; {EXPECTS}"),
        (7, "row", f"row 1 is a value; names are needed: an object a row; {EXPECTS}"),
        (
            {"AGE": "12.5"},
            "value",
            "column \"AGE\", row 1: '12.5' is not long: a whole number is expected, or the text of one",
        ),
        (
            {"AGE": "12.5", "income": 1.0, "tarif": "a", "note": "b"},
            "value",
            "column \"AGE\", row 1: '12.5' is not long: a whole number is expected, or the text of one",
        ),
    ],
)
def test_a_complaint_names_the_callers_column_and_the_row(row: object, kind: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows(transformer(**FULL), {"AGE": 1}, row)
    assert (str(caught.value), caught.value.kind) == (message, kind)


@pytest.mark.parametrize("body", [{}, {"instances": 3}, [], None])
def test_a_body_without_rows_is_refused(body: object) -> None:
    with pytest.raises(InvalidInput, match=r'\{"instances": '):
        transformer().preprocess(body)


def test_what_callers_send_is_said_in_their_names() -> None:
    model = transformer(**FULL)
    assert model.expected == (
        Expected("AGE", "long"),
        Expected("income", "double", required=False),
        Expected("tarif", "string", required=False),
        Expected("note", "string", required=False),
    )
    assert model.get_input_types()[:2] == [
        {"name": "AGE", "datatype": "INT64", "shape": [-1]},
        {"name": "income", "datatype": "FP64", "shape": [-1]},
    ]


VALUES = st.none() | st.booleans() | st.integers(-10, 10) | st.floats(-3, 3) | st.sampled_from(["1", "x", ""])


def slowly(row: dict[str, Any], casts: dict[str, str], defaults: dict[str, Any]) -> dict[str, Any] | None:
    """What becomes of a row, column by column; None: it is refused."""
    made = {}
    for name in ("a", "b", "c"):
        value = row.get(name.upper())
        if value is None:
            value = defaults.get(name)
        if value is None and name.upper() not in row:
            return None
        try:
            made[name] = CASTS[casts[name]](value) if name in casts else value
        except Refused:
            return None
    return made


@given(
    row=st.dictionaries(st.sampled_from("ABCD"), VALUES),
    casts=st.dictionaries(st.sampled_from("abc"), st.sampled_from(sorted(CASTS))),
    filled=st.sets(st.sampled_from("abc")),
)
def test_the_quick_way_gives_what_the_slow_one_does(
    row: dict[str, Any], casts: dict[str, str], filled: set[str]
) -> None:
    defaults = {name: 1 if casts.get(name) != "datetime" else "2024-05-06" for name in filled}
    rename = {"A": "a", "B": "b", "C": "c"}
    expected = [Expected(name, "any") for name in "abc"]
    model = transformer(expected, rename=rename, cast=casts, default=defaults)
    wanted = slowly(row, casts, defaults)
    in_order = model.in_order(("a", "b", "c"))
    for _ in range(2):  # the second time the row's types are known
        if wanted is None:
            with pytest.raises(InvalidInput):
                rows(model, row)
            with pytest.raises(InvalidInput):
                in_order({"instances": [row]})
            continue
        (made,) = rows(model, row)
        assert (made, list(map(type, made.values()))) == (wanted, list(map(type, wanted.values())))
        (listed,) = in_order({"instances": [row]})["instances"]
        values = listed if isinstance(listed, list) else list(listed.values())
        assert [(type(value), value) for value in values] == [(type(v), v) for v in wanted.values()]


def test_rows_are_lists_in_the_models_order_where_none_has_a_gap() -> None:
    model = transformer(**FULL, select=["plan", "age", "income"])
    whole, gap = {"AGE": "1", "income": 2, "tarif": "a"}, {"AGE": "1"}
    quick = model.in_order(["plan", "age", "income"])
    assert quick({"instances": [whole, whole], "params": {}}) == {
        "instances": [["a", 1, 2.0]] * 2,
        "params": {},
    }
    assert quick({"instances": [whole, gap]})["instances"] == rows(model, whole, gap)
    assert model.in_order(["age", "plan", "income"])({"instances": [whole]})["instances"] == rows(
        model, whole
    )
