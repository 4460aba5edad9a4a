import json
import shutil
import signal
import socket
import stat
import threading
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from tests.serving.process import (
    READY_S,
    REVISION,
    Server,
    accepts,
    run_to_end,
    serving,
    settings,
    spawn,
    wait_for,
)

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/health/ready", 200),
        ("GET", "/v1/models/churn", 200),
        ("GET", "/v2/models/churn/ready", 200),
        ("GET", "/metrics", 200),
        ("GET", "/v1/models/other", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/v1/models/churn:predict", 400),
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v1/models/churn:explain", 400),
    ],
)
def test_every_answer_names_the_revision(skops_server: Server, method: str, path: str, status: int) -> None:
    answer = skops_server.http.request(method, path)
    assert (answer.status_code, answer.headers["x-platformctl-revision"]) == (status, REVISION)


def test_a_refusal_of_malformed_http_names_it_too(skops_server: Server) -> None:
    content = json.loads((skops_server.log.parent / "serving.json").read_text())
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(READY_S)
        raw.connect(content["listen"]["unix"])
        raw.sendall(b"NOT HTTP\r\n\r\n")
        assert b"x-platformctl-revision: churn-v4-3f9a1c" in raw.recv(4096)


@pytest.mark.parametrize("verb", ["load", "unload"])
def test_a_caller_cannot_take_the_model_away(skops_server: Server, verb: str) -> None:
    answer = skops_server.http.post(f"/v2/repository/models/churn/{verb}")
    assert answer.status_code == 501
    assert skops_server.http.get("/v1/models/churn").status_code == 200


def test_a_unix_socket_is_the_owners_and_nothing_listens_on_tcp(skops_server: Server) -> None:
    process = psutil.Process(skops_server.process.pid)
    assert process.connections("inet") == []
    (path,) = {str(c.laddr) for c in process.connections("unix") if c.laddr}
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_metrics_count_inference_requests_by_protocol_and_code(moods_server: Server) -> None:
    before = counters(moods_server)
    moods_server.v1([{"mood": "fine"}])
    moods_server.v1([{"mood": "raise"}])
    moods_server.v1("no rows")
    moods_server.v2({"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["fine"]})
    moods_server.http.get("/v1/models/churn")
    moods_server.http.post("/v1/models/other:predict", json={})
    after = counters(moods_server)
    new = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    assert new == {("v1", "200"): 1, ("v1", "500"): 1, ("v1", "400"): 1, ("v2", "200"): 1}


def test_the_latency_histogram_has_the_documented_buckets(moods_server: Server) -> None:
    moods_server.v1([{"mood": "fine"}])
    lines = moods_server.http.get("/metrics").text.splitlines()
    prefix = "platformctl_request_seconds_bucket{"
    bounds = [
        line.split('le="')[1].split('"')[0]
        for line in lines
        if line.startswith(prefix) and 'protocol="v1"' in line
    ]
    documented = Path(__file__).parents[2] / "docs" / "server-contract.md"
    written = documented.read_text().split("Buckets in seconds: ")[1].split(".\n")[0]
    assert [float(bound) for bound in bounds[:-1]] == [float(text) for text in written.split()]
    assert bounds[-1] == "+Inf"
    assert f'revision="{REVISION}"' in next(line for line in lines if line.startswith(prefix))


def counters(server: Server) -> dict[tuple[str, str], float]:
    found = {}
    for line in server.http.get("/metrics").text.splitlines():
        if line.startswith("platformctl_requests_total{"):
            labels, _, value = line.partition("{")[2].rpartition("} ")
            parts = dict(pair.split("=") for pair in labels.replace('"', "").split(","))
            assert (parts["model"], parts["revision"]) == ("churn", REVISION)
            found[parts["protocol"], parts["code"]] = float(value)
    return found


def test_a_good_request_leaves_no_line_in_the_log(skops_server: Server) -> None:
    before = skops_server.log.read_text()
    skops_server.v1([])
    skops_server.http.get("/v2/health/ready")
    assert skops_server.log.read_text() == before


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_in_flight_accepts_no_more_and_exits_0(
    models: Path, folder: Path, stop: signal.Signals
) -> None:
    content = settings(models / "moods", folder)
    answers: list[tuple[int, object]] = []
    with serving(content, folder) as server:

        def ask() -> None:
            answer = server.v1([{"mood": f"wait:{folder}"}])
            answers.append((answer.status_code, answer.json()))

        slow = threading.Thread(target=ask)
        slow.start()
        wait_for((folder / "started").exists)
        server.process.send_signal(stop)
        wait_for(lambda: not accepts(content["listen"]))
        assert server.process.poll() is None
        (folder / "release").touch()
        slow.join(READY_S)
        ended = server.wait()
    assert answers == [(200, {"predictions": [1.5]})]
    assert (ended.code, ended.lines) == (0, [])
    assert not Path(content["listen"]["unix"]).exists()


def test_health_is_answered_while_the_model_is_busy(models: Path, folder: Path) -> None:
    with serving(settings(models / "moods", folder), folder) as server:
        slow = threading.Thread(target=server.v1, args=([{"mood": f"wait:{folder}"}],))
        slow.start()
        wait_for((folder / "started").exists)
        assert server.http.get("/v2/health/ready").status_code == 200
        (folder / "release").touch()
        slow.join(READY_S)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_nobody_is_let_in_before_warm_up_and_a_stop_then_exits_0(
    models: Path, folder: Path, kind: str
) -> None:
    model = shutil.copytree(models / "moods", folder / "m")
    (model / "serving_input_example.json").write_text(
        json.dumps({"dataframe_split": {"columns": ["mood"], "data": [[f"wait:{folder}"]]}})
    )
    content = settings(model, folder)
    if kind == "tcp":
        content["listen"] = {"host": "127.0.0.1", "http": free_port()}
    process, log = spawn(content, folder)
    try:
        wait_for(lambda: (folder / "started").exists() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        assert not accepts(content["listen"])
        process.send_signal(signal.SIGTERM)
        (folder / "release").touch()
        assert process.wait(READY_S) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(models: Path, folder: Path) -> None:
    content = settings(models / "bare", folder)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(content["listen"]["unix"])
    (folder / "second").mkdir()
    with serving(content, folder) as server:
        assert server.v1([[1, 2]]).status_code == 200
        ended = run_to_end(content, folder / "second")
        assert ended.code == 64
        assert "another server answers there" in ended.lines[0]["cause"]
        assert server.v1([[1, 2]]).status_code == 200


VALID = settings(Path("/m"), Path("/f"))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("{", "Invalid JSON"),
        ({**VALID, "modle_name": "x"}, "modle_name: Extra inputs are not permitted"),
        ({**VALID, "schema_version": 2}, "schema_version: Input should be 1"),
        ({**VALID, "predictor": {"kind": "class", "class": "no-colon"}}, "predictor.class.class:"),
        ({**VALID, "listen": {"http": 70000}}, "listen.tcp.http: Input should be less than"),
        ({**VALID, "listen": {"unix": "/nonexistent/s"}}, "listen: cannot use /nonexistent/s"),
    ],
)
def test_bad_settings_exit_64_with_one_line_that_names_the_field(
    folder: Path, content: object, cause: str
) -> None:
    ended = run_to_end(content, folder)
    assert ended.code == 64
    assert len(ended.lines) == 1
    assert ended.lines[0].keys() == {"platformctl", "code", "cause", "hint"}
    assert (ended.lines[0]["platformctl"], ended.lines[0]["code"]) == ("exit", 64)
    assert cause in ended.lines[0]["cause"]
    assert ended.stderr.splitlines()[-1].startswith('{"platformctl"')


def test_unknown_options_and_missing_files_are_bad_settings_too(folder: Path) -> None:
    assert run_to_end("{}", folder, "--sttings", "x").code == 64
    (folder / "gone").mkdir()
    ended = run_to_end("{}", folder, "--settings", str(folder / "none.json"))
    assert ended.code == 64
    assert "none.json cannot be read" in ended.lines[0]["cause"]


def test_a_model_folder_that_is_not_there_is_a_bad_model(folder: Path) -> None:
    ended = run_to_end(settings(folder / "none", folder), folder)
    assert ended.code == 65
    assert ended.lines[0]["cause"].endswith("none is not a folder")
