from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.serving.process import Server, run_to_end, serving, settings, wait_for

pytestmark = pytest.mark.quick

FEATURES = {
    "rename": {"AGE": "age"},
    "default": {"plan": "basic", "active": True},
    "cast": {"age": "long", "income": "double"},
}
ROW = {"AGE": "45", "income": 1, "since": "2024-01-01"}
YOUNG = {**ROW, "AGE": 25, "plan": "plus", "active": False}


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "skops", Path(name), transformer={"features": FEATURES})
        with serving(content, Path(name)) as running:
            yield running


def test_rows_with_and_without_gaps_are_answered_together(server: Server) -> None:
    assert server.v1([ROW]).json() == {"predictions": [1]}
    assert server.v1([YOUNG]).json() == {"predictions": [0]}
    assert server.v1([YOUNG, ROW, {**YOUNG, "plan": None}]).json() == {"predictions": [0, 1, 0]}
    assert server.v1([]).json() == {"predictions": []}


def test_tensors_are_transformed_too(server: Server) -> None:
    answer = server.v2(
        {"name": "AGE", "datatype": "BYTES", "shape": [2], "data": ["25", "45"]},
        {"name": "income", "datatype": "INT32", "shape": [2, 1], "data": [[1], [2]]},
        {"name": "since", "datatype": "BYTES", "shape": [2], "data": ["2024-01-01", "2024-01-02"]},
    )
    assert [output["data"] for output in answer.json()["outputs"]] == [[0, 1]]


@pytest.mark.parametrize(
    ("row", "reason", "error"),
    [
        (
            {"income": 1},
            "column",
            'row 0: missing columns "AGE", "since"; the transformer expects AGE: long, ',
        ),
        ([45, 1.0], "row", "row 0 is a list; names are needed"),
        ({**YOUNG, "AGE": "old"}, "value", "column \"AGE\", row 0: 'old' is not long: a whole number"),
        ({**ROW, "AGE": "old"}, "value", "column \"AGE\", row 0: 'old' is not long: a whole number"),
        (
            {**YOUNG, "since": "soon"},
            "value",
            "after the transformer: column \"since\", row 0: 'soon' is not datetime",
        ),
    ],
)
def test_a_callers_mistake_is_a_400_that_is_counted_by_its_kind(
    server: Server, row: object, reason: str, error: str
) -> None:
    counter = f'platformctl_invalid_total{{model="churn",reason="{reason}",revision="churn-v4-3f9a1c"}} '

    def count() -> float:
        lines = server.http.get("/metrics").text.splitlines()
        return sum(float(line.removeprefix(counter)) for line in lines if line.startswith(counter))

    before = count()
    answer = server.v1([row])
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    wait_for(lambda: count() == before + 1)


def test_a_mistake_in_tensors_is_a_400_too(server: Server) -> None:
    answer = server.v2({"name": "AGE", "datatype": "BYTES", "shape": [1], "data": ["45"]})
    assert (answer.status_code, answer.json()) == (400, {"error": 'missing input "income"; it is double'})


def test_it_says_what_callers_have_to_send(server: Server) -> None:
    about = server.http.get("/platformctl/about").json()
    assert about["transformer"] == "features"
    assert about["signature"]["columns"][:3] == [
        {"name": "AGE", "type": "long", "required": True},
        {"name": "income", "type": "double", "required": True},
        {"name": "plan", "type": "string", "required": False},
    ]
    inputs = server.http.get("/v2/models/churn").json()["inputs"]
    assert [each["name"] for each in inputs] == ["AGE", "income", "plan", "active", "since"]


def test_a_model_of_arrays_gets_its_columns_in_order(models: Path, folder: Path) -> None:
    features = {"select": ["a", "b"], "cast": {"b": "double"}}
    with serving(settings(models / "tensor", folder, transformer={"features": features}), folder) as server:
        (answer,) = server.v1([{"b": "2.5", "a": 1.0}]).json()["predictions"]
        assert answer == pytest.approx(3.5)


def test_what_the_model_could_never_take_ends_the_process(models: Path, folder: Path) -> None:
    wrong = {"features": {"rename": {"AGE": "agee"}}}
    ended = run_to_end(settings(models / "skops", folder, transformer=wrong), folder)
    assert ended.code == 64
    (line,) = ended.lines
    assert line["cause"].startswith('transformer.features.rename: no column "agee" goes to the model')
    assert line["hint"] == 'did you mean "age"?'
