import json

import pytest

from tests.serving.process import Server

pytestmark = pytest.mark.quick


def test_the_body_is_short_and_the_log_has_the_traceback(moods_server: Server) -> None:
    answer = moods_server.v1([{"mood": "raise"}])
    assert answer.status_code == 500
    assert answer.json() == {"error": "RuntimeError: the model is in a bad mood"}
    log = moods_server.log.read_text()
    assert "Traceback" in log
    assert "secret second line" in log


def test_the_connection_survives_it(moods_server: Server) -> None:
    """A server that closes it races with a proxy's next request on the same connection."""
    answers = [moods_server.v1([{"mood": mood}]) for mood in ("raise", "fine", "raise")]
    assert [answer.status_code for answer in answers] == [500, 200, 500]
    assert all("close" not in answer.headers.get("connection", "") for answer in answers)


def test_it_is_a_500_over_v2_as_well(moods_server: Server) -> None:
    answer = moods_server.v2({"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["raise"]})
    assert answer.status_code == 500
    assert answer.json() == {"error": "RuntimeError: the model is in a bad mood"}


def test_an_output_that_has_no_json_is_a_500_that_names_its_type(moods_server: Server) -> None:
    answer = moods_server.v1([{"mood": "objects"}])
    assert answer.status_code == 500
    assert "object, which has no JSON" in answer.json()["error"]


def test_the_log_says_that_mlflow_loads_it_and_why(moods_server: Server) -> None:
    assert (
        "predictor: pyfunc: python_function flavour of MLmodel, loader mlflow.pyfunc.model: "
        "no scikit-learn flavour" in moods_server.log.read_text()
    )


def test_nan_is_null_in_both_protocols(moods_server: Server) -> None:
    v1 = moods_server.v1([{"mood": "nan"}, {"mood": "fine"}])
    v2 = moods_server.v2({"name": "x", "shape": [2, 1], "datatype": "BYTES", "data": ["nan", "a"]})
    assert json.loads(v1.content) == {"predictions": [None, 1.5]}
    assert json.loads(v2.content)["outputs"][0]["data"] == [None, 1.5]
    assert json.loads(v2.content)["outputs"][0]["name"] == "score"


def test_a_table_is_one_object_a_row_and_one_tensor_a_column(moods_server: Server) -> None:
    v1 = moods_server.v1(["table"])
    v2 = moods_server.v2({"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["table"]})
    assert v1.json() == {"predictions": [{"when": "2024-05-06T00:00:00", "score": None}]}
    assert [(o["name"], o["datatype"], o["data"]) for o in v2.json()["outputs"]] == [
        ("when", "BYTES", ["2024-05-06T00:00:00.000000000"]),
        ("score", "FP64", [None]),
    ]


def test_a_failing_input_example_is_logged_loudly_and_does_not_stop_the_start(
    moods_server: Server,
) -> None:
    assert "THE MODEL FAILS ON ITS OWN INPUT EXAMPLE" in moods_server.log.read_text()
    assert moods_server.http.get("/v1/models/churn").json() == {"name": "churn", "ready": True}
